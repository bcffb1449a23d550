import Controller
import Diagrams
import Environments
import Glibc
import Reports
import Synchronization
import SystemPackage
import Values

/// The shrinking of one failing run, with all that people see of it.
struct Shrinking {
  var plan: Plan
  /// Which of several anomalies is to remain; the first where nothing is said.
  var anomaly: String?
  /// How long it may take.
  var limit: Nanoseconds
  var output: OutputOptions

  /// How long shrinking takes at most where nothing is said.
  static let standardLimit = "60s"

  /// Reads how long it may take.
  static func limit(_ text: String, option: String) throws -> Nanoseconds {
    guard let limit = Nanoseconds(duration: text), limit > 0 else {
      throw PlanError("\(option) \(text): a duration such as 90s or 5m")
    }
    return limit
  }

  /// - Throws: When the run does not fail, or the folder of what is left can't be written.
  func run() throws -> ShrinkSummary {
    let anomaly = try chosenAnomaly()
    let began = monotonicNanoseconds()
    let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let line = Mutex(ShrinkLine())
    defer { line.withLock { $0.clear() } }
    var shrinker = Shrinker(
      anomaly: anomaly, cores: cores,
      interrupted: { Interruption.hasCome || monotonicNanoseconds() >= began + limit },
      watch: { progress in line.withLock { $0.show(progress, at: monotonicNanoseconds()) } })
    guard let result = try shrinker.shrink(plan) else {
      throw PlanError(
        "the run fails with \(anomaly), but not once its operations and faults are named one by one"
      )
    }
    let seconds = Double(monotonicNanoseconds() - began) / 1e9
    let counterfactuals = try Counterfactuals(
      of: result.plan, anomaly: anomaly, cores: cores, interrupted: { Interruption.hasCome })
    let (folder, diagram) = try keep(result.plan)
    return ShrinkSummary(
      anomaly: anomaly, original: plan, result: result, seconds: seconds, folder: folder,
      diagram: diagram, counterfactuals: counterfactuals, timetable: try result.plan.timetable())
  }

  /// The anomaly that is to remain: the one that is asked for, or the first.
  private func chosenAnomaly() throws -> String {
    var found = try SimulatedRun(plan.drawn()).run().anomalyNames
    if found.isEmpty, try Divergence.occurs(in: plan) { found = [Divergence.name] }
    guard let first = found.first else {
      throw PlanError("the run does not fail: nothing to shrink")
    }
    guard let anomaly else { return first }
    guard found.contains(anomaly) else {
      throw PlanError(
        "--anomaly \(anomaly): the run has no such anomaly; it has \(found.joined(separator: ", "))"
      )
    }
    return anomaly
  }

  /// Leaves the folder of the run that is left.
  ///
  /// - Returns: The folder, and the run's diagram.
  private func keep(_ plan: Plan) throws -> (RunFolder, String) {
    let folder = try RunFolder.create(in: FilePath(output.results), plan: plan)
    try folder.write(plan.value, to: folder.plan)
    let journal = try Journal(folder, names: try Controller.Test(plan).names)
    var (outcome, picture) = try SimulatedRun(plan).draw(journal: journal)
    try journal.close()
    outcome.folder = folder
    try folder.write(outcome.document.value, to: folder.verdict)
    let diagram = TextDiagram(picture).text
    try FileContents.write(Array(diagram.utf8), to: folder.diagramText)
    try FileContents.write(Array(SVGDiagram(picture).text.utf8), to: folder.diagramImage)
    return (folder, diagram)
  }
}

extension VerdictDocument {
  /// Shrinks failing runs, and adds what came of each.
  ///
  /// - Parameter say: Tells people.
  mutating func shrink(
    _ plans: [Plan], _ limit: Nanoseconds, _ output: OutputOptions, _ say: (String) -> Void
  ) {
    let shrunk = plans.prefix { _ in !Interruption.hasCome }.compactMap { plan -> Value? in
      do {
        let summary = try Shrinking(plan: plan, limit: limit, output: output).run()
        say("\nshrunk: \(summary.text)")
        return summary.document.value
      } catch {
        say("seed \(plan.seed) is not shrunk: \(error)")
        return nil
      }
    }
    add("shrunk", .list(shrunk))
  }
}

/// How far a shrinking has come, on a terminal's line that is written a few times a second.
private struct ShrinkLine {
  private var line = StatusLine()
  private var nextShow: Nanoseconds = 0

  mutating func show(_ progress: Shrinker.Progress, at now: Nanoseconds) {
    guard now >= nextShow else { return }
    nextShow = now + .milliseconds(200)
    line.show(
      "\(progress.runCount) runs · tries \(progress.nodeCount) nodes, "
        + "\(progress.operationCount) operations, \(progress.faultCount) faults, "
        + progress.time.durationText)
  }

  mutating func clear() { line.clear() }
}
