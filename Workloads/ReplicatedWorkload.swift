public import Convergence
public import Generators
import Nodes
import Values
public import Verdicts

/// A replicated data type, as a workload of its own.
public protocol ReplicatedKind: Sendable {
  static var type: DataType { get }
}

/// Updates and reads of a replicated object, of which every answer says what its replica had seen.
///
/// A request is `{"type": "update", "f": …, "value": …}` or `{"type": "query"}`; see
/// `shrike list checker convergence` for what the answers say.
public struct ReplicatedWorkload<Kind: ReplicatedKind>: Workload {
  public static var name: String { "crdt-\(Kind.type.name)" }
  public static var summary: String {
    "A replicated \(Kind.type.name): a read is \(Kind.type.specification)."
  }
  public static var operations: [String] {
    Kind.type.updates.map { "\($0.f) \($0.value)" } + ["read null → the value"]
  }

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { ReplicatedClient() }

  public func makeGenerator() -> any Generator {
    ReplicatedUpdates(Kind.type, nodes: options.nodes, threads: options.concurrency)
      .generator(seed: options.seed)
  }

  public var finalPhase: FinalOperations { .reads(f: "read") }

  public var checkers: [any Checker] { [ConvergenceChecker(Kind.type)] }
}

/// Asks replicas for updates and for what they have.
private struct ReplicatedClient: Client {
  private var isRead = false

  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    isRead = f == "read"
    guard isRead else { return .ask(.custom(["type": "update", "f": .string(f), "value": value])) }
    // The last reads tell of updates whose answers were lost, too.
    return extra[.string("final")] == true
      ? .ask(.custom(["type": "query", "own": true])) : .ask(.custom(["type": "query"]))
  }

  mutating func receive(_ reply: Reply) -> ClientStep {
    let expected = isRead ? "query_ok" : "update_ok"
    guard case .custom(let body) = reply, body["type"]?.name == expected,
      let context = body["context"],
      !isRead || body["value"] != nil, isRead || body["update"] != nil
    else { return .complete(.mismatched(reply, expected: expected)) }
    var completion = Completion.ok(body["value"])
    completion.extra = ValueMap([.init(key: "context", value: context)])
    for field in ["update", "stamp", "replica", "own", "bytes"] {
      guard let value = body[field] else { continue }
      completion.extra[.string(field)] = value
    }
    return .complete(completion)
  }
}

public enum GrowOnlyCounterKind: ReplicatedKind {
  public static let type = DataType.growOnlyCounter
}
public enum CounterKind: ReplicatedKind { public static let type = DataType.counter }
public enum BoundedCounterKind: ReplicatedKind { public static let type = DataType.boundedCounter }
public enum GrowOnlySetKind: ReplicatedKind { public static let type = DataType.growOnlySet }
public enum TwoPhaseSetKind: ReplicatedKind { public static let type = DataType.twoPhaseSet }
public enum LastWriterSetKind: ReplicatedKind { public static let type = DataType.lastWriterSet }
public enum AddWinsSetKind: ReplicatedKind { public static let type = DataType.addWinsSet }
public enum RemoveWinsSetKind: ReplicatedKind { public static let type = DataType.removeWinsSet }
public enum LastWriterRegisterKind: ReplicatedKind {
  public static let type = DataType.lastWriterRegister
}
public enum MultiValueRegisterKind: ReplicatedKind {
  public static let type = DataType.multiValueRegister
}
public enum EnableWinsFlagKind: ReplicatedKind { public static let type = DataType.enableWinsFlag }
public enum DisableWinsFlagKind: ReplicatedKind {
  public static let type = DataType.disableWinsFlag
}
public enum MapKind: ReplicatedKind { public static let type = DataType.map }
public enum TextKind: ReplicatedKind { public static let type = DataType.text }
public enum TreeKind: ReplicatedKind { public static let type = DataType.tree }
public enum CartKind: ReplicatedKind { public static let type = DataType.cart }
