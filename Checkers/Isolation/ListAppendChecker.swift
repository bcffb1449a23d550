public import Histories
import Values
public import Verdicts

/// Judges transactions that append to lists and read them: Elle's list-append.
///
/// Operations: `txn` [["append", k, v], ["r", k, null]] → reads filled with lists, null being the
/// empty one. The elements of a key differ. Reads tell the order in which elements were appended, so
/// that every isolation level is decided: by what single reads show (`internal`, `G1a`, `G1b`,
/// `dirty-update`, `duplicate-elements`, `garbage-versions`, `future-read`, `incompatible-order`,
/// `lost-update`), and by cycles of dependencies (`G0`, `G1c`, `G-single-item`,
/// `G-nonadjacent-item`, `G2-item`, also with the order of each process and of time). Only what a
/// model prohibits makes a history invalid.
public struct ListAppendChecker: ColumnChecker {
  public var name: String { TransactionKind.listAppend.rawValue }
  public let models: [ConsistencyModel]
  private let demandsProof: Bool
  private let limits: CheckLimits

  /// - Parameters:
  ///   - demandsProof: Whether the verdict is unknown where nothing is found but a model could not be
  ///     decided either, and not valid as far as judged.
  ///   - limits: What ends the check early.
  public init(
    models: [ConsistencyModel] = [.strictSerializable], demandsProof: Bool = false,
    limits: CheckLimits = CheckLimits()
  ) {
    self.models = models
    self.demandsProof = demandsProof
    self.limits = limits
  }

  /// - Complexity: O(*n*), where *n* counts the elements of all reads, too, if there is no cycle.
  public func check(_ history: HistoryColumns) -> Finding {
    TransactionJudgement.finding(
      on: history, .listAppend, checker: name, models, demandsProof: demandsProof, limits)
  }
}

extension TransactionJudgement {
  /// Judges a history of a kind of transactions.
  static func finding(
    on history: HistoryColumns, _ kind: TransactionKind, checker: String,
    _ models: [ConsistencyModel], demandsProof: Bool, _ limits: CheckLimits,
    assuming assumptions: Set<VersionAssumption> = [], operations: SingleOperations? = nil
  ) -> Finding {
    let analysis: TransactionAnalysis
    do throws(TransactionProblem) {
      analysis = try TransactionAnalysis(
        history, kind, for: models, assuming: assumptions, operations: operations, within: limits)
    } catch {
      return Finding(checker, .unknown, reason: error.description)
    }
    return TransactionJudgement(
      checker: checker, models: models, demandsProof: demandsProof, analysis: analysis
    ).finding
  }
}
