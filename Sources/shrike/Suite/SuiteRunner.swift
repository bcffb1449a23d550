import Controller
import Glibc
import Reports
import Suites
import SystemPackage
import Values

/// Runs the cases of a suite, several at a time where they don't disturb each other.
///
/// Simulated runs take a core each, a campaign all of them. Cases of real processes wait more than
/// they work, but what they find must not depend on a machine that is too busy: half as many as
/// there are cores run at a time, beside the simulated ones, which have a lower priority.
struct SuiteRunner {
  /// How long a case may take to stop when it is told to; healing and last reads take half of it.
  static let stopTimeout: Nanoseconds = .seconds(60)
  /// How often the cases are looked at.
  static let pollInterval: useconds_t = 10_000

  let folder: FilePath
  var failFast = false
  var budget: Nanoseconds?
  /// How many cases run at a time, where it was said.
  var jobs: Int?

  private var waiting: [(place: Int, suiteCase: SuiteCase)] = []
  private var running: [(place: Int, process: CaseProcess)] = []
  private var results: [Int: CaseResult] = [:]
  /// Why no more cases are started, and when that was.
  private var stop: (reason: String, time: Nanoseconds)?
  private var line = StatusLine()

  init(folder: FilePath) { self.folder = folder }

  /// - Returns: The results in the order of the cases.
  mutating func run(_ cases: [SuiteCase]) -> [CaseResult] {
    let began = monotonicNanoseconds()
    waiting = cases.enumerated().map { ($0.offset, $0.element) }
    while !running.isEmpty || !waiting.isEmpty {
      let now = monotonicNanoseconds()
      collect(at: now)
      if Interruption.hasCome { end("interrupted", at: now) }
      if let budget, now - began >= budget {
        end("the budget of \(budget.durationText) was used up", at: now)
      }
      if stop == nil {
        startWhatFits(at: now)
      } else {
        giveUpWaiting(at: now)
      }
      show()
      if !running.isEmpty { usleep(SuiteRunner.pollInterval) }
    }
    line.clear()
    return results.sorted { $0.key < $1.key }.map(\.value)
  }

  private mutating func collect(at now: Nanoseconds) {
    var unexpected: String?
    for index in running.indices.reversed() {
      let (place, process) = running[index]
      guard let end = process.poll() else { continue }
      running.remove(at: index)
      let result = CaseResult(process.suiteCase, end, duration: now - process.began)
      results[place] = result
      if result.status == .unmet || result.status == .hindered {
        unexpected = process.suiteCase.name
      }
    }
    if failFast, let unexpected {
      end("\(unexpected) was not as expected, with --fail-fast", at: now)
    }
  }

  private mutating func startWhatFits(at now: Nanoseconds) {
    var rest: [(place: Int, suiteCase: SuiteCase)] = []
    // A campaign that waits for all cores must not be overtaken for ever.
    var isCampaignWaiting = false
    for (place, suiteCase) in waiting {
      guard !(isCampaignWaiting && suiteCase.isSimulated), fits(suiteCase) else {
        if suiteCase.isCampaign { isCampaignWaiting = true }
        rest.append((place, suiteCase))
        continue
      }
      start(suiteCase, place, at: now)
    }
    waiting = rest
  }

  private mutating func start(_ suiteCase: SuiteCase, _ place: Int, at now: Nanoseconds) {
    do {
      let caseFolder = folder.appending(suiteCase.folderName)
      try makeDirectories(caseFolder)
      running.append((place, try CaseProcess(suiteCase, folder: caseFolder, at: now)))
    } catch {
      results[place] = CaseResult(suiteCase, .hindered("\(error)"))
    }
  }

  private func fits(_ suiteCase: SuiteCase) -> Bool {
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    if let jobs, running.count >= jobs { return false }
    let others = running.map(\.process.suiteCase).filter { $0.isSimulated == suiteCase.isSimulated }
    guard suiteCase.isSimulated else { return others.count < jobs ?? max(1, cores / 2) }
    let slots = max(cores, jobs ?? cores)
    let used = others.reduce(0) { $0 + ($1.isCampaign ? slots : 1) }
    return used + (suiteCase.isCampaign ? slots : 1) <= slots
  }

  /// Starts no more, and tells those that run to stop.
  private mutating func end(_ reason: String, at now: Nanoseconds) {
    guard stop == nil else { return }
    stop = (reason, now)
    for index in running.indices { running[index].process.stop(reason) }
  }

  private mutating func giveUpWaiting(at now: Nanoseconds) {
    guard let stop else { return }
    for (place, suiteCase) in waiting {
      results[place] = CaseResult(suiteCase, .notRun(stop.reason))
    }
    waiting = []
    guard now - stop.time > SuiteRunner.stopTimeout else { return }
    for index in running.indices { running[index].process.end() }
  }

  private mutating func show() {
    let total = waiting.count + running.count + results.count
    let wrong = results.values.count { $0.status != .met }
    let names = running.map(\.process.suiteCase.name).joined(separator: ", ")
    line.show("\(results.count) of \(total) cases, \(wrong) not as expected, running: \(names)")
  }
}
