public import Environments
import Nemeses
import Values

/// What failures of a campaign have in common: what was found, and which faults it takes.
public struct Signature: Sendable {
  /// Checkers and what they found: `key-value/nonlinearizable`.
  public var anomalies: [String]
  /// The families of faults without which it does not come about, each by itself; nothing where
  /// that was not looked into.
  public var families: [FaultFamily]?
  /// How many failures are known to have it.
  public var count: Int
  /// The one of the lowest seed.
  public var first: Outcome
}

extension Campaign {
  /// Finds out for some failures of each kind which families of faults they need.
  ///
  /// Failures that were not looked into are a signature of their own, without families.
  ///
  /// - Returns: By kind, the most frequent first; within one by seed, those without families last.
  public static func signatures(
    of result: CampaignResult, cores: Int, interrupted: @escaping @Sendable () -> Bool = { false }
  ) throws -> [Signature] {
    let groups = result.groups.enumerated().sorted {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }.map(\.element)
    let examples = groups.flatMap(\.examples)
    let needs = try needs(of: examples, cores: cores, interrupted: interrupted)
    var next = 0
    return groups.flatMap { group in
      defer { next += group.examples.count }
      return signatures(of: group, needs: needs[next..<next + group.examples.count])
    }
  }

  private static func signatures(
    of group: FailureGroup, needs: ArraySlice<[FaultFamily]?>
  ) -> [Signature] {
    var signatures: [Signature] = []
    for (outcome, families) in zip(group.examples, needs) {
      guard let families else { continue }
      if let place = signatures.firstIndex(where: { $0.families == families }) {
        signatures[place].count += 1
      } else {
        signatures.append(
          Signature(anomalies: group.anomalies, families: families, count: 1, first: outcome))
      }
    }
    let rest = group.count - signatures.reduce(0) { $0 + $1.count }
    let unknown = zip(group.examples, needs).first { $0.1 == nil }?.0
    if rest > 0, let first = unknown ?? group.next {
      signatures.append(
        Signature(anomalies: group.anomalies, families: nil, count: rest, first: first))
    }
    return signatures
  }

  /// For each failure the families that it needs, on all cores.
  private static func needs(
    of failures: [Outcome], cores: Int, interrupted: @escaping @Sendable () -> Bool
  ) throws -> [[FaultFamily]?] {
    try onCores(cores, count: failures.count, interrupted: interrupted) { place in
      try failures[place].neededFamilies(interrupted)
    }.map { $0 ?? nil }
  }
}

extension Outcome {
  /// The families of faults that this failure needs: each in turn is left out of the schedule, for
  /// good where the failure's first anomaly is found all the same.
  ///
  /// Without a family all takes another course, so that a failure that needs luck is missed once.
  /// So each schedule is run a few times, first under the failure's own seed and then under others.
  ///
  /// - Returns: Nothing where that was interrupted, or where the failure does not come about again
  ///   even with all faults.
  func neededFamilies(_ interrupted: () -> Bool) throws -> [FaultFamily]? {
    guard let anomaly = anomalyNames.first else { return nil }
    let test = try Test(plan)
    var kept = FaultFamily.allCases.filter { family in
      test.schedule.contains { $0.family == family }
    }
    func fails(with families: [FaultFamily], attempts: Int) throws -> Bool {
      var plan = plan
      plan.faults = test.schedule.filter { families.contains($0.family) }
        .map { $0.value(test.names) }
      for attempt in 0..<attempts where !interrupted() {
        if attempt > 0 { plan.seed = mixed(self.plan.seed &+ UInt64(attempt)) }
        if try SimulatedRun(plan).run().anomalyNames.contains(anomaly) { return true }
      }
      return false
    }
    guard try fails(with: kept, attempts: 1) else { return nil }
    for family in kept {
      let fewer = kept.filter { $0 != family }
      if try fails(with: fewer, attempts: attempts) { kept = fewer }
    }
    return interrupted() ? nil : kept
  }

  /// How often a schedule is run to see whether it suffices: less often where runs are long.
  private var attempts: Int {
    let eventsMax = 500_000
    return min(5, max(2, eventsMax / max(1, statistics.events ?? eventsMax)))
  }
}
