public import Generators
import Histories
import Isolation
import Nodes
import Values
public import Verdicts

/// Transactions that append to lists and read them.
public struct ListAppendWorkload: Workload {
  public static let name = "txn-list-append"
  public static let summary = "Transactions of appends and reads keep to a consistency model."
  public static let operations = [
    "txn [[\"append\", k, v], [\"r\", k, null], …] → the same, reads filled with lists"
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { TransactionClient.make(.listAppend, options) }

  public func makeGenerator() -> any Generator {
    TransactionOperations(write: "append", options)
  }

  public var checkers: [any Checker] {
    [TransactionClient.checker(.listAppend, options) { ListAppendChecker(models: $0) }]
  }
}

/// Transactions that write registers and read them.
public struct RegisterTransactionsWorkload: Workload {
  public static let name = "txn-rw-register"
  public static let summary = "Transactions of writes and reads keep to a consistency model."
  public static let operations = [
    "txn [[\"w\", k, v], [\"r\", k, null], …] → the same, reads filled; null was never written"
  ]

  private let options: WorkloadOptions

  public init(_ options: WorkloadOptions) { self.options = options }

  public func makeClient() -> any Client { TransactionClient.make(.register, options) }

  public func makeGenerator() -> any Generator { TransactionOperations(write: "w", options) }

  public var checkers: [any Checker] {
    [TransactionClient.checker(.register, options) { RegisterTransactionsChecker(models: $0) }]
  }
}

/// What the workloads of transactions share.
enum TransactionClient {
  /// A client that takes no answer for a transaction's but one that has the request's steps; as
  /// Maelstrom's it takes any list.
  static func make(_ kind: TransactionKind, _ options: WorkloadOptions) -> any Client {
    SingleRequestClient { _, value in
      .transaction(value.elements ?? [])
    } completion: { _, value, reply in
      guard case .transaction(let answered) = reply else {
        return .mismatched(reply, expected: "txn_ok with \"txn\"")
      }
      if !options.isCompatible,
        let mismatch = TransactionAnswer(asked: value.elements ?? [], kind).mismatch(with: answered)
      {
        return .mismatched(reply, expected: mismatch)
      }
      return .ok(.list(answered))
    }
  }

  /// The checker of the models that were asked for; where there is no such model, as can be with
  /// Maelstrom's rules only, one that can't decide.
  static func checker(
    _ kind: TransactionKind, _ options: WorkloadOptions,
    _ make: ([ConsistencyModel]) -> any Checker
  ) -> any Checker {
    do throws(UnknownModel) {
      let models = try ConsistencyModel.models(named: options.consistencyModels)
      return make(models.isEmpty ? [.strictSerializable] : models)
    } catch {
      return UndecidedChecker(name: kind.rawValue, reason: error.description)
    }
  }
}

extension TransactionOperations {
  fileprivate init(write: String, _ options: WorkloadOptions) {
    self.init(
      seed: options.seed, write: write, keyCount: options.keyCount ?? 10,
      transactionLength: options.maxTransactionLength ?? 4,
      writesPerKey: options.maxWritesPerKey ?? 16)
  }
}

/// A checker that can't decide anything, and says why.
private struct UndecidedChecker: Checker {
  let name: String
  let reason: String

  func check(_ history: History) -> Finding { Finding(name, .unknown, reason: reason) }
}
