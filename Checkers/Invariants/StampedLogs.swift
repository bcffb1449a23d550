internal import Histories
internal import Values
internal import Verdicts

/// The events of each node in the order of its log, as far as they were read without a gap.
struct StampedLogs {
  enum Kind {
    case event
    case send(Value)
    case receive(Value)
  }

  struct Event {
    var node: Int
    /// From 0 in its node's log.
    var place: Int
    var kind: Kind
    var stamp: LogicalStamp
    var entry: Value
    /// Where the read ended that showed it first.
    var source: Int
  }

  private let history: History
  private(set) var problem: String?
  private(set) var events: [Event] = []
  /// For each node its events, by their numbers.
  private(set) var nodes: [[Int]] = []
  private var names: [Value] = []
  private var sizes: [Int] = []

  init(_ history: History, _ report: inout CaseReport) {
    self.history = history
    var entries: [[(entry: Value, source: Int)?]] = []
    var places: [Value: Int] = [:]
    for (position, line) in history.operations.enumerated()
    where line.process.number != nil && line.f == "read" && line.type == .ok {
      guard let node = line.extra[fact: "at"] ?? line.extra[fact: "node"],
        let shown = line.value.elements
      else {
        problem = "op \(line.index): a read should answer a list of events, with \"at\":node"
        return
      }
      let from = line.extra[fact: "from"]?.integer ?? 0
      guard (0...history.operations.count).contains(from) else {
        problem = "op \(line.index): a read can't begin at place \(from)"
        return
      }
      let place = places[node] ?? names.count
      if place == names.count {
        places[node] = place
        names.append(node)
        entries.append([])
      }
      while entries[place].count < from + shown.count { entries[place].append(nil) }
      for (offset, entry) in shown.enumerated() {
        guard let earlier = entries[place][from + offset] else {
          entries[place][from + offset] = (entry, position)
          continue
        }
        guard earlier.entry != entry else { continue }
        report.add(
          "rewritten", [history.operations[earlier.source].index, line.index],
          "event \(from + offset + 1) of node \(node.text(limit: 24)): "
            + "\(earlier.entry.text(limit: 60)) at op \(history.operations[earlier.source].index), "
            + "\(entry.text(limit: 60)) at op \(line.index)")
      }
    }
    for (node, log) in entries.enumerated() {
      nodes.append([])
      for (place, entry) in log.enumerated() {
        guard let entry else { break }
        take(entry.entry, node, place, entry.source)
        if problem != nil { return }
      }
    }
  }

  private mutating func take(_ entry: Value, _ node: Int, _ place: Int, _ source: Int) {
    let parts = entry.elements ?? []
    guard parts.count >= 3, let stamp = LogicalStamp(parts[2]),
      let kind = StampedLogs.kind(parts[0], parts[1])
    else {
      problem =
        "op \(history.operations[source].index): \(entry.text(limit: 60)) is no "
        + "[event, send or receive, e, stamp, bytes]"
      return
    }
    if let first = events.first, first.stamp.precedes(stamp) == nil {
      problem = "op \(history.operations[source].index): stamps of two kinds of clock"
      return
    }
    if parts.count > 3, let size = parts[3].integer { sizes.append(size) }
    nodes[node].append(events.count)
    events.append(
      Event(
        node: node, place: place, kind: kind, stamp: stamp, entry: .list(Array(parts[..<3])),
        source: source))
  }

  private static func kind(_ name: Value, _ event: Value) -> Kind? {
    switch name.name {
    case "event": .event
    case "send": .send(event)
    case "receive": .receive(event)
    default: nil
    }
  }

  func index(of event: Int) -> Int { history.operations[events[event].source].index }

  func text(_ event: Int) -> String {
    "\(events[event].entry.text(limit: 80)), event \(events[event].place + 1) of node "
      + "\(names[events[event].node].text(limit: 24))"
  }

  var facts: ValueMap {
    var facts = ValueMap(facts: [
      "event-count": .integer(events.count), "node-count": .integer(nodes.count),
    ])
    if !sizes.isEmpty { facts[fact: "stamp-bytes"] = quantiles(sizes) }
    return facts
  }
}

/// What happened before what: vectors that are counted here, whatever the stamps say.
struct HappensBefore {
  /// Whether an event's whole past is known.
  private(set) var isJudged: [Bool]
  /// The event before it in its log, or -1.
  private(set) var previous: [Int]
  /// The sending of what it received, or -1.
  private(set) var cause: [Int]
  private(set) var judgedCount = 0
  private let nodeCount: Int
  /// For each event and node how many of the node's events are it or happened before it.
  private var counts: [Int32]

  init(_ logs: StampedLogs) {
    nodeCount = logs.nodes.count
    isJudged = Array(repeating: false, count: logs.events.count)
    previous = Array(repeating: -1, count: logs.events.count)
    cause = previous
    counts = Array(repeating: 0, count: logs.events.count * nodeCount)
    var sends: [Value: Int] = [:]
    for (number, event) in logs.events.enumerated() {
      // Which of two sendings of one message was received is not known.
      if case .send(let message) = event.kind {
        sends[message] = sends[message] == nil ? number : -1
      }
    }
    // Nodes go on as far as they can; one that waits for a sending is woken by it.
    var next = Array(repeating: 0, count: nodeCount)
    var waiting: [Int: [Int]] = [:]
    var ready = Array(logs.nodes.indices)
    while let node = ready.popLast() {
      while next[node] < logs.nodes[node].count {
        let event = logs.nodes[node][next[node]]
        if case .receive(let message) = logs.events[event].kind {
          guard let send = sends[message], send >= 0 else { break }
          guard isJudged[send] else {
            waiting[send, default: []].append(node)
            break
          }
          cause[event] = send
        }
        if next[node] > 0 { previous[event] = logs.nodes[node][next[node] - 1] }
        settle(event, node, next[node] + 1)
        next[node] += 1
        ready += waiting.removeValue(forKey: event) ?? []
      }
    }
  }

  private mutating func settle(_ event: Int, _ node: Int, _ count: Int) {
    for earlier in [previous[event], cause[event]] where earlier >= 0 {
      for place in 0..<nodeCount {
        counts[event * nodeCount + place] = max(
          counts[event * nodeCount + place], counts[earlier * nodeCount + place])
      }
    }
    counts[event * nodeCount + node] = Int32(truncatingIfNeeded: count)
    isJudged[event] = true
    judgedCount += 1
  }

  /// How many of a node's events are an event or happened before it.
  func count(of node: Int, before event: Int) -> Int { Int(counts[event * nodeCount + node]) }
}
