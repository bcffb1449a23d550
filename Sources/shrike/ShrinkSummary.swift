import Controller
import Reports
import SystemPackage
import Values
import Verdicts

/// What is said of a run that was shrunk.
struct ShrinkSummary {
  let anomaly: String
  let original: Plan
  let result: Shrinker.Result
  let seconds: Double
  let folder: RunFolder
  let diagram: String
  let counterfactuals: Counterfactuals
  /// The operations and the faults that are left.
  let timetable: [(time: Nanoseconds, text: String)]

  private var sizeText: String {
    "\(result.plan.nodes.count) nodes, \(result.operationCount) operations, "
      + "\(result.faultCount) faults, \(result.plan.timeLimit.durationText)"
  }

  var text: String {
    var lines = [
      "\(original.title), seed \(original.seed): \(anomaly)",
      "  left: \(sizeText); \(result.runCount) runs, \(Int(seconds.rounded())) s",
    ]
    lines += timetable.map { time, text in
      let time = time.durationText
      return "    " + String(repeating: " ", count: max(0, 8 - time.count)) + "\(time)  \(text)"
    }
    lines += delays.map { "    \($0)" }
    lines += ["", diagram]
    lines.append(conclusion)
    if anomaly != Divergence.name { lines += curve }
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

  /// How likely the run was to fail, by what had happened so far.
  private var curve: [String] {
    guard !counterfactuals.points.isEmpty else { return [] }
    var lines = ["  how likely it is to fail, if chance is another from a moment on:"]
    for point in counterfactuals.points {
      let time = point.time.roundedText
      let percent = "\(Int((point.probability * 100).rounded())) %"
      lines.append(
        "  " + String(repeating: " ", count: max(0, 10 - time.count)) + time
          + String(repeating: " ", count: max(1, 7 - percent.count)) + percent + "  "
          + String(repeating: "█", count: Int((point.probability * 40).rounded())))
    }
    if let moment = counterfactuals.pointOfNoReturn {
      lines.append("  point of no return: \(moment.roundedText)")
    }
    return lines
  }

  /// The messages that travel longer or shorter than the others.
  private var delays: [String] {
    let delays = (result.plan.delays ?? []).compactMap { delay -> String? in
      guard let source = delay["from"]?.name, let destination = delay["to"]?.name,
        let number = delay["message"]?.integer, let time = delay["delay"]?.name
      else { return nil }
      return "message \(number) from \(source) to \(destination) takes \(time)"
    }
    guard let latency = result.plan.latency, result.plan.latencyDistribution == "constant" else {
      return delays
    }
    let rest = "\(delays.isEmpty ? "all messages take" : "all others") \(latency.durationText)"
    return delays + [rest]
  }

  var document: VerdictDocument {
    var document = VerdictDocument(verdict)
    document.add("anomaly", .string(anomaly))
    document.add("nodes", .integer(result.plan.nodes.count))
    document.add("operation-count", .integer(result.operationCount))
    document.add("fault-count", .integer(result.faultCount))
    document.add(
      "counterfactuals",
      .list(
        counterfactuals.points.map { point in
          .map(
            ValueMap(facts: [
              "time": .integer(Int(point.time)), "failures": .integer(point.failureCount),
              "runs": .integer(point.runCount),
            ]))
        }))
    document.add(
      "point-of-no-return", counterfactuals.pointOfNoReturn.map { .integer(Int($0)) } ?? .null)
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

extension Nanoseconds {
  /// Milliseconds with one decimal, for people.
  fileprivate var roundedText: String { "\(self / 1_000_000).\(self / 100_000 % 10) ms" }
}
