import Histories
import Values
import Verdicts

/// Turns what the passes found into a finding on what was promised.
struct TransactionJudgement {
  let checker: String
  let models: [ConsistencyModel]
  let demandsProof: Bool
  let history: Transactions
  let incidents: Incidents

  var finding: Finding {
    let wrong = wrongs
    var finding = Finding(checker, .valid, facts: facts(wrong))
    finding.anomalies = wrong.map { incidents.anomaly($0, in: history) }
    let committed = history.outcomes.count { $0 == .committed }
    if !wrong.isEmpty {
      finding.verdict = .invalid
      finding.reason =
        wrong.map { "\(incidents.count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
        + "; not "
        + ConsistencyModel.weakestRuledOut(by: wrong).map(\.name)
        .joined(separator: ", not ")
    } else if committed == 0 {
      finding.verdict = .unknown
      finding.reason = "no transaction committed"
    } else if let ambiguity {
      finding.verdict = .unknown
      finding.reason = ambiguity
    } else {
      if demandsProof && history.keyCount > 1 { finding.verdict = .unknown }
      finding.reason = basis
    }
    return finding
  }

  /// What was found and is prohibited, each under one name: a violation that goes by several is
  /// named after the strongest promise that it breaks.
  private var wrongs: [Phenomenon] {
    let prohibited = models.reduce(into: Set<Phenomenon>()) { $0.formUnion($1.prohibited) }
    let scopes = Set(prohibited.map(\.scope))
    return incidents.phenomena.filter { phenomenon in
      guard prohibited.contains(phenomenon) else { return false }
      switch phenomenon.scope {
      case .guarantee: return !scopes.contains(.process) && !scopes.contains(.realtime)
      case .process: return !scopes.contains(.realtime)
      case .data, .realtime: return true
      }
    }
  }

  /// What was found and is not prohibited by the models.
  private func allowed(_ wrong: [Phenomenon]) -> [Phenomenon] {
    let prohibited = models.reduce(into: Set<Phenomenon>()) { $0.formUnion($1.prohibited) }
    return incidents.phenomena.filter { phenomenon in
      phenomenon.scope != .guarantee && !prohibited.contains(phenomenon)
    }
  }

  /// What a valid verdict rests on.
  private var basis: String {
    var basis =
      "\(models.map(\.name).joined(separator: ", ")) as far as judged: dependency cycles across "
      + "keys are not searched"
    if history.kind == .register {
      basis += ", versions are ordered by reads before writes and by time only"
    }
    let found = allowed([])
    if !found.isEmpty {
      basis +=
        "; also found, and allowed: "
        + found.map { "\(incidents.count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
    }
    return basis
  }

  /// Why some keys can't be judged, where that is so.
  private var ambiguity: String? {
    guard let (first, second) = history.ambiguity else { return nil }
    let lines = [first, second].map { write in
      history.operations(of: Int(history.writers[Int(write)])).invocation.index
    }
    return "ops \(lines[0]) and \(lines[1]) both write \(history.text(of: second)) to "
      + "\(history.keyText(history.key(of: second))), so that what a read saw can't be told"
  }

  private func facts(_ wrong: [Phenomenon]) -> ValueMap {
    func count(_ outcome: Transactions.Outcome) -> Value {
      .integer(history.outcomes.count { $0 == outcome })
    }
    func names(_ models: [ConsistencyModel]) -> Value { .list(models.map { .string($0.name) }) }
    var facts = ValueMap(facts: [
      "models": names(models), "committed": count(.committed), "aborted": count(.aborted),
      "indeterminate": count(.indeterminate), "keys": .integer(history.keyCount),
      "searched": "phenomena of single transactions and of single keys",
    ])
    if !incidents.phenomena.isEmpty {
      facts[fact: "not"] = names(ConsistencyModel.weakestRuledOut(by: incidents.phenomena))
    }
    let allowed = allowed(wrong)
    if !allowed.isEmpty {
      facts[fact: "also-found"] = .map(
        ValueMap(
          allowed.map {
            .init(key: .string($0.rawValue), value: .integer(incidents.count(of: $0)))
          }))
    }
    return facts
  }
}
