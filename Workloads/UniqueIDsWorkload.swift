public import Generators
import Invariants
import Nodes
import Values
public import Verdicts

/// Nodes generate identifiers that no node has generated before.
public struct UniqueIDsWorkload: Workload {
  public static let name = "unique-ids"
  public static let summary = "No two identifiers that the cluster generates are equal."
  public static let operations = ["generate null → id"]

  private let seed: UInt64

  public init(_ options: WorkloadOptions) { seed = options.seed }

  public func makeClient() -> any Client {
    SingleRequestClient { _, _ in
      .generate
    } completion: { _, _, reply in
      if case .generated(let id) = reply {
        .ok(id)
      } else {
        .mismatched(reply, expected: "generate_ok")
      }
    }
  }

  public func makeGenerator() -> any Generator {
    Generate(seed: seed) { _, context in Invocation(f: "generate", in: context) }
  }

  public var checkers: [any Checker] { [UniqueIDsChecker()] }
  public var demandsReplies: Bool { true }
}
