public import Generators
import Invariants
import Nodes
import Values
public import Verdicts

/// Nodes answer with what they were sent.
public struct EchoWorkload: Workload {
  public static let name = "echo"
  public static let summary = "Each node answers an echo with exactly what it was sent."
  public static let operations = ["echo v → v"]

  private let seed: UInt64
  private let isCompatible: Bool

  public init(_ options: WorkloadOptions) {
    seed = options.seed
    isCompatible = options.isCompatible
  }

  public func makeClient() -> any Client {
    SingleRequestClient { _, value in
      .echo(value)
    } completion: { _, _, reply in
      if case .echo(let value) = reply {
        .ok(value)
      } else {
        .mismatched(reply, expected: "echo_ok")
      }
    }
  }

  public func makeGenerator() -> any Generator {
    Generate(seed: seed) { draws, context in
      Invocation(f: "echo", value: .string("Please echo \(draws.below(128))"), in: context)
    }
  }

  public var checkers: [any Checker] { [EchoChecker(isCompatible: isCompatible)] }
  public var demandsReplies: Bool { true }
}
