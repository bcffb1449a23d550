public import Values

/// One of the things that can happen in a state, by names that people can read and edit.
public struct ScenarioStep: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    case deliver(ScenarioMessage)
    case drop(ScenarioMessage)
    case duplicate(ScenarioMessage)
    /// It was sent to a node that is down.
    case lose(ScenarioMessage)
    case timer(String, of: NodeID)
    /// A client makes its next request.
    case request(client: Int, of: NodeID)
    case restart(NodeID)
    /// A node crashes while nothing happens to it.
    case crash(NodeID)
  }

  public var action: Action
  /// What the node's own choices were answered, in order.
  public var answers: [Int]
  /// Where the node crashed amid the event, and what its disk kept.
  public var crash: CrashPoint?

  public init(_ action: Action, answers: [Int] = [], crash: CrashPoint? = nil) {
    self.action = action
    self.answers = answers
    self.crash = crash
  }
}

/// One of the messages on their way.
public struct ScenarioMessage: Hashable, Sendable {
  /// Its kind, or all that it says where that is not enough to know it.
  public var name: String
  public var source: NodeID
  public var destination: NodeID
  /// Which of those that say the same, from 1, in the order of their sending.
  public var which: Int?

  public init(_ name: String, from source: NodeID, to destination: NodeID, which: Int? = nil) {
    self.name = name
    self.source = source
    self.destination = destination
    self.which = which
  }
}

/// Where in handling an event a node crashes, and what of its disk is left.
public struct CrashPoint: Hashable, Sendable {
  /// How many messages, answers, writes and syncs came before it; none where nothing happened.
  public var effectCount: Int
  /// How many of the writes that were not synced the disk has kept, and whether half of the next one.
  public var keptCount: Int
  public var isTorn: Bool

  @inlinable
  public init(effectCount: Int = 0, keptCount: Int = 0, isTorn: Bool = false) {
    self.effectCount = effectCount
    self.keptCount = keptCount
    self.isTorn = isTorn
  }
}

extension ScenarioStep: CustomStringConvertible {
  public var description: String {
    func name(_ node: NodeID) -> String { "n\(node.index + 1)" }
    func route(_ message: ScenarioMessage) -> String {
      "\(message.name) from \(name(message.source)) to \(name(message.destination))"
        + (message.which.map { " (number \($0))" } ?? "")
    }
    var text =
      switch action {
      case .deliver(let message): "deliver \(route(message))"
      case .drop(let message): "drop \(route(message))"
      case .duplicate(let message): "duplicate \(route(message))"
      case .lose(let message): "lose \(route(message))"
      case .timer(let timer, let node): "timer \(timer) of \(name(node))"
      case .request(let client, let node): "request of client \(client) to \(name(node))"
      case .restart(let node): "restart \(name(node))"
      case .crash(let node): "crash \(name(node))"
      }
    if !answers.isEmpty { text += ", answers \(answers.map { "\($0)" }.joined(separator: " "))" }
    if let crash {
      if case .crash = action {} else { text += ", crash after \(crash.effectCount)" }
      if crash.keptCount > 0 || crash.isTorn { text += ", keeps \(crash.keptCount)" }
      if crash.isTorn { text += " and half of the next" }
    }
    return text
  }
}
