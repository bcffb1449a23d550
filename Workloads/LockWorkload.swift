public import Generators
import Histories
import Nodes
import ObjectModels
public import Values
public import Verdicts

/// A lock that one process holds at a time, and keeps by refreshing it.
public struct LockWorkload: Workload {
  public static let name = "lock"
  public static let summary = "A lock is held by one process at a time, as long as it is refreshed."
  public static let operations = [
    "acquire null → null; a lock that another process holds is a fail",
    "refresh null → null; a fail with the error \"not-held\" says that the lock is lost",
    "release null → null",
  ]

  /// For how long a lock is kept for a process that does not refresh it, at least.
  public static let lease = Nanoseconds.seconds(2)

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client {
    SingleRequestClient { f, _ in
      .custom(["type": .string(f)])
    } completion: { f, _, reply in
      let type = "\(f)_ok"
      if case .custom(let body) = reply, body["type"]?.name == type { return .ok() }
      return .mismatched(reply, expected: type)
    }
  }

  public func makeGenerator() -> any Generator { LockOperations(seed: options.seed) }

  public var checkers: [any Checker] { [LockChecker(lease: LockWorkload.lease)] }

  /// A refresh that was not answered must be followed by another before a lease is over.
  public var standardTimeout: Nanoseconds { .seconds(1) }

  /// A refresh claims nothing, so that its process goes on, and releases what it took.
  public func failsOnTimeout(_ f: String) -> Bool { f == "refresh" }
}
