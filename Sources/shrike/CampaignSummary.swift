import Controller
import Environments
import Reports
import Values
import Verdicts

/// What is said of a campaign that is over, to people and to machines.
struct CampaignSummary {
  let result: CampaignResult
  let signatures: [Signature]
  /// Where failures left their folders.
  let folders: [String]
  /// The file of failures of the past.
  let corpus: TokenCorpus?
  /// What came of those that were run again.
  let replays: [TokenCorpus.Replay]
  let speed: CampaignSpeed

  /// What follows from the campaign, and from the failures of the past.
  var verdict: Verdict { Verdict.merged([result.verdict] + corpusVerdicts) }

  var exitCode: Controller.ExitCode {
    corpusVerdicts.reduce(result.exitCode) { code, verdict in .worst(code, ExitCode(verdict)) }
  }

  /// Of failures that were not run again nothing is known.
  private var corpusVerdicts: [Verdict] {
    let isWhole = replays.count == corpus?.entries.count ?? 0
    return replays.map(\.verdict) + (isWhole ? [] : [.unknown])
  }

  /// How many failures tell all that was found.
  private static let wholeCount = CampaignReport.keptCount
  /// More marks than these that never fired are counted, not named, in the text.
  private static let namedMarksMax = 12
  /// More pairs of families than these are counted, not named.
  private static let overlapsShownMax = 12
}

// MARK: - For people

extension CampaignSummary {
  var text: String {
    var lines = [
      "  \(result.runCount) runs in \(Int(speed.seconds)) s, \(seedsText): "
        + "\(result.failureCount) invalid, \(result.undecidedCount) undecided, "
        + "\(result.vacuousCount) vacuous",
      "  \(speed.text); \(verifiedText)",
      "  \(result.statistics.operations) operations, \(result.statistics.events ?? 0) events, "
        + "\(result.statistics.duration / 1_000_000_000) simulated seconds",
    ]
    lines += corpusLines
    lines += counted(result.statistics.faults, "")
    lines += strikeLines
    lines += counted(result.statistics.marks, "mark ")
    let nemesisMarks = result.statistics.coverage.marks
    lines += counted(nemesisMarks.filter { !NemesisMark.isOverlap($0.key) }, "mark ")
    lines += overlapLine(nemesisMarks)
    lines += coverageLines
    lines += signatures.flatMap(lines(of:))
    if let first = result.failures.first {
      lines.append(TerminalReport.text(first.findings.filter { $0.verdict == .invalid }))
    }
    for outcome in result.undecided {
      lines.append("  ? seed \(outcome.plan.seed): \(reasons(of: outcome).joined(separator: "; "))")
      lines.append("    replay: \(outcome.replayCommand)")
    }
    lines += result.reasons.map { "  ? \($0)" }
    lines += result.hindrances.prefix(3).map { "  ! hindered: \($0)" }
    lines += result.divergences.flatMap(lines(of:))
    lines.append("\(TerminalReport.mark(verdict)) \(verdict.rawValue)")
    return lines.joined(separator: "\n")
  }

  private var seedsText: String {
    guard result.runCount > 0 else { return "no seed" }
    return "seeds \(result.seeds.lowerBound)…\(result.seeds.upperBound - 1)"
  }

  private var verifiedText: String {
    guard result.verifiedCount > 0 else { return "no run was repeated" }
    let equal = result.verifiedCount - result.divergentCount
    guard result.divergentCount > 0 else { return "\(equal) runs repeated, all the same" }
    return "\(result.verifiedCount) runs repeated, \(result.divergentCount) not the same"
  }

  private var corpusLines: [String] {
    guard let corpus else { return [] }
    let failing = replays.count { $0.verdict == .invalid }
    let stale = replays.count { $0.staleness != nil }
    let foreign = replays.count(where: \.isOfOtherBuild)
    var lines = [
      "  corpus \(corpus.path): \(replays.count) of \(corpus.entries.count) tokens, \(failing) still fail, \(stale) stale"
        + (foreign > 0 ? "; \(foreign) are of another build, and may be other runs now" : "")
    ]
    for replay in replays {
      let place = "\(corpus.path):\(replay.entry.line)"
      if let staleness = replay.staleness {
        lines.append("  · \(place) can't be run any more: \(staleness)")
      } else if let outcome = replay.outcome, replay.verdict != .valid {
        let found = outcome.anomalyNames + reasons(of: outcome)
        lines.append(
          "  \(TerminalReport.mark(replay.verdict)) \(place): \(found.joined(separator: " + "))")
        lines.append("    replay: \(outcome.replayCommand)")
      }
    }
    return lines
  }

  private func counted(_ counts: [String: Int], _ prefix: String) -> [String] {
    counts.sorted { $0.key < $1.key }.map { "  \(prefix)\($0.key) × \($0.value)" }
  }

  /// Which families were in force together; only how many where there are dozens of pairs.
  private func overlapLine(_ marks: [String: Int]) -> [String] {
    let overlaps = marks.filter { NemesisMark.isOverlap($0.key) }.sorted { $0.key < $1.key }
    guard !overlaps.isEmpty else { return [] }
    guard overlaps.count <= CampaignSummary.overlapsShownMax else {
      return ["  overlap: \(overlaps.count) pairs of families were in force together"]
    }
    return ["  " + overlaps.map { "\($0.key) × \($0.value)" }.joined(separator: ", ")]
  }

  /// Who was struck by what: a line for each family, and what never came about.
  private var strikeLines: [String] {
    let coverage = result.statistics.coverage
    let roles = coverage.roles.sorted()
    let families = FaultFamily.allCases.filter(coverage.families.contains)
    guard !families.isEmpty, !roles.isEmpty else { return [] }
    let cells =
      [["by role"] + roles]
      + families.map { family in
        [family.strikeText]
          + roles.map { "\(coverage.strikes[.init(family, role: $0)] ?? 0)" }
      }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      "  "
        + row.enumerated().map { column, cell in
          let space = String(repeating: " ", count: widths[column] - cell.count)
          return column == 0 ? cell + space : space + cell
        }.joined(separator: "  ")
    }
    let missed = coverage.missedStrikes
    if !missed.isEmpty {
      lines.append("  never: " + missed.map(\.description).joined(separator: ", "))
    }
    return lines
  }

  private var coverageLines: [String] {
    guard !result.knownMarks.isEmpty else { return [] }
    let missed = result.missedMarks
    let known = result.knownMarks.count
    var lines = ["  coverage: \(known - missed.count) of \(known) known marks"]
    lines += missed.prefix(CampaignSummary.namedMarksMax).map { "    never: \($0)" }
    if missed.count > CampaignSummary.namedMarksMax {
      lines.append("    never: \(missed.count - CampaignSummary.namedMarksMax) others")
    }
    return lines
  }

  private func lines(of signature: Signature) -> [String] {
    [
      "  ✗ \(signature.title): \(signature.count) runs, first seed \(signature.first.plan.seed)",
      "    replay: \(signature.first.replayCommand)",
    ]
  }

  private func lines(of divergence: Divergence) -> [String] {
    var lines: [String] = []
    if let point = divergence.point {
      lines.append(
        "  ! seed \(divergence.outcome.plan.seed) is not deterministic; two runs of it part in "
          + "event \(point.event), of \(point.node) at \(point.time.durationText):")
      lines += point.versions.map { "      \($0)" }
    } else {
      lines.append("  ! \(divergence.summary)")
    }
    return lines + ["    replay: \(divergence.outcome.replayCommand)"]
  }

  private func reasons(of outcome: Outcome) -> [String] {
    outcome.findings.filter { $0.verdict == .unknown }
      .map { "\($0.checker): \($0.reason ?? "undecided")" }
  }
}

// MARK: - For machines

extension CampaignSummary {
  var document: VerdictDocument {
    var document = VerdictDocument(verdict)
    document.add("runs", .integer(result.runCount))
    if result.runCount > 0 {
      document.add(
        "seeds",
        object([
          "first": seed(result.seeds.lowerBound), "last": seed(result.seeds.upperBound - 1),
        ]))
    }
    document.add("speed", speed.value)
    if corpus != nil { document.add("corpus", .list(replays.map(value))) }
    document.add("failure-count", .integer(result.failureCount))
    document.add(
      "failures",
      .list(
        result.failures.enumerated().map { place, outcome in
          failure(outcome, isWhole: place < CampaignSummary.wholeCount)
        }))
    if !signatures.isEmpty { document.add("signatures", .list(signatures.map(value))) }
    document.add("folders", .list(folders.map { .string($0) }))
    if !result.undecided.isEmpty {
      document.add("undecided", .list(result.undecided.map(undecidedRun)))
    }
    document.add("vacuous-count", .integer(result.vacuousCount))
    if !result.vacuity.isEmpty { document.add("vacuous", texts(result.vacuity)) }
    document.add("verified", .integer(result.verifiedCount))
    if !result.divergences.isEmpty {
      document.add("nondeterministic-count", .integer(result.divergentCount))
      document.add("nondeterministic", .list(result.divergences.map(value)))
    }
    let hindrances = result.hindrances + result.divergences.map(\.summary)
    if !hindrances.isEmpty { document.add("hindered", texts(hindrances)) }
    document.add("coverage", coverage)
    let reasons = result.reasons
    if !reasons.isEmpty { document.add("reasons", texts(reasons)) }
    document.add("statistics", result.statistics.value(nil))
    return document
  }

  private var coverage: Value {
    let coverage = result.statistics.coverage
    let missed = result.missedMarks
    let strikes = coverage.strikes.sorted { $0.key < $1.key }.map { strike, count in
      object([
        "fault": .string(strike.family.rawValue), "role": .string(strike.role),
        "count": .integer(count),
      ])
    }
    return object([
      "known": .integer(result.knownMarks.count),
      "reached": .integer(result.knownMarks.count - missed.count), "never": texts(missed),
      "nemesis-marks": .map(
        ValueMap(
          coverage.marks.map { .init(key: .string($0.key), value: .integer($0.value)) })),
      "faults-by-role": .list(strikes),
      "never-by-role": texts(coverage.missedStrikes.map(\.description)),
    ])
  }

  /// A failure for machines; what was found against the system in whole for the first ones.
  private func failure(_ outcome: Outcome, isWhole: Bool) -> Value {
    let findings = outcome.findings.filter { $0.verdict == .invalid }
    var fields = run(outcome)
    fields[fact: "anomalies"] = texts(findings.flatMap(\.anomalies).map(\.type))
    if isWhole { fields[fact: "checkers"] = .list(findings.map(\.value)) }
    return .map(fields)
  }

  private func value(_ signature: Signature) -> Value {
    var fields = run(signature.first)
    fields[fact: "anomalies"] = texts(signature.anomalies)
    fields[fact: "faults-needed"] = signature.families.map { texts($0.map(\.rawValue)) } ?? .null
    fields[fact: "count"] = .integer(signature.count)
    return .map(fields)
  }

  private func value(_ replay: TokenCorpus.Replay) -> Value {
    var fields = ValueMap(facts: [
      "line": .integer(replay.entry.line), "token": .string(replay.entry.token),
      "other-build": .bool(replay.isOfOtherBuild),
    ])
    if let staleness = replay.staleness { fields[fact: "stale"] = .string(staleness) }
    if let outcome = replay.outcome {
      fields[fact: "verdict"] = .string(replay.verdict.rawValue)
      fields[fact: "anomalies"] = texts(outcome.anomalyNames)
    }
    return .map(fields)
  }

  private func value(_ divergence: Divergence) -> Value {
    var fields = run(divergence.outcome)
    guard let point = divergence.point else { return .map(fields) }
    fields[fact: "event"] = .integer(point.event)
    fields[fact: "time-ns"] = .integer(Int(point.time))
    fields[fact: "node"] = .string(point.node)
    fields[fact: "versions"] = texts(point.versions)
    return .map(fields)
  }

  private func undecidedRun(_ outcome: Outcome) -> Value {
    var fields = run(outcome)
    fields[fact: "reasons"] = texts(reasons(of: outcome))
    return .map(fields)
  }

  /// Which run of the campaign it is, and how it is run again.
  private func run(_ outcome: Outcome) -> ValueMap {
    ValueMap(facts: [
      "seed": seed(outcome.plan.seed), "token": .string(outcome.token ?? ""),
      "replay": .string(outcome.replayCommand),
    ])
  }

  private func seed(_ seed: UInt64) -> Value {
    Int(exactly: seed).map { .integer($0) } ?? .number("\(seed)")
  }

  private func texts(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }

  private func object(_ facts: KeyValuePairs<String, Value>) -> Value {
    .map(ValueMap(facts: facts))
  }
}

extension Signature {
  /// What was found, and which faults it takes.
  var title: String {
    let needs =
      switch families {
      case .none: "not looked into"
      case .some(let families) where families.isEmpty: "needs no faults"
      case .some(let families): "needs " + families.map(\.rawValue).joined(separator: " + ")
      }
    return "\(anomalies.joined(separator: " + ")), \(needs)"
  }
}

extension CampaignSpeed {
  fileprivate var value: Value {
    .map(
      ValueMap(facts: [
        "seconds": .double(seconds), "runs-a-minute": .double(runsPerMinute),
        "simulated-seconds-a-second": .double(simulatedPerSecond),
      ]))
  }
}
