import Values

/// A serial history of list-append as EDN, in the shape of Elle's own benchmarks: ten clients, ten
/// keys of which each is drawn half as often as the one before it, one to four operations a
/// transaction, 32 appends a key.
struct ListAppendText {
  private(set) var bytes: [UInt8] = []
  private var draws = Draws(seed: 5)
  private var keys = Array(0..<10)
  private var nextKey = 10
  private var lengths: [Int: Int] = [:]

  init(count: Int) {
    for number in 0..<count {
      let client = draws.below(10)
      var asked: [String] = []
      var answered: [String] = []
      for _ in 0..<1 + draws.below(4) { appendOperation(to: &asked, &answered) }
      appendLine("invoke", asked, client, 2 * number)
      appendLine("ok", answered, client, 2 * number + 1)
    }
  }

  private mutating func appendOperation(to asked: inout [String], _ answered: inout [String]) {
    var place = keys.count - 1
    while place > 0, draws.chance(0.5) { place -= 1 }
    let key = keys[place]
    let length = lengths[key] ?? 0
    if draws.chance(0.5) {
      asked.append("[:append \(key) \(length + 1)]")
      answered.append("[:append \(key) \(length + 1)]")
      lengths[key] = length + 1
      if length + 1 == 32 {
        keys[place] = nextKey
        nextKey += 1
      }
    } else {
      let list = length == 0 ? "" : (1...length).map { "\($0)" }.joined(separator: " ")
      asked.append("[:r \(key) nil]")
      answered.append("[:r \(key) [\(list)]]")
    }
  }

  private mutating func appendLine(
    _ type: String, _ operations: [String], _ client: Int, _ index: Int
  ) {
    let value = operations.joined(separator: " ")
    bytes += Array(
      "{:index \(index), :time \(index * 12_500), :type :\(type), :process \(client), :f :txn, "
        .utf8)
    bytes += Array(":value [\(value)]}\n".utf8)
  }
}
