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
  public var name: String { "linearizable" }
  public let model: any Model
  /// Whether each value is [key, value], and each key is an object of its own.
  public let isKeyed: Bool
  public let budget: Budget

  public init(_ model: any Model, isKeyed: Bool = false, budget: Budget = Budget()) {
    self.model = model
    self.isKeyed = isKeyed
    self.budget = budget
  }

  /// - Complexity: Exponential in the operations that are open at a time, at worst; linear in the
  ///   length of the history otherwise.
  public func check(_ history: History) -> Finding {
    do throws(ModelError) {
      return judge(history, try Objects(history, model, isKeyed: isKeyed))
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
  }

  private func judge(_ history: History, _ objects: Objects) -> Finding {
    guard objects.invocations > 0 else {
      return Finding(name, .unknown, reason: "the history has no operations to judge")
    }
    let judgement = Judge(Register(initial: objects.model.initial), budget: budget)
      .judge(objects.histories)
    var finding = Finding(name, .valid)
    finding.facts = ValueMap(facts: [
      "model": .string(model.name), "objects": .integer(objects.histories.count),
      "operations": .integer(objects.invocations),
      "indeterminate": .integer(objects.indeterminate), "steps": .integer(judgement.steps),
    ])
    if let invalid = judgement.invalid {
      let object = invalid.object
      finding.verdict = .invalid
      finding.anomalies = [anomaly(history, objects, invalid)]
      finding.reason =
        (naming(object, in: objects).map { "\($0) is" } ?? "the history is")
        + " not linearizable"
    } else if let undecided = judgement.undecided.first {
      finding.verdict = .unknown
      finding.facts[fact: "undecided"] = .integer(judgement.undecided.count)
      let place = naming(undecided.object, in: objects) ?? "the history"
      finding.reason = "\(place) is undecided: \(text(of: undecided.reason))"
    }
    return finding
  }

  private func anomaly(
    _ history: History, _ objects: Objects, _ invalid: Judgement.Invalid
  ) -> Anomaly {
    let object = invalid.object
    let transitions = Transitions(initial: objects.model.initial)
    let evidence =
      switch invalid.proof {
      case .stuck(let line):
        Evidence(
          of: objects.histories[object].droppingInert(), stuckAt: line, transitions)
      case .certificate(let certificate):
        Evidence(of: objects.histories[object], certificate, transitions)
      }
    let explanation = Explanation(
      evidence: evidence, history: history, model: objects.model,
      object: naming(object, in: objects), total: objects.histories[object].count)
    return Anomaly(
      "nonlinearizable", operations: evidence.lines.map { history.operations[$0].index }.sorted(),
      explanation: explanation.text)
  }

  private func naming(_ object: Int, in objects: Objects) -> String? {
    objects.isSingle ? nil : "key \(objects.keys[object].text(limit: 40))"
  }

  private func text(of reason: Exhaustion) -> String {
    switch reason {
    case .steps: "the search used up its \(budget.steps) steps"
    case .memory: "the search needs more than its \(budget.memory >> 20) MiB of memory"
    case .time: "the search ran out of time"
    }
  }
}
