public import Histories
public import Isolation
public import ObjectModels
public import Verdicts

/// Finds the strongest levels that single reads and writes of keys keep to, and why they keep to none that
/// is stronger.
///
/// Levels are linearizable, sequential, causal-memory, causal-convergence, causal, PRAM and the session
/// guarantees. The strongest two are decided by the model of the objects, within its budget; that a history
/// is no causal memory, or not causally convergent, spares the search for a sequential order.
public struct OperationLadder: ColumnChecker {
  public var name: String { "ladder" }
  private let model: any Model
  private let terms: Terms
  private let operations: SingleOperations
  private let limits: CheckLimits

  /// - Parameters:
  ///   - model: What operations are of: keys, or one register.
  ///   - terms: Within what budgets; the level does not matter.
  public init(
    _ model: any Model, _ terms: Terms, _ operations: SingleOperations,
    limits: CheckLimits = CheckLimits()
  ) {
    self.model = model
    self.terms = terms
    self.operations = operations
    self.limits = limits
  }

  public func check(_ history: HistoryColumns) -> Finding {
    var linearizable = judge(history, .linearizable)
    guard linearizable.decision != .holds else {
      let all = [.linearizable, .sequential] + weak
      return Ladder(rungs: all.map { Ladder.Rung(model: $0, decision: .holds) }).finding
    }
    var rungs = weakRungs(history)
    var sequential = Ladder.Rung(model: .sequential, decision: .ruledOut)
    if !rungs.contains(where: { $0.decision == .ruledOut }) {
      sequential = judge(history, .sequential)
    }
    if sequential.decision == .ruledOut, linearizable.decision != .ruledOut {
      linearizable = Ladder.Rung(model: .linearizable, decision: .ruledOut)
    }
    if sequential.decision == .holds {
      rungs = weak.map { Ladder.Rung(model: $0, decision: .holds) }
    }
    return Ladder(rungs: [linearizable, sequential] + rungs).finding
  }

  private var weak: [ConsistencyModel] { SingleOperationsChecker.levels }

  private func judge(_ history: HistoryColumns, _ level: ObjectLevel) -> Ladder.Rung {
    var terms = terms
    terms.level = level
    let finding = LinearizabilityChecker(model, terms).check(history)
    let decision: ModelDecision =
      switch finding.verdict {
      case .valid: .holds
      case .invalid: .ruledOut
      case .unknown: .undecided(finding.reason ?? "nothing is known")
      }
    return Ladder.Rung(
      model: level == .linearizable ? .linearizable : .sequential, decision: decision,
      evidence: finding.anomalies.first)
  }

  private func weakRungs(_ history: HistoryColumns) -> [Ladder.Rung] {
    let analysis: TransactionAnalysis
    do throws(TransactionProblem) {
      analysis = try TransactionAnalysis(
        history, .register, for: weak, operations: operations, within: limits)
    } catch {
      return weak.map { Ladder.Rung(model: $0, decision: .undecided(error.description)) }
    }
    return weak.map { model in
      Ladder.Rung(
        model: model, decision: analysis.decisions[model] ?? .undecided("it was not looked at"),
        evidence: analysis.anomaly(against: model))
    }
  }
}
