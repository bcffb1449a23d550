import Verdicts

/// Adds up the runs of a campaign, in the order of their seeds.
///
/// What it holds is bounded, however many runs there are.
package struct CampaignTally: Sendable {
  package static let failuresMax = 100
  package static let examplesMax = 3
  package static let groupsMax = 50
  package static let undecidedMax = 5
  package static let hindrancesMax = 5
  package static let divergentMax = 3

  /// The campaign ends with so many failures; nothing runs all seeds.
  package let failureLimit: Int?
  package private(set) var result: CampaignResult
  /// The first runs that went another way the second time.
  private(set) var divergent: [Outcome] = []
  /// How many of the known marks were reached.
  private(set) var reachedCount = 0
  private var missing: Set<String>

  package init(first seed: UInt64, failureLimit: Int?, knownMarks: [String], demandsMarks: Bool) {
    self.failureLimit = failureLimit
    result = CampaignResult(first: seed)
    result.knownMarks = knownMarks
    result.demandsMarks = demandsMarks
    missing = Set(knownMarks)
  }

  /// Whether no later run counts.
  package var isFull: Bool { failureLimit.map { result.failureCount >= $0 } ?? false }

  /// The seed of the run that comes next.
  package var nextSeed: UInt64 { result.seeds.upperBound }

  /// Adds the run of ``nextSeed``.
  package mutating func add(_ run: FinishedRun) {
    guard !isFull else { return }
    let outcome = run.outcome
    addVacuity(outcome)
    result.seeds = result.seeds.lowerBound..<nextSeed + 1
    result.statistics.add(outcome.statistics)
    addMarks(outcome)
    switch run.comparison {
    case .none: break
    case .equal: result.verifiedCount += 1
    case .different:
      result.verifiedCount += 1
      result.divergentCount += 1
      if divergent.count < CampaignTally.divergentMax { divergent.append(outcome) }
    }
    if outcome.verdict == .invalid { addFailure(outcome) }
    if !outcome.hindrances.isEmpty {
      result.hinderedCount += 1
      let room = CampaignTally.hindrancesMax - result.hindrances.count
      result.hindrances += outcome.hindrances.prefix(max(0, room))
    } else if Verdict.merged(outcome.findings.map(\.verdict)) == .unknown {
      addUnknown(outcome)
    }
  }

  /// A kind or family is missed by the campaign only where it came to nothing in every run.
  private mutating func addVacuity(_ outcome: Outcome) {
    if result.runCount == 0 {
      result.vacuity = outcome.vacuity
    } else if !result.vacuity.isEmpty {
      result.vacuity.removeAll { !outcome.vacuity.contains($0) }
    }
  }

  private mutating func addMarks(_ outcome: Outcome) {
    guard !missing.isEmpty else { return }
    for marks in [outcome.statistics.marks, outcome.statistics.coverage.marks] {
      for mark in marks.keys where missing.remove(mark) != nil { reachedCount += 1 }
    }
  }

  private mutating func addFailure(_ outcome: Outcome) {
    result.failureCount += 1
    if result.failures.count < CampaignTally.failuresMax { result.failures.append(outcome) }
    var names = outcome.anomalyNames
    var place = result.groups.firstIndex { $0.anomalies == names }
    if place == nil, result.groups.count >= CampaignTally.groupsMax {
      names = ["others"]
      place = result.groups.firstIndex { $0.anomalies == names }
    }
    let group = place ?? result.groups.count
    if place == nil { result.groups.append(FailureGroup(anomalies: names)) }
    result.groups[group].count += 1
    if result.groups[group].examples.count < CampaignTally.examplesMax {
      result.groups[group].examples.append(outcome)
    } else if result.groups[group].next == nil {
      result.groups[group].next = outcome
    }
  }

  private mutating func addUnknown(_ outcome: Outcome) {
    guard outcome.vacuity.isEmpty else {
      result.vacuousCount += 1
      return
    }
    result.undecidedCount += 1
    if result.undecided.count < CampaignTally.undecidedMax { result.undecided.append(outcome) }
  }
}

/// A run of a campaign that has ended.
package struct FinishedRun: Sendable {
  /// What came of running it twice.
  package enum Comparison: Sendable {
    case none
    case equal
    case different
  }

  package var outcome: Outcome
  package var comparison = Comparison.none

  package init(outcome: Outcome, comparison: Comparison = .none) {
    self.outcome = outcome
    self.comparison = comparison
  }
}

extension RunStatistics {
  mutating func add(_ other: RunStatistics) {
    marks.merge(other.marks, uniquingKeysWith: +)
    coverage.add(other.coverage)
    faults.merge(other.faults, uniquingKeysWith: +)
    operations += other.operations
    betweenServers += other.betweenServers
    lost += other.lost
    withClients += other.withClients
    if let events = other.events { self.events = (self.events ?? 0) + events }
    duration += other.duration
  }
}
