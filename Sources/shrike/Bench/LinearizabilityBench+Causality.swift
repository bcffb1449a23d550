import Isolation
import Verdicts

extension LinearizabilityBench {
  private static let million = 1_000_000

  /// Single reads and writes of a replicated store; no peer is at hand to be measured beside.
  static let causalRows =
    causalRow("causal", [.causal], .arrivals, .lostWrites, must: 10_000, stretch: 2_000)
    + causalRow(
      "causal convergence", [.causalConvergence], .stamps, .arrivals, must: 10_000, stretch: 2_000)
    + causalRow(
      "causal memory", [.causalMemory], .arrivals, .stamps, must: 60_000, stretch: 10_000)
    + causalRow("PRAM", [.pram], .arrivals, .stamps, must: 10_000, stretch: 2_000)
    + causalRow(
      "session guarantees", guarantees, .arrivals, .lostWrites, must: 10_000, stretch: 2_000)

  private static let guarantees: [ConsistencyModel] = [
    .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
  ]

  private static func causalRow(
    _ name: String, _ models: [ConsistencyModel], _ valid: ReadWriteText.Kind,
    _ invalid: ReadWriteText.Kind, must: Double, stretch: Double
  ) -> [Row] {
    [(valid, Verdict.valid), (invalid, .invalid)].map { kind, verdict in
      Row(
        name: "reads and writes, \(name), 1 M, 50 sessions, \(verdict.rawValue), check only",
        must: Bound(milliseconds: must, megabytes: 2_048),
        stretch: Bound(milliseconds: stretch, megabytes: 1_024)
      ) { _ in try Sample(kind, count: million, models, expecting: verdict) }
    }
  }

  /// How time and memory grow with the number of operations.
  static let causalCourses = [
    ("causal", ConsistencyModel.causal, ReadWriteText.Kind.arrivals),
    ("causal convergence", .causalConvergence, .stamps),
    ("causal memory", .causalMemory, .arrivals), ("PRAM", .pram, .arrivals),
  ].map { name, model, kind in
    Growth.Course(
      name: "reads and writes, \(name)", clients: [50], lengths: [10_000, 100_000, million]
    ) { course in
      try Sample(
        kind, count: course.operations, sessions: course.clients, [model], expecting: .valid)
    }
  }
}

extension LinearizabilityBench.Sample {
  fileprivate init(
    _ kind: ReadWriteText.Kind, count: Int, sessions: Int = 50, _ models: [ConsistencyModel],
    expecting verdict: Verdict
  ) throws {
    try self.init(
      ReadWriteText(kind, count: count, sessions: sessions).bytes,
      SingleOperationsChecker(models: models), expecting: verdict)
  }
}
