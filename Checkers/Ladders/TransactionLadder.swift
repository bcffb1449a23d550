public import Histories
public import Isolation
public import Verdicts

/// Finds the strongest levels that transactions keep to, and why they keep to none that is stronger.
///
/// Levels are all that can be decided of such transactions; of those that only follow from others nothing
/// is said.
public struct TransactionLadder: ColumnChecker {
  public var name: String { "ladder" }
  private let kind: TransactionKind
  private let assumptions: Set<VersionAssumption>
  private let limits: CheckLimits

  public init(
    _ kind: TransactionKind, assuming assumptions: Set<VersionAssumption> = [],
    limits: CheckLimits = CheckLimits()
  ) {
    self.kind = kind
    self.assumptions = assumptions
    self.limits = limits
  }

  public func check(_ history: HistoryColumns) -> Finding {
    let analysis: TransactionAnalysis
    do throws(TransactionProblem) {
      analysis = try TransactionAnalysis(
        history, kind, for: ConsistencyModel.allCases, assuming: assumptions, within: limits)
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
    let rungs = analysis.rungs.map { model in
      Ladder.Rung(
        model: model, decision: analysis.decisions[model] ?? .undecided("it was not looked at"),
        evidence: analysis.anomaly(against: model))
    }
    return Ladder(rungs: rungs.reversed()).finding
  }
}
