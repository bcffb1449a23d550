public import Generators
public import Histories
import Invariants
public import Nodes
public import Values
public import Verdicts

/// Messages that any node accepted reach all nodes.
public struct BroadcastWorkload: Workload {
  public static let name = "broadcast"
  public static let summary =
    "Every message that a node accepts is eventually read from every node."
  public static let operations = ["broadcast e → null", "read null → [e, …]"]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public var setup: [Request] {
    [.topology(options.topology.neighbours(of: options.nodes))]
  }

  public func makeClient() -> any Client {
    let isCompatible = options.isCompatible
    return SingleRequestClient { f, value in
      f == "broadcast" ? .broadcast(value) : .readAll
    } completion: { f, _, reply in
      let completion = BroadcastWorkload.completion(of: f, reply)
      return isCompatible && f == "read" ? completion.withoutIndefiniteErrors : completion
    }
  }

  private static func completion(of f: String, _ reply: Reply) -> Completion {
    switch (f, reply) {
    case ("broadcast", .broadcastAccepted): .ok()
    case ("read", .messages(let messages)): .ok(.list(messages))
    case ("broadcast", _): .mismatched(reply, expected: "broadcast_ok")
    default: .mismatched(reply, expected: "read_ok with \"messages\"")
    }
  }

  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed, state: 0) { next, draws, context in
      guard draws.below(2) == 0 else { return Invocation(f: "read", in: context) }
      defer { next += 1 }
      return Invocation(f: "broadcast", value: .integer(next), in: context)
    }
  }

  public var finalPhase: FinalOperations {
    options.isCompatible ? .maelstromReads : .reads(f: "read")
  }
  public func failsOnTimeout(_ f: String) -> Bool { options.isCompatible && f == "read" }

  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool {
    let added = Set(
      history.lazy.filter { $0.type == .ok && $0.f == "broadcast" }.map(\.value))
    return finalReads.allSatisfy { added.isSubset(of: $0.elements ?? []) }
  }

  public var checkers: [any Checker] { [SetFullChecker(isCompatible: options.isCompatible)] }
}
