public import Generators
public import Histories
import Invariants
import Nodes
public import Values
public import Verdicts

/// Elements that any node accepted reach all nodes, for good.
public struct GSetWorkload: Workload {
  public static let name = "g-set"
  public static let summary = "A grow-only set: every added element is eventually read everywhere."
  public static let operations = ["add e → e", "read null → [e, …]"]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client {
    let isCompatible = options.isCompatible
    return SingleRequestClient { f, value in
      f == "add" ? .addElement(value) : .readAll
    } completion: { f, _, reply in
      let completion = GSetWorkload.completion(of: f, reply)
      return isCompatible ? completion.withoutDefiniteErrors : completion
    }
  }

  private static func completion(of f: String, _ reply: Reply) -> Completion {
    switch (f, reply) {
    case ("add", .added): .ok()
    case ("read", .value(.list(let elements))): .ok(.list(elements))
    case ("add", _): .mismatched(reply, expected: "add_ok")
    default: .mismatched(reply, expected: "read_ok with a list as \"value\"")
    }
  }

  public func makeGenerator() -> any Generator {
    Generate(seed: options.seed, state: 0) { next, draws, context in
      guard draws.below(2) == 0 else { return Invocation(f: "read", in: context) }
      defer { next += 1 }
      return Invocation(f: "add", value: .integer(next), in: context)
    }
  }

  public var finalPhase: FinalOperations {
    options.isCompatible ? .maelstromReads : .reads(f: "read")
  }

  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool {
    let added = Set(history.lazy.filter { $0.type == .ok && $0.f == "add" }.map(\.value))
    return finalReads.allSatisfy { added.isSubset(of: $0.elements ?? []) }
  }

  public var checkers: [any Checker] { [SetFullChecker(isCompatible: options.isCompatible)] }
}
