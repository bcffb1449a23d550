public import Verdicts

/// What came of a campaign: of the runs of a range of seeds, whichever cores ran them.
///
/// It holds a bounded part of what was found, and counts all.
public struct CampaignResult: Sendable {
  /// The seeds that ran.
  public var seeds: Range<UInt64>
  public var runCount: Int { seeds.count }

  public var failureCount = 0
  /// The first failures, in the order of their seeds.
  public var failures: [Outcome] = []
  /// All failures by what was found, in the order in which they came up.
  public var groups: [FailureGroup] = []

  /// Runs that could not be judged, though everything that they were to do happened.
  public var undecidedCount = 0
  /// The first of them.
  public var undecided: [Outcome] = []
  /// Runs whose faults left nothing to judge; others of the campaign make up for them.
  public var vacuousCount = 0
  public var hinderedCount = 0
  /// What hindered the first of them.
  public var hindrances: [String] = []

  /// How many runs were repeated and compared.
  public var verifiedCount = 0
  /// How many of them went another way the second time.
  public var divergentCount = 0
  /// Where the first of them did.
  public var divergences: [Divergence] = []

  /// The sums of all runs' statistics.
  public var statistics = RunStatistics()
  /// Kinds of operations and families of faults that came to nothing in every single run.
  public var vacuity: [String] = []
  /// The marks that a thorough campaign reaches: the system's own, and the nemeses'.
  public var knownMarks: [String] = []
  /// Whether the verdict depends on all known marks being reached.
  public var demandsMarks = false

  init(first seed: UInt64) { seeds = seed..<seed }

  /// The known marks that no run reached.
  public var missedMarks: [String] {
    knownMarks.filter { statistics.marks[$0] == nil && statistics.coverage.marks[$0] == nil }
  }

  /// Why the runs prove nothing, though none is invalid.
  public var reasons: [String] {
    vacuity.map { "vacuous: \($0)" }
      + (demandsMarks ? missedMarks : []).map { "a demanded coverage mark never fired: \($0)" }
  }

  public var verdict: Verdict {
    if failureCount > 0 { return .invalid }
    let isProof = undecidedCount == 0 && reasons.isEmpty && runCount > vacuousCount
    return isProof ? .valid : .unknown
  }

  public var exitCode: ExitCode {
    let isHindered = hinderedCount > 0 || divergentCount > 0
    return isHindered ? .worst(ExitCode(verdict), .hindered) : ExitCode(verdict)
  }
}

/// Failures in which the same was found.
public struct FailureGroup: Sendable {
  /// Checkers and what they found: `key-value/nonlinearizable`.
  public var anomalies: [String]
  public var count = 0
  /// The first of them.
  public var examples: [Outcome] = []
  /// The first that is not among the examples.
  public var next: Outcome?
}

extension Outcome {
  /// What was found against the system, each with the checker that found it.
  public var anomalyNames: [String] { found { "\($0)/\($1)" } }

  /// What was found against the system, whichever checkers found it.
  package var anomalyTypes: [String] { found { _, type in type } }

  /// Each kind once; of a checker that tells none, its name.
  private func found(_ name: (_ checker: String, _ type: String) -> String) -> [String] {
    var names: [String] = []
    for finding in findings where finding.verdict == .invalid {
      let found = finding.anomalies.map { name(finding.checker, $0.type) }
      for name in found.isEmpty ? [finding.checker] : found where !names.contains(name) {
        names.append(name)
      }
    }
    return names
  }
}
