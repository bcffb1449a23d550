public import Generators
import Invariants
import Isolation
import Nodes
import Values
public import Verdicts

/// Writes that have nothing to do with each other, and reads of several keys: Jepsen's long fork.
public struct LongForkWorkload: Workload {
  public static let name = "long-fork"
  public static let summary = "Transactions see independent writes in one order."
  public static let operations = [
    "write [[\"w\", k, 1]], each k once, by the message txn",
    "read [[\"r\", k, null], …] of a group of keys → the same, filled; --max-txn-length says how many",
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  private var groupSize: Int { max(2, options.maxTransactionLength ?? 3) }

  public func makeClient() -> any Client { TransactionClient.make(.register, options) }

  public func makeGenerator() -> any Generator {
    LongForkOperations(seed: options.seed, groupSize: groupSize)
  }

  public var checkers: [any Checker] { [LongForkChecker(groupSize: groupSize)] }
}
