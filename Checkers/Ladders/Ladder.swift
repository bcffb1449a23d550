internal import Histories
internal import Isolation
internal import Values
internal import Verdicts

/// What a history is by each level of a lattice, from the strongest to the weakest.
struct Ladder {
  struct Rung {
    var model: ConsistencyModel
    var decision: ModelDecision
    /// What was found against it.
    var evidence: Anomaly?
  }

  var rungs: [Rung]

  /// The strongest levels that hold.
  var holding: [ConsistencyModel] {
    let all = rungs.filter { $0.decision == .holds }.map(\.model)
    return all.filter { model in !all.contains { $0 != model && $0.implies(model) } }
  }

  /// The weakest levels that do not hold, each with what was found against it.
  var broken: [Rung] {
    let all = rungs.filter { $0.decision == .ruledOut }
    return all.filter { rung in
      !all.contains { $0.model != rung.model && rung.model.implies($0.model) }
    }
  }

  var undecided: [(model: ConsistencyModel, reason: String)] {
    rungs.compactMap { rung in
      guard case .undecided(let reason) = rung.decision else { return nil }
      return (rung.model, reason)
    }
  }

  /// A report rather than a judgement: valid where each level is decided and some hold, invalid where
  /// none does, else unknown.
  var finding: Finding {
    let (holding, broken, undecided) = (holding, broken, undecided)
    var finding = Finding(
      "ladder", !undecided.isEmpty ? .unknown : holding.isEmpty ? .invalid : .valid)
    var parts = [
      holding.isEmpty ? "no level is known to hold" : names(holding)
    ]
    if !broken.isEmpty { parts.append("not " + names(broken.map(\.model))) }
    if let (model, reason) = undecided.first {
      parts.append("undecided \(names(undecided.map(\.model))) (\(model.name): \(reason))")
    }
    finding.reason = parts.joined(separator: "; ")
    var shown: Set<String> = []
    finding.anomalies = broken.compactMap(\.evidence).filter { shown.insert($0.type).inserted }
    finding.facts = ValueMap(facts: [
      "holds": .list(holding.map { .string($0.name) }),
      "not": .map(
        ValueMap(
          broken.map { rung in
            .init(
              key: .string(rung.model.name), value: .string(rung.evidence?.type ?? "implied"))
          })),
      "levels": .map(
        ValueMap(
          rungs.map { .init(key: .string($0.model.name), value: .string(text($0.decision))) })),
    ])
    return finding
  }

  private func names(_ models: [ConsistencyModel]) -> String {
    models.map(\.name).joined(separator: ", ")
  }

  private func text(_ decision: ModelDecision) -> String {
    switch decision {
    case .holds: "holds"
    case .ruledOut: "ruled out"
    case .undecided(let reason): "undecided: \(reason)"
    }
  }
}
