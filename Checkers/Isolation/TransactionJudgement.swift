import Histories
import Values
import Verdicts

/// Turns what a history says into a finding on what was promised.
struct TransactionJudgement {
  let checker: String
  let models: [ConsistencyModel]
  let demandsProof: Bool
  let analysis: TransactionAnalysis

  private var history: Transactions { analysis.transactions }
  private var incidents: Incidents { analysis.incidents }

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
      finding.reason =
        history.operations == nil ? "no transaction committed" : "no operation was completed"
    } else if let (model, reason) = undecided {
      finding.verdict = demandsProof || history.ambiguity != nil ? .unknown : .valid
      finding.reason =
        history.ambiguity == nil
        ? "\(model.name) as far as judged: \(reason)" + alsoFound : reason
    } else {
      finding.reason =
        "\(models.map(\.name).joined(separator: ", ")): "
        + (history.operations == nil
          ? "no cycle of dependencies contradicts it" : "nothing that was read contradicts it")
        + alsoFound
    }
    return finding
  }

  /// The first promise of which it can't be told whether it was kept.
  private var undecided: (model: ConsistencyModel, reason: String)? {
    for model in models {
      if case .undecided(let reason) = analysis.decisions[model] { return (model, reason) }
    }
    return nil
  }

  private var prohibited: Set<Phenomenon> {
    models.reduce(into: []) { $0.formUnion($1.prohibited) }
  }

  /// What was found and is prohibited, each under one name: a violation that goes by several is
  /// named after the strongest promise that it breaks.
  private var wrongs: [Phenomenon] {
    let prohibited = prohibited
    let scopes = Set(prohibited.map(\.scope))
    let all = incidents.phenomena.filter(prohibited.contains)
    let wrong = all.filter { phenomenon in
      switch phenomenon.scope {
      case .guarantee: prohibited.isDisjoint(with: phenomenon.asCycle)
      case .process: phenomenon.isSpecial || !scopes.contains(.realtime) || !history.isTimed
      case .data, .realtime: true
      }
    }
    let named = wrong.filter { phenomenon in
      !phenomenon.isSpecial
        || !phenomenon.closure.contains { wider in
          wider != phenomenon
            && (wider.isSpecial ? wrong.contains(wider) : prohibited.contains(wider))
        }
    }
    return named.isEmpty ? all : named
  }

  /// What was found and is not prohibited by the models.
  private var allowed: [Phenomenon] {
    let prohibited = prohibited
    let allowed = incidents.phenomena.filter { phenomenon in
      phenomenon.scope != .guarantee && !prohibited.contains(phenomenon)
    }
    return allowed.filter { phenomenon in
      !phenomenon.isSpecial
        || !allowed.contains { $0 != phenomenon && phenomenon.closure.contains($0) }
    }
  }

  private var alsoFound: String {
    let found = allowed
    let broken = analysis.broken.map { "; \($0)" }.joined()
    guard !found.isEmpty else { return broken }
    return "\(broken); also found, and allowed: "
      + found.map { "\(incidents.count(of: $0)) \($0.rawValue)" }.joined(separator: ", ")
  }

  private func facts(_ wrong: [Phenomenon]) -> ValueMap {
    func count(_ outcome: Transactions.Outcome) -> Value {
      .integer(history.outcomes.count { $0 == outcome })
    }
    func names(_ models: [ConsistencyModel]) -> Value { .list(models.map { .string($0.name) }) }
    var facts = ValueMap(facts: [
      "models": names(models), "committed": count(.committed), "aborted": count(.aborted),
      "indeterminate": count(.indeterminate), "keys": .integer(history.keyCount),
      "holds": names(analysis.holding),
    ])
    let undecided = ConsistencyModel.allCases.compactMap { model -> ValueMap.Entry? in
      guard case .undecided(let reason) = analysis.decisions[model] else { return nil }
      return ValueMap.Entry(key: .string(model.name), value: .string(reason))
    }
    if !analysis.broken.isEmpty {
      facts[fact: "broken-assumptions"] = .list(analysis.broken.map { .string($0) })
    }
    if !undecided.isEmpty { facts[fact: "undecided"] = .map(ValueMap(undecided)) }
    if !analysis.found.isEmpty {
      facts[fact: "not"] = names(ConsistencyModel.weakestRuledOut(by: analysis.found))
    }
    let allowed = allowed
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
