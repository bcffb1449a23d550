public import Histories
public import Linearizability
internal import Values
public import Verdicts

/// Judges whether each object of a history behaved as if its operations took effect one at a time,
/// each between its invocation and its completion (Herlihy and Wing, 1990).
///
/// An operation that failed did not happen; an indeterminate one may take effect at any later time
/// or never. Time is the order of the history's lines. The verdict is exact, or unknown when a
/// budget runs out; an invalid one carries the anomaly `nonlinearizable`, whose operations are the
/// lines of a small part of the history that can't be linearized for itself.
public struct LinearizabilityChecker: Checker {
  public var name: String { terms.level.rawValue }
  public let model: any Model
  public let terms: Terms

  public init(_ model: any Model, _ terms: Terms = Terms()) {
    self.model = model
    self.terms = terms
  }

  public init(_ model: any Model, isKeyed: Bool = false, budget: Budget = Budget()) {
    self.init(model, Terms(isKeyed: isKeyed, budget: budget))
  }

  public func check(_ history: History) -> Finding { check(HistoryColumns(history)) }

  public func check(_ history: HistoryColumns) -> Finding {
    do throws(ModelError) {
      return try examine(history).finding
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
  }

  /// The verdict on a history, with the window that fails where it is invalid.
  ///
  /// - Throws: When the model can't read an operation.
  /// - Complexity: Exponential in the operations that are open at a time, at worst; linear in the
  ///   length of the history otherwise, and about linear in all where a theorem decides.
  public func examine(
    _ history: HistoryColumns
  ) throws(ModelError) -> (finding: Finding, window: FailingWindow?) {
    let judgement = try model.judge(history, terms)
    let window = judgement.invalid.map { invalid in
      FailingWindow(
        invalid.evidence, history, object: naming(invalid.key), total: invalid.count,
        reason: invalid.reason, state: invalid.text)
    }
    return (finding(history, judgement, window), window)
  }

  private func finding(
    _ history: HistoryColumns, _ judgement: ModelJudgement, _ window: FailingWindow?
  ) -> Finding {
    guard judgement.operations > 0 else {
      return Finding(name, .unknown, reason: "the history has no operations to judge")
    }
    var finding = Finding(name, .valid)
    finding.facts = ValueMap(facts: [
      "model": .string(model.name), "objects": .integer(judgement.objects),
      "operations": .integer(judgement.operations),
      "indeterminate": .integer(judgement.indeterminate),
      "decided-directly": .integer(judgement.decided), "steps": .integer(judgement.steps),
    ])
    if judgement.refuted > 0 {
      finding.facts[fact: "refuted-certificates"] = .integer(judgement.refuted)
    }
    if let invalid = judgement.invalid, let window {
      finding.verdict = .invalid
      finding.anomalies = [anomaly(history, invalid, window)]
      finding.reason =
        (naming(invalid.key).map { "\($0) is" } ?? "the history is") + " not \(adjective)"
    } else if let undecided = judgement.undecided.first {
      finding.verdict = .unknown
      finding.facts[fact: "undecided"] = .integer(judgement.undecided.count)
      let place = naming(undecided.key) ?? "the history"
      finding.reason = "\(place) is undecided: \(text(of: undecided.reason))"
    }
    return finding
  }

  private func anomaly(
    _ history: HistoryColumns, _ invalid: ModelJudgement.Invalid, _ window: FailingWindow
  ) -> Anomaly {
    Anomaly(
      anomalyType,
      operations: invalid.evidence.lines.map { history.index(at: $0) }.sorted(),
      explanation: Explanation(window: window).text, window: window.value)
  }

  private func naming(_ key: Value?) -> String? { key.map { "key \($0.text(limit: 40))" } }

  private var adjective: String {
    terms.level == .sequential ? "sequentially consistent" : terms.level.rawValue
  }

  private var anomalyType: String {
    switch terms.level {
    case .linearizable: "nonlinearizable"
    case .sequential: "nonsequential"
    case .twoAtomic: "stale-read"
    }
  }

  private func text(of reason: ModelJudgement.Reason) -> String {
    switch reason {
    case .exhausted(let exhaustion): text(of: exhaustion)
    case .beyond(let text): text
    }
  }

  private func text(of exhaustion: Exhaustion) -> String {
    switch exhaustion {
    case .steps: "the search used up its \(terms.budget.steps) steps"
    case .memory: "the search needs more than its \(terms.budget.memory >> 20) MiB of memory"
    case .time: "the search ran out of time"
    }
  }
}
