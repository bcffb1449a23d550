/// A history of an add-wins set at replicas that tell each other what they have, as JSON Lines.
struct ReplicatedText {
  private struct Update {
    var element: Int
    var isAdd: Bool
    var context: [Int]
  }

  /// A replica: how many updates of each it has, and of each element the adds that are left.
  private struct Replica {
    var context: [Int]
    var adds: [[(origin: Int, number: Int)]]
    /// For each element up to which updates of each replica its adds are removed.
    var removed: [[Int]]
  }

  private static let elementCount = 1_000

  private(set) var bytes: [UInt8] = []
  private var lines = 0
  private var updates: [[Update]]
  private var replicas: [Replica]

  private init(replicas count: Int) {
    updates = Array(repeating: [], count: count)
    let none = Array(repeating: 0, count: count)
    replicas = Array(
      repeating: Replica(
        context: none, adds: Array(repeating: [], count: ReplicatedText.elementCount),
        removed: Array(repeating: [], count: ReplicatedText.elementCount)),
      count: count)
  }

  /// Updates at one replica after the other, a read after every hundred of them, and now and then a
  /// replica that takes all that another one has.
  ///
  /// - Parameter isValid: Whether all reads are right; else the last one lacks an element.
  static func addWinsSet(updates count: Int, replicas: Int, isValid: Bool = true) -> [UInt8] {
    var text = ReplicatedText(replicas: replicas)
    for number in 0..<count {
      let replica = number % replicas
      text.update(replica, element: number * 7_919 % elementCount, isAdd: number % 5 != 3)
      if number % 50 == 49 { text.merge(number / 50 * 3 % replicas, into: number / 50 % replicas) }
      if number % 100 == 99 { text.read(number / 100 % replicas) }
    }
    for other in 1..<replicas { text.merge(other, into: 0) }
    for other in 1..<replicas { text.merge(0, into: other) }
    for replica in 0..<replicas {
      text.read(replica, isFinal: true, isRight: isValid || replica < replicas - 1)
    }
    return text.bytes
  }

  private mutating func update(_ replica: Int, element: Int, isAdd: Bool) {
    let number = updates[replica].count + 1
    var context = replicas[replica].context
    context[replica] = number
    updates[replica].append(Update(element: element, isAdd: isAdd, context: context))
    see(replica, number, at: replica)
    let beside =
      #","replica":\#(replica),"update":[\#(replica),\#(number)],"context":\#(ReplicatedText.list(context))"#
    call(replica, isAdd ? "add" : "remove", "\(element)", "\(element)", beside)
  }

  /// Takes in an update of a replica at another one.
  private mutating func see(_ origin: Int, _ number: Int, at replica: Int) {
    let update = updates[origin][number - 1]
    replicas[replica].context[origin] = number
    if update.isAdd {
      let removed = replicas[replica].removed[update.element]
      guard removed.isEmpty || removed[origin] < number else { return }
      replicas[replica].adds[update.element].append((origin, number))
    } else {
      var removed = replicas[replica].removed[update.element]
      if removed.isEmpty { removed = Array(repeating: 0, count: replicas.count) }
      for (place, count) in update.context.enumerated() {
        removed[place] = max(removed[place], place == origin ? count - 1 : count)
      }
      replicas[replica].removed[update.element] = removed
      replicas[replica].adds[update.element].removeAll { $0.number <= removed[$0.origin] }
    }
  }

  private mutating func merge(_ other: Int, into replica: Int) {
    for origin in replicas.indices {
      let (known, told) = (
        replicas[replica].context[origin], replicas[other].context[origin]
      )
      guard known < told else { continue }
      for number in (known + 1)...told { see(origin, number, at: replica) }
    }
  }

  private mutating func read(_ replica: Int, isFinal: Bool = false, isRight: Bool = true) {
    var elements = (0..<ReplicatedText.elementCount).filter { !replicas[replica].adds[$0].isEmpty }
    if !isRight { elements.removeLast() }
    let beside =
      #","replica":\#(replica),"context":\#(ReplicatedText.list(replicas[replica].context))"#
      + (isFinal ? #","final":true,"node":"n\#(replica)""# : "")
    call(replica, "read", "null", ReplicatedText.list(elements), beside)
  }

  private static func list(_ numbers: [Int]) -> String {
    "[\(numbers.map { "\($0)" }.joined(separator: ","))]"
  }

  private mutating func call(
    _ process: Int, _ f: String, _ asked: String, _ answer: String, _ beside: String
  ) {
    line("invoke", process, f, asked, "")
    line("ok", process, f, answer, beside)
  }

  private mutating func line(
    _ type: String, _ process: Int, _ f: String, _ value: String, _ beside: String
  ) {
    bytes +=
      #"{"index":\#(lines),"time":\#(lines * 1_000),"type":"\#(type)","process":\#(process),"f":"\#(f)","value":\#(value)\#(beside)}"#
      .utf8
    bytes.append(UInt8(ascii: "\n"))
    lines += 1
  }
}
