public import Histories
import Values
public import Verdicts

/// Judges transactions that read and write registers: Elle's rw-register.
///
/// Operations: `txn` [["w", k, v], ["r", k, null]] → reads filled, null being the initial state. The
/// values written to a key differ. Versions are in order where a transaction read one and wrote the
/// next. Where that orders all versions of each key, every isolation level is decided, as for
/// lists. Where it does not, what contradicts a level is found as far as these orders and time tell,
/// and a level holds for certain where it holds with the versions in the order of their
/// transactions; else it is undecided. Only what a model prohibits makes a history invalid.
public struct RegisterTransactionsChecker: ColumnChecker {
  public var name: String { TransactionKind.register.rawValue }
  public let models: [ConsistencyModel]
  /// What is taken for granted of the order of versions; what contradicts it is told apart from
  /// what is wrong.
  public let assumptions: Set<VersionAssumption>
  private let demandsProof: Bool
  private let limits: CheckLimits

  /// - Parameters:
  ///   - demandsProof: Whether the verdict is unknown where nothing is found but a model could not be
  ///     decided either, and not valid as far as judged.
  ///   - limits: What ends the check early.
  public init(
    models: [ConsistencyModel] = [.strictSerializable],
    assuming assumptions: Set<VersionAssumption> = [], demandsProof: Bool = false,
    limits: CheckLimits = CheckLimits()
  ) {
    self.limits = limits
    self.models = models
    self.assumptions = assumptions
    self.demandsProof = demandsProof
  }

  /// - Complexity: O(*n*) if there is no cycle.
  public func check(_ history: HistoryColumns) -> Finding {
    TransactionJudgement.finding(
      on: history, .register, checker: name, models, demandsProof: demandsProof, limits,
      assuming: assumptions)
  }
}
