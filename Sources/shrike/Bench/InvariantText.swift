import Values

/// Histories of clients of which each waits for its answer, as JSON Lines.
struct InvariantText {
  private static let clients = 20
  private static let nodes = 5

  private(set) var bytes: [UInt8] = []
  private var lines = 0

  /// Adds of 0, 1, 2 and so on, between them reads of all there is at even distances, and in the end
  /// a read of each node.
  static func set(adds: Int, reads: Int) -> [UInt8] {
    var text = InvariantText()
    var contents: [UInt8] = []
    for element in 0..<adds {
      let digits = Array("\(element)".utf8)
      text.call(element % clients, "add", digits, answer: digits)
      if element > 0 { contents.append(UInt8(ascii: ",")) }
      contents += digits
      guard (element + 1) % (adds / reads) == 0 else { continue }
      text.call(element % clients, "read", answer: list(contents))
    }
    for node in 0..<nodes {
      text.call(
        clients + node, "read", answer: list(contents),
        beside: #","final":true,"node":"n\#(node)""#)
    }
    return text.bytes
  }

  /// Half sends and half polls of ten keys, whose offsets begin at a trillion and leave gaps; each
  /// client polls two of the keys, so that four clients poll each message.
  static func kafka(operations: Int) -> [UInt8] {
    var text = InvariantText()
    let keys = 10
    var logs: [[(offset: Int, message: Int)]] = Array(repeating: [], count: keys)
    var polled = Array(repeating: [0, 0], count: clients)
    func assigned(_ client: Int) -> [Int] { [client % keys, (client + 1 + client / keys) % keys] }
    for client in 0..<clients {
      let list = list(Array(assigned(client).map { "\"\($0)\"" }.joined(separator: ",").utf8))
      text.call(client, "assign", list, answer: list)
    }
    func poll(_ client: Int) {
      let answers = assigned(client).enumerated().map { place, key in
        let pairs = logs[key][polled[client][place]...]
        polled[client][place] = logs[key].count
        let list = pairs.map { "[\($0.offset),\($0.message)]" }.joined(separator: ",")
        return "\"\(key)\":[\(list)]"
      }
      text.call(client, "poll", answer: Array("{\(answers.joined(separator: ","))}".utf8))
    }
    for number in 0..<operations / 2 {
      let (client, key) = (number % clients, number / 7 % keys)
      let (offset, message) = (1_000_000_000_000 + 3 * number, logs[key].count + 1)
      logs[key].append((offset, message))
      text.call(
        client, "send", Array("[\"\(key)\",\(message)]".utf8),
        answer: Array("[\"\(key)\",[\(offset),\(message)]]".utf8))
      poll(number * 13 % clients)
    }
    for client in 0..<clients { poll(client) }
    return text.bytes
  }

  private static func list(_ contents: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "[")] + contents + [UInt8(ascii: "]")]
  }

  /// Writes an operation's invocation and completion.
  private mutating func call(
    _ client: Int, _ f: String, _ asked: [UInt8] = Array("null".utf8), answer: [UInt8],
    beside: String = ""
  ) {
    line("invoke", client, f, asked, beside)
    line("ok", client, f, answer, beside)
  }

  private mutating func line(
    _ type: String, _ client: Int, _ f: String, _ value: [UInt8], _ beside: String
  ) {
    bytes +=
      #"{"index":\#(lines),"time":\#(lines * 1_000),"type":"\#(type)","process":\#(client),"#.utf8
    bytes += #""f":"\#(f)","value":"#.utf8
    bytes += value
    bytes += "\(beside)}\n".utf8
    lines += 1
  }
}
