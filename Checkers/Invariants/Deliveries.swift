internal import Histories
internal import Values
internal import Verdicts

/// A history of broadcasts and of reads of what was delivered: integers in flat arrays.
struct Deliveries {
  /// What is known of a message.
  struct Message {
    var value: Value
    /// Where its broadcast was invoked, or -1.
    var begin = -1
    /// Where it was acknowledged, or -1.
    var end = -1
    var hasFailed = false
    /// The place of the node that broadcast it, where it was acknowledged and that was said; else -1.
    var sender = -1
    /// The how manieth of its sender it is.
    var number = 0
    /// How many messages its sender had delivered.
    var delivered = 0
  }

  /// What one node has delivered.
  struct Log {
    var node: Value
    /// The messages by their places in the order of delivery; -1 where no read showed one.
    var messages: [Int32] = []
    /// For each place where the first read ended that showed it.
    var sources: [Int32] = []
    /// The places before this one are all known.
    var knownCount = 0
    /// Whether reads contradict each other, so that there is no one order to judge.
    var isRewritten = false
  }

  struct Read {
    var log: Int
    var from: Int
    var messages: [Int32]
    var begin: Int
    var end: Int
    var isFinal: Bool
  }

  let history: History
  private(set) var problem: String?
  private(set) var messages: [Message] = []
  private(set) var logs: [Log] = []
  private(set) var reads: [Read] = []
  private(set) var unrest: String?
  private(set) var rewrites: [Rewrite] = []
  private var numbers: [Value: Int32] = [:]
  private var places: [Value: Int] = [:]

  var readCount: Int { reads.count }
  /// The last final read of each node.
  var finals: [Read] {
    var last: [Int: Int] = [:]
    for (place, read) in reads.enumerated() where read.isFinal { last[read.log] = place }
    return last.values.sorted().map { reads[$0] }
  }

  init(_ history: History) {
    self.history = history
    let final = FinalReads(history) { Set($0.elements ?? []) }
    unrest = final.unrest
    let lines = history.operations
    for (position, line) in lines.enumerated() where line.process.number != nil {
      switch (line.f, line.type) {
      case ("broadcast", .invoke): begin(line, position)
      case ("broadcast", .ok): acknowledge(line, position)
      case ("broadcast", .fail): messages[number(lines[partner(position)].value)].hasFailed = true
      case ("read", .ok): read(line, position, final.judges(partner(position), position))
      case ("broadcast", _), ("read", _): break
      default: problem = "op \(line.index): deliveries know no operation \(line.f)"
      }
      if problem != nil { return }
    }
    rewrites = findRewrites()
    for rewrite in rewrites { logs[rewrite.log].isRewritten = true }
    for place in logs.indices {
      let log = logs[place].messages
      logs[place].knownCount = log.firstIndex(of: -1) ?? log.count
    }
  }

  func index(_ position: some BinaryInteger) -> Int { history.operations[Int(position)].index }

  func text(_ message: some BinaryInteger) -> String {
    messages[Int(message)].value.text(limit: 24)
  }

  func name(_ log: Int) -> String { "node \(logs[log].node.text(limit: 24))" }

  private func partner(_ position: Int) -> Int {
    let partner = Int(history.partners[position])
    return partner < 0 ? position : partner
  }

  private mutating func number(_ value: Value) -> Int {
    if let number = numbers[value] { return Int(number) }
    numbers[value] = Int32(truncatingIfNeeded: messages.count)
    messages.append(Message(value: value))
    return messages.count - 1
  }

  private mutating func place(of node: Value) -> Int {
    if let place = places[node] { return place }
    places[node] = logs.count
    logs.append(Log(node: node))
    return logs.count - 1
  }

  private mutating func begin(_ line: Operation, _ position: Int) {
    let number = number(line.value)
    guard messages[number].begin < 0 else {
      problem =
        "op \(line.index): \(line.value.text(limit: 24)) was broadcast at op "
        + "\(index(messages[number].begin)) already; messages must be unique"
      return
    }
    messages[number].begin = position
  }

  private mutating func acknowledge(_ line: Operation, _ position: Int) {
    let number = number(history.operations[partner(position)].value)
    messages[number].end = position
    guard let dot = line.extra[fact: "message"]?.elements, dot.count == 2,
      let count = dot[1].integer, let delivered = line.extra[fact: "delivered"]?.integer
    else { return }
    messages[number].sender = place(of: dot[0])
    messages[number].number = count
    messages[number].delivered = delivered
  }

  private mutating func read(_ line: Operation, _ position: Int, _ isFinal: Bool) {
    guard let node = line.extra[fact: "at"] ?? line.extra[fact: "node"] else {
      problem = "op \(line.index): a read must say which node's it is, as \"at\" or \"node\""
      return
    }
    guard let values = line.value == .null ? [] : line.value.elements else {
      problem =
        "op \(line.index): a read should answer a list, not \(line.value.text(limit: 24))"
      return
    }
    let from = line.extra[fact: "from"]?.integer ?? 0
    // Far beyond what a log can hold there is nothing to be read.
    guard (0...history.operations.count).contains(from) else {
      problem = "op \(line.index): a read can't begin at place \(from)"
      return
    }
    let read = Read(
      log: place(of: node), from: from, messages: values.map { Int32(number($0)) },
      begin: partner(position), end: position, isFinal: isFinal)
    reads.append(read)
    extend(read)
  }

  /// Adds what a read shows to its node's log, where nothing was known.
  private mutating func extend(_ read: Read) {
    let missing = read.from + read.messages.count - logs[read.log].messages.count
    if missing > 0 {
      logs[read.log].messages += Array(repeating: -1, count: missing)
      logs[read.log].sources += Array(repeating: -1, count: missing)
    }
    for (offset, message) in read.messages.enumerated()
    where logs[read.log].messages[read.from + offset] < 0 {
      logs[read.log].messages[read.from + offset] = message
      logs[read.log].sources[read.from + offset] = Int32(truncatingIfNeeded: read.end)
    }
  }

  var facts: ValueMap {
    let acknowledged = messages.count { $0.end >= 0 }
    return ValueMap(facts: [
      "broadcast-count": .integer(messages.count { $0.begin >= 0 }),
      "acknowledged-count": .integer(acknowledged), "read-count": .integer(reads.count),
      "node-count": .integer(logs.count),
      "delivery-count": .integer(logs.reduce(0) { $0 + $1.messages.count { $0 >= 0 } }),
    ])
  }
}
