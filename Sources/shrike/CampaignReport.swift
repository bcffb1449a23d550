import Controller
import Glibc
import Reports
import Synchronization
import SystemPackage
import Values
import Verdicts

/// A campaign with all that people see of it; the first failures leave their folders.
struct CampaignReport {
  let campaign: Campaign
  /// How long runs are begun, where that is limited.
  let budget: Nanoseconds?
  /// Failures of the past, which are run again first.
  let corpus: TokenCorpus?
  let output: OutputOptions
  /// How long a failure of each kind is shrunk, where they are.
  let shrinkLimit: Nanoseconds?

  /// How many failures are run again to leave their folders.
  static let keptCount = 5

  init(
    _ campaign: Campaign, budget: Nanoseconds?, corpus: TokenCorpus? = nil, output: OutputOptions,
    shrinkLimit: Nanoseconds? = nil
  ) {
    self.campaign = campaign
    self.budget = budget
    self.corpus = corpus
    self.output = output
    self.shrinkLimit = shrinkLimit
  }

  func run() throws -> ExitCode {
    // Before anything is said of a campaign that makes no sense.
    try campaign.plan.check()
    say("\(campaign.plan.title), \(seedsText)")
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let replays =
      try corpus?.replay(cores: cores, interrupted: { Interruption.hasCome }) ?? []
    let began = monotonicNanoseconds()
    let end = budget.map { began + $0 } ?? .max
    let line = Mutex(CampaignLine(total: total))
    let result = try campaign.run(
      cores: cores, interrupted: { Interruption.hasCome || monotonicNanoseconds() >= end },
      watch: { progress in
        let now = monotonicNanoseconds()
        line.withLock { $0.show(progress, CampaignSpeed(progress, since: began, now)) }
      })
    let seconds = Double(monotonicNanoseconds() - began) / 1e9
    line.withLock { $0.say("looking into \(result.failureCount) failures") }
    let signatures = try Campaign.signatures(
      of: result, cores: cores, interrupted: { Interruption.hasCome })
    line.withLock { $0.clear() }
    let folders = try foldersWorth(result, signatures).map(keep)
    let summary = CampaignSummary(
      result: result, signatures: signatures, folders: folders, corpus: corpus,
      replays: replays,
      speed: CampaignSpeed(
        runCount: result.runCount, simulated: result.statistics.duration, seconds: seconds))
    say(summary.text)
    var document = summary.document
    if let shrinkLimit {
      let first = signatures.prefix(CampaignReport.keptCount).map(\.first.plan)
      document.shrink(first, shrinkLimit, output, say)
    }
    if output.json { print(document.value.json) }
    try remember(signatures)
    return summary.exitCode
  }

  /// Adds to the corpus of each signature the first failure.
  private func remember(_ signatures: [Signature]) throws {
    guard var corpus else { return }
    let failures = signatures.compactMap { signature in
      signature.first.token.map { (token: $0, note: signature.title) }
    }
    let count = try corpus.add(failures)
    if count > 0 { say("  added to \(corpus.path): \(count)") }
  }

  /// How many runs there will be, where that is known.
  private var total: UInt64? {
    budget == nil ? campaign.seeds.upperBound - campaign.seeds.lowerBound : nil
  }

  private var seedsText: String {
    let first = campaign.seeds.lowerBound
    guard let budget else { return "seeds \(first)…\(campaign.seeds.upperBound - 1)" }
    let limit = campaign.seeds.upperBound == .max ? "" : " to \(campaign.seeds.upperBound - 1)"
    return "seeds from \(first)\(limit), for \(budget.durationText)"
  }

  /// The failures that are worth a folder: of each signature the first, then the first of all.
  private func foldersWorth(_ result: CampaignResult, _ signatures: [Signature]) -> [Outcome] {
    var kept: [Outcome] = []
    for outcome in signatures.map(\.first) + result.failures
    where !kept.contains(where: { $0.plan.seed == outcome.plan.seed }) {
      kept.append(outcome)
    }
    return Array(kept.prefix(CampaignReport.keptCount))
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

  private func say(_ text: String) {
    if output.json { complain(text) } else { print(text) }
  }
}

/// How fast a campaign goes.
struct CampaignSpeed {
  var runsPerMinute = 0.0
  var simulatedPerSecond = 0.0
  var seconds: Double

  init(runCount: Int, simulated: Nanoseconds, seconds: Double) {
    self.seconds = seconds
    guard seconds > 0 else { return }
    runsPerMinute = Double(runCount) / seconds * 60
    simulatedPerSecond = Double(simulated) / 1e9 / seconds
  }

  init(_ progress: Campaign.Progress, since began: Nanoseconds, _ now: Nanoseconds) {
    self.init(
      runCount: progress.runCount, simulated: progress.simulated,
      seconds: Double(now - began) / 1e9)
  }

  var text: String {
    "\(Int(runsPerMinute)) runs a minute, \(Int(simulatedPerSecond)) simulated seconds a second"
  }
}

/// How far a campaign has come, on a terminal's line that is written a few times a second.
private struct CampaignLine {
  static let interval = Nanoseconds.milliseconds(200)

  private let total: UInt64?
  private var line = StatusLine()
  private var nextShow: Nanoseconds = 0

  init(total: UInt64?) { self.total = total }

  mutating func show(_ progress: Campaign.Progress, _ speed: CampaignSpeed) {
    let now = Nanoseconds(speed.seconds * 1e9)
    guard now >= nextShow else { return }
    nextShow = now + CampaignLine.interval
    var text = total.map { "\(progress.runCount) of \($0) runs" } ?? "\(progress.runCount) runs"
    text += ", \(progress.failureCount) failed · \(speed.text)"
    if progress.knownMarkCount > 0 {
      text += " · \(progress.reachedMarkCount) of \(progress.knownMarkCount) marks"
    }
    line.show(text)
  }

  mutating func say(_ text: String) { line.show(text) }

  mutating func clear() { line.clear() }
}

/// Seconds on a clock that never steps.
func monotonicSeconds() -> Double { Double(monotonicNanoseconds()) / 1e9 }
