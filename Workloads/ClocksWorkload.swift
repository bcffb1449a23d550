public import Generators
import Histories
import Invariants
import Nodes
import Values
public import Verdicts

/// Nodes that do events and tell each other of them, and stamp each by a logical clock.
public struct ClocksWorkload: Workload {
  public static let name = "clocks"
  public static let summary = "Stamps of logical clocks agree with what happened before what."
  public static let operations = [
    "event e → e: a local event of the node",
    "tell [e, i] → the same: e is sent to the i-th other node",
    "read null → [[kind, e, stamp, bytes], …], with \"at\":node and \"from\":p: the node's log from there on",
    "as requests: event {event}, tell {event, to}, events {from}",
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { ClocksClient() }

  public func makeGenerator() -> any Generator {
    let others = max(1, options.nodes.count - 1)
    return Generate(seed: options.seed, state: 0) { next, draws, context in
      let kind = draws.below(4)
      guard kind > 0 else { return Invocation(f: "read", in: context) }
      defer { next += 1 }
      return kind == 1
        ? Invocation(f: "event", value: .integer(next), in: context)
        : Invocation(
          f: "tell", value: [.integer(next), .integer(draws.below(others))], in: context)
    }
  }

  /// What the logs have come to is read once more of each node.
  public var finalPhase: FinalOperations {
    .generator(recovery: .seconds(2), timeLimit: .seconds(10)) { _ in EachThread(Once("read")) }
  }

  public var checkers: [any Checker] { [HappensBeforeChecker()] }
}

/// Events, and reads of a node's log since it was last asked.
struct ClocksClient: Client {
  private var f = ""
  /// How many events of the node it has read.
  private var count = 0

  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    self.f = f
    switch f {
    case "read": return .ask(.custom(["type": "events", "from": .integer(count)]))
    case "event": return .ask(.custom(["type": "event", "event": value]))
    default:
      let parts = value.elements ?? []
      return .ask(
        .custom(["type": "tell", "event": parts.first ?? .null, "to": parts.last ?? .null]))
    }
  }

  mutating func receive(_ reply: Reply) -> ClientStep {
    let expected = f == "read" ? "events_ok" : "\(f)_ok"
    guard case .custom(let body) = reply, body["type"]?.name == expected else {
      return .complete(.mismatched(reply, expected: expected))
    }
    guard f == "read" else { return .complete(.ok()) }
    guard let node = body["at"], let from = body["from"]?.integer, from >= 0,
      let events = body["events"]?.elements
    else {
      return .complete(
        .mismatched(reply, expected: "events_ok with \"at\", \"from\" and \"events\""))
    }
    count = from + events.count
    var completion = Completion.ok(.list(events))
    completion.extra = ValueMap(facts: ["at": node, "from": .integer(from)])
    return .complete(completion)
  }
}
