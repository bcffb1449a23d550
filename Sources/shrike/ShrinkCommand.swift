import ArgumentParser
import Controller
import Diagrams
import Environments
import Glibc
import Nemeses
import Reports
import SystemPackage
import Values
import Verdicts

struct ShrinkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shrink",
    abstract: "Make a failing simulated run as small as it can be while it fails in the same way.",
    discussion: """
      What is left is a plan with each operation and each fault, which people can edit and `shrike \
      replay` runs; it is in a folder in `results`, with its history.

      Exit codes: 1 the run fails, and so does what is left; 2 the time was over before it was shown \
      that nothing can be left out; 64 the run does not fail.
      """)

  @Argument(help: "A token, the folder of a run, or the file of a plan.")
  var what: String

  @Option(help: "Which of several anomalies is to remain, such as linearizable/nonlinearizable.")
  var anomaly: String?

  @Option(help: "How long it may take.")
  var budget = "60s"

  @OptionGroup var output: OutputOptions

  func run() throws {
    Interruption.watch()
    do {
      quit(try shrink().rawValue)
    } catch {
      Failure.end(Failure.code(of: error), "\(error)", json: output.json)
    }
  }

  private func shrink() throws -> Controller.ExitCode {
    guard let limit = Nanoseconds(duration: budget), limit > 0 else {
      throw PlanError("--budget \(budget): a duration such as 90s or 5m")
    }
    var plan = try Plan(named: what)
    guard plan.place == .simulated else {
      throw PlanError("\(what): only simulated runs can be shrunk; this one was of real processes")
    }
    plan.adoptBuild()
    let anomaly = try anomaly(of: plan)
    let began = monotonicNanoseconds()
    var shrinker = Shrinker(
      anomaly: anomaly, cores: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
      interrupted: { Interruption.hasCome || monotonicNanoseconds() >= began + limit })
    guard let result = try shrinker.shrink(plan) else {
      throw PlanError(
        "the run fails with \(anomaly), but not once its operations and faults are named one by one"
      )
    }
    let seconds = Double(monotonicNanoseconds() - began) / 1e9
    let (folder, diagram) = try keep(result.plan)
    let summary = ShrinkSummary(
      anomaly: anomaly, original: plan, result: result, seconds: seconds, folder: folder,
      diagram: diagram)
    if output.json { print(summary.document.value.json) } else { print(summary.text) }
    return ExitCode(summary.verdict)
  }

  /// The anomaly that is to remain: the one that is asked for, or the first.
  private func anomaly(of plan: Plan) throws -> String {
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

/// What is said of a run that was shrunk.
struct ShrinkSummary {
  let anomaly: String
  let original: Plan
  let result: Shrinker.Result
  let seconds: Double
  let folder: RunFolder
  let diagram: String

  private var sizeText: String {
    "\(result.plan.nodes.count) nodes, \(result.operationCount) operations, "
      + "\(result.faultCount) faults, \(result.plan.timeLimit.durationText)"
  }

  var text: String {
    var lines = [
      "\(original.title), seed \(original.seed): \(anomaly)",
      "  left: \(sizeText); \(result.runCount) runs, \(Int(seconds.rounded())) s",
    ]
    lines += timetable.map { "    \($0)" }
    lines += ["", diagram]
    lines.append(conclusion)
    lines.append(TerminalReport.text(result.outcome.findings.filter { $0.verdict == .invalid }))
    lines.append("  plan: \(folder.plan)")
    lines.append("  diagram: \(folder.diagramImage)")
    lines.append("  replay: \(result.outcome.replayCommand)")
    return lines.joined(separator: "\n")
  }

  /// The run fails; but where the time was over, that is not all that was asked.
  var verdict: Verdict { result.neededUnder == nil ? .unknown : .invalid }

  private var conclusion: String {
    guard let count = result.neededUnder else {
      return "  ? the time was over: more could perhaps be left out"
    }
    guard result.operationCount + result.faultCount > 0 else {
      return "  it takes no operation and no fault"
    }
    return "  needed: without any one of these the run does not fail so, under \(count) seeds each"
  }

  /// The operations and the faults that are left, by their times.
  private var timetable: [String] {
    let names = result.plan.nodes
    let operations = (result.plan.operations ?? []).compactMap { operation -> (Int, String)? in
      guard let time = operation["time"]?.integer, let thread = operation["thread"]?.integer,
        let f = operation["f"]?.name
      else { return nil }
      return (
        time,
        "client \(thread) asks \(names[thread % names.count]): \(f) "
          + (operation["value"] ?? .null).json
      )
    }
    let faults = (result.plan.faults ?? []).compactMap { fault -> (Int, String)? in
      guard let time = fault["time"]?.integer, let f = fault["f"]?.name else { return nil }
      let how = fault["parameters"].map { " \($0.json)" } ?? ""
      guard let target = fault["target"] else { return (time, f + how) }
      let whom = fault["primaries"] == true ? "the leaders" : text(ofTarget: target)
      return (time, "\(f)\(how) \(whom)")
    }
    return (operations + faults).sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { time, text in
      let time = Nanoseconds(time).durationText
      return String(repeating: " ", count: max(0, 8 - time.count)) + "\(time)  \(text)"
    }
  }

  /// Nodes, or links: `n1>n2` one way, `n1-n2` both.
  private func text(ofTarget target: Value) -> String {
    let elements = target.elements ?? []
    let names = elements.compactMap(\.name)
    guard names.isEmpty else { return names.joined(separator: " ") }
    let links = elements.compactMap { $0.elements?.compactMap(\.name) }.filter { $0.count == 2 }
    guard links.count < result.plan.nodes.count * (result.plan.nodes.count - 1) else {
      return "all links"
    }
    return links.compactMap { link in
      guard links.contains([link[1], link[0]]) else { return "\(link[0])>\(link[1])" }
      return link[0] < link[1] ? "\(link[0])-\(link[1])" : nil
    }.joined(separator: " ")
  }

  var document: VerdictDocument {
    var document = VerdictDocument(verdict)
    document.add("anomaly", .string(anomaly))
    document.add("nodes", .integer(result.plan.nodes.count))
    document.add("operation-count", .integer(result.operationCount))
    document.add("fault-count", .integer(result.faultCount))
    document.add("runs", .integer(result.runCount))
    document.add("seconds", .double(seconds))
    document.add("needed-under", result.neededUnder.map { .integer($0) } ?? .null)
    document.add("plan", result.plan.value)
    document.add("token", .string(result.outcome.token ?? ""))
    document.add("replay", .string(result.outcome.replayCommand))
    document.add("run", .string(folder.path.string))
    document.add("diagram", .string(folder.diagramImage.string))
    return document
  }
}
