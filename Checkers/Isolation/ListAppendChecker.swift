public import Histories
import Values
public import Verdicts

/// Judges transactions that append to lists and read them: Elle's list-append, as far as single
/// transactions and single keys tell.
///
/// Operations: `txn` [["append", k, v], ["r", k, null]] → reads filled with lists, null being the
/// empty one. The elements of a key differ. Found are `internal`, `G1a`, `G1b`, `dirty-update`,
/// `duplicate-elements`, `garbage-versions`, `future-read`, `incompatible-order`, `lost-update`, and
/// `G0`, `G-single`, `G1c` on one key, these also in the order of each process and of time. On a
/// history of one key that is all there is; dependency cycles across keys are not searched, so that
/// valid means valid as far as judged. Only what a model prohibits makes a history invalid.
public struct ListAppendChecker: Checker {
  public var name: String { TransactionKind.listAppend.rawValue }
  public let models: [ConsistencyModel]
  private let demandsProof: Bool

  /// - Parameter demandsProof: Whether a history of several keys in which nothing is found is
  ///   unknown, for cycles across keys are not searched, and not valid as far as judged.
  public init(models: [ConsistencyModel] = [.strictSerializable], demandsProof: Bool = false) {
    self.models = models
    self.demandsProof = demandsProof
  }

  /// - Complexity: O(*n* log *n*), where *n* counts the elements of all reads, too.
  public func check(_ history: History) -> Finding {
    let transactions: Transactions
    do throws(MalformedTransaction) {
      transactions = try Transactions(history, .listAppend)
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
    let orders = ListOrders(transactions, ReadScan(transactions))
    return TransactionJudgement(
      checker: name, models: models, demandsProof: demandsProof, history: transactions,
      incidents: orders.incidents
    ).finding
  }
}
