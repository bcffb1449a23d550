public import Exploration
public import Values

extension ScenarioStep {
  /// The step as people read and edit it: `{"deliver": "vote", "from": "n2", "to": "n1"}`.
  public var value: Value {
    var fields: [ValueMap.Entry] = []
    func add(_ name: String, _ value: Value) {
      fields.append(.init(key: .string(name), value: value))
    }
    func add(_ name: String, _ message: ScenarioMessage) {
      add(name, .string(message.name))
      add("from", .string(message.source.label))
      add("to", .string(message.destination.label))
      if let which = message.which { add("which", .integer(which)) }
    }
    var isCrash = false
    switch action {
    case .deliver(let message): add("deliver", message)
    case .drop(let message): add("drop", message)
    case .duplicate(let message): add("duplicate", message)
    case .lose(let message): add("lose", message)
    case .timer(let timer, let node):
      add("timer", .string(timer))
      add("of", .string(node.label))
    case .request(let client, let node):
      add("client", .integer(client))
      add("asks", .string(node.label))
    case .restart(let node): add("restart", .string(node.label))
    case .crash(let node):
      isCrash = true
      add("crash", .string(node.label))
    }
    if !answers.isEmpty { add("answers", .list(answers.map { .integer($0) })) }
    if let crash {
      if !isCrash { add("crash-after", .integer(crash.effectCount)) }
      if crash.keptCount > 0 { add("keeps", .integer(crash.keptCount)) }
      if crash.isTorn { add("torn", .bool(true)) }
    }
    return .map(ValueMap(fields))
  }

  /// Reads a step, or returns nothing when the value is none.
  public init?(value: Value) {
    guard let map = value.map else { return nil }
    var unread = Set(map.entries.compactMap(\.key.name))
    guard unread.count == map.count else { return nil }
    func field(_ name: String) -> Value? {
      unread.remove(name)
      return value[name]
    }
    func node(_ name: String) -> NodeID? { field(name)?.name.flatMap(NodeID.init(label:)) }
    func message(_ name: String) -> ScenarioMessage? {
      guard let text = field(name)?.name, let source = node("from"), let destination = node("to")
      else { return nil }
      let which = field("which")
      guard which == nil || which?.integer != nil else { return nil }
      return ScenarioMessage(text, from: source, to: destination, which: which?.integer)
    }
    let found: Action? =
      if unread.contains("deliver") {
        message("deliver").map { .deliver($0) }
      } else if unread.contains("drop") {
        message("drop").map { .drop($0) }
      } else if unread.contains("duplicate") {
        message("duplicate").map { .duplicate($0) }
      } else if unread.contains("lose") {
        message("lose").map { .lose($0) }
      } else if unread.contains("restart") {
        node("restart").map { .restart($0) }
      } else if unread.contains("crash") {
        node("crash").map { .crash($0) }
      } else if let timer = field("timer")?.name {
        node("of").map { .timer(timer, of: $0) }
      } else if let client = field("client")?.integer {
        node("asks").map { .request(client: client, of: $0) }
      } else { nil }
    guard let found else { return nil }
    self.init(found)
    if let list = field("answers") {
      guard let elements = list.elements else { return nil }
      answers = elements.compactMap(\.integer)
      guard answers.count == elements.count else { return nil }
    }
    let isCrash = if case .crash = found { true } else { false }
    let effectCount = field("crash-after")
    if isCrash != (effectCount != nil) {
      guard let count = isCrash ? 0 : effectCount?.integer else { return nil }
      let kept = field("keeps") ?? .integer(0)
      let torn = field("torn") ?? .bool(false)
      guard let keptCount = kept.integer, case .bool(let isTorn) = torn else { return nil }
      crash = CrashPoint(effectCount: count, keptCount: keptCount, isTorn: isTorn)
    }
    guard unread.isEmpty, !isCrash || effectCount == nil else { return nil }
  }
}

extension NodeID {
  /// The name that people know a node of an exploration by: `n1` is the first.
  fileprivate var label: String { "n\(index + 1)" }

  fileprivate init?(label: String) {
    guard label.first == "n", let number = Int(label.dropFirst()), number > 0 else { return nil }
    self.init(number - 1)
  }
}
