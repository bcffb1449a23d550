import Controller
import Glibc
import Reports
import Synchronization
import SystemPackage
import Values
import Verdicts

/// A campaign with all that people see of it; each failure leaves its folder.
struct CampaignReport {
  var campaign: Campaign
  var output: OutputOptions

  /// How many failures are run again to leave their folders.
  static let keptCount = 5

  init(_ campaign: Campaign, output: OutputOptions) {
    self.campaign = campaign
    self.output = output
  }

  func run() throws -> Campaign.Result {
    say(
      "\(campaign.plan.title), seeds \(campaign.seeds.lowerBound)…"
        + "\(campaign.seeds.upperBound - 1)")
    let total = campaign.seeds.count
    let line = Mutex(StatusLine())
    let began = monotonicSeconds()
    let result = try campaign.run(
      cores: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
      interrupted: { Interruption.hasCome },
      watch: { count, failed in
        line.withLock { $0.show("\(count) of \(total) runs, \(failed) failed") }
      })
    line.withLock { $0.clear() }
    let seconds = monotonicSeconds() - began
    var folders: [String] = []
    for failure in result.failures.prefix(CampaignReport.keptCount) {
      folders.append(try keep(failure))
    }
    say(text(result, seconds))
    if output.json { print(document(result, folders).value.json) }
    return result
  }

  /// Runs a failure again, to leave its folder.
  private func keep(_ failure: Outcome) throws -> String {
    let folder = try RunFolder.create(in: FilePath(output.results), plan: failure.plan)
    try folder.write(failure.plan.value, to: folder.plan)
    let test = try Controller.Test(failure.plan)
    let journal = try Journal(folder, names: test.names)
    var again = try SimulatedRun(failure.plan).run(journal: journal)
    try journal.close()
    again.folder = folder
    try folder.write(again.document.value, to: folder.verdict)
    return folder.path.string
  }

  private func text(_ result: Campaign.Result, _ seconds: Double) -> String {
    let statistics = result.statistics
    var lines = [
      "  \(result.runCount) runs in \(Int(seconds)) s, \(result.failures.count) invalid, "
        + "\(result.undecided.count) undecided, \(result.vacuousCount) vacuous",
      "  \(statistics.operations) operations, \(statistics.events ?? 0) events, "
        + "\(statistics.duration / 1_000_000_000) simulated seconds",
    ]
    for (label, count) in statistics.faults.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(label) × \(count)")
    }
    for (label, count) in statistics.marks.sorted(by: { $0.key < $1.key }) {
      lines.append("  mark \(label) × \(count)")
    }
    for (signature, outcomes) in grouped(result.failures) {
      lines.append("  ✗ \(signature): \(outcomes.count) runs, first seed \(outcomes[0].plan.seed)")
      lines.append("    replay: \(outcomes[0].replayCommand)")
    }
    if let first = result.failures.first {
      lines.append(TerminalReport.text(first.findings.filter { $0.verdict == .invalid }))
    }
    for outcome in result.undecided.prefix(CampaignReport.keptCount) {
      let reasons = outcome.findings.filter { $0.verdict == .unknown }.map {
        "\($0.checker): \($0.reason ?? "undecided")"
      }
      lines.append("  ? seed \(outcome.plan.seed): \(reasons.joined(separator: "; "))")
      lines.append("    replay: \(outcome.replayCommand)")
    }
    lines += result.vacuity.map { "  ? vacuous: \($0)" }
    lines += result.hindered.flatMap(\.hindrances).prefix(3).map { "  ! hindered: \($0)" }
    lines.append("\(TerminalReport.mark(result.verdict)) \(result.verdict.rawValue)")
    return lines.joined(separator: "\n")
  }

  /// Failures by checker and anomaly.
  private func grouped(_ failures: [Outcome]) -> [(String, [Outcome])] {
    Dictionary(grouping: failures) { outcome in
      outcome.findings.filter { $0.verdict == .invalid }
        .flatMap { finding in finding.anomalies.map { "\(finding.checker)/\($0.type)" } }
        .joined(separator: " + ")
    }
    .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
  }

  private func document(_ result: Campaign.Result, _ folders: [String]) -> VerdictDocument {
    var document = VerdictDocument(result.verdict)
    document.add("runs", .integer(result.runCount))
    document.add(
      "failures",
      .list(
        result.failures.enumerated().map { place, outcome in
          failure(outcome, isWhole: place < CampaignReport.keptCount)
        }))
    document.add("folders", .list(folders.map { .string($0) }))
    let undecided = result.undecided.prefix(CampaignReport.keptCount)
    if !undecided.isEmpty { document.add("undecided", .list(undecided.map(undecidedRun))) }
    let hindrances = result.hindered.flatMap(\.hindrances)
    if !hindrances.isEmpty { document.add("hindered", .list(hindrances.map { .string($0) })) }
    if !result.vacuity.isEmpty {
      document.add("vacuous", .list(result.vacuity.map { .string($0) }))
    }
    document.add("statistics", result.statistics.value(nil))
    return document
  }

  /// A failure for machines; what was found against the system in whole for the first ones.
  private func failure(_ outcome: Outcome, isWhole: Bool) -> Value {
    let findings = outcome.findings.filter { $0.verdict == .invalid }
    var fields = run(outcome)
    fields.append(
      .init(key: "anomalies", value: .list(findings.flatMap(\.anomalies).map { .string($0.type) })))
    if isWhole { fields.append(.init(key: "checkers", value: .list(findings.map(\.value)))) }
    return .map(ValueMap(fields))
  }

  private func undecidedRun(_ outcome: Outcome) -> Value {
    let findings = outcome.findings.filter { $0.verdict == .unknown }
    let reasons = findings.map { Value.string("\($0.checker): \($0.reason ?? "undecided")") }
    return .map(ValueMap(run(outcome) + [.init(key: "reasons", value: .list(reasons))]))
  }

  /// Which run of the campaign it is, and how it is run again.
  private func run(_ outcome: Outcome) -> [ValueMap.Entry] {
    [
      .init(key: "seed", value: Int(exactly: outcome.plan.seed).map { .integer($0) } ?? .null),
      .init(key: "token", value: .string(outcome.token ?? "")),
      .init(key: "replay", value: .string(outcome.replayCommand)),
    ]
  }

  private func say(_ text: String) {
    if output.json { complain(text) } else { print(text) }
  }
}

/// Seconds on a clock that never steps.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
