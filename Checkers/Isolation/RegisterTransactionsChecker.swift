public import Histories
import Values
public import Verdicts

/// Judges transactions that read and write registers: Elle's rw-register, as far as single
/// transactions and single keys tell.
///
/// Operations: `txn` [["w", k, v], ["r", k, null]] → reads filled, null being the initial state. The
/// values written to a key differ. Found are `internal`, `G1a`, `G1b`, `garbage-versions`,
/// `future-read`, `lost-update` and circles of reads on one key (`G1c`). Versions are ordered where a
/// transaction read one and wrote the next; where that order contradicts the order of a process or
/// of time, or no order of a key's versions agrees with time, it is `G1c` or `G-single` with
/// `-process` or `-realtime`. On a history of one key that is all there is; dependency cycles across
/// keys are not searched, so that valid means valid as far as judged. Only what a model prohibits
/// makes a history invalid.
public struct RegisterTransactionsChecker: Checker {
  public var name: String { TransactionKind.register.rawValue }
  public let models: [ConsistencyModel]
  private let demandsProof: Bool

  /// - Parameter demandsProof: Whether a history of several keys in which nothing is found is
  ///   unknown, for cycles across keys are not searched, and not valid as far as judged.
  public init(models: [ConsistencyModel] = [.strictSerializable], demandsProof: Bool = false) {
    self.models = models
    self.demandsProof = demandsProof
  }

  /// - Complexity: O(*n* log *n*).
  public func check(_ history: History) -> Finding {
    let transactions: Transactions
    do throws(MalformedTransaction) {
      transactions = try Transactions(history, .register)
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
    let orders = RegisterOrders(transactions, ReadScan(transactions))
    return TransactionJudgement(
      checker: name, models: models, demandsProof: demandsProof, history: transactions,
      incidents: orders.incidents
    ).finding
  }
}
