import Algorithms
import Controller
import Nodes
import Values
import Verdicts

/// What a visit of the zoo showed, for people and for machines.
struct ZooReport {
  var zoo: Zoo
  var results: [ExhibitResult]

  var exitCode: Controller.ExitCode {
    let statuses = results.flatMap { result in result.bugs.map { $0.status(of: zoo.repetitions) } }
    if statuses.contains(.notFound) || statuses.contains(.unexpected) { return .invalid }
    if results.contains(where: { !$0.correct.accusations.isEmpty }) { return .invalid }
    let isWhole = results.map(\.correct).allSatisfy { correct in
      correct.runCount == zoo.seedCount && correct.vacuity.isEmpty
        && (zoo.seedCount == 0 || correct.undecidedCount < correct.runCount)
    }
    let isShrunk = results.flatMap(\.bugs).allSatisfy { $0.shrunk.count == zoo.shrinkCount }
    return isWhole && isShrunk && !statuses.contains(.unfinished) ? .valid : .unknown
  }

  var text: String {
    (results.map(text) + [summary]).joined(separator: "\n\n")
  }

  private var summary: String {
    let bugs = results.flatMap(\.bugs)
    let found = bugs.count { $0.status(of: zoo.repetitions) == .found }
    let runs = results.reduce(0) { $0 + $1.correct.runCount }
    let accusations = results.reduce(0) { $0 + $1.correct.accusations.count }
    let mark = exitCode == .valid ? "✓" : exitCode == .invalid ? "✗" : "?"
    let hunted =
      "\(found) of \(bugs.count) bugs found as expected, in each of \(zoo.repetitions) hunts; "
    return "\(mark) \(bugs.isEmpty ? "" : hunted)"
      + "\(accusations) accusations in \(runs) runs of correct systems"
  }

  private func text(_ result: ExhibitResult) -> String {
    var lines = ["\(result.exhibit.system.name): \(configuration(result.exhibit.plan))"]
    let width = result.bugs.map(\.bug.name.count).max() ?? 0
    for bug in result.bugs { lines += describe(bug, width) }
    for (name, reason) in result.exhibit.hidden.sorted(by: { $0.key < $1.key })
    where zoo.bugs?.contains(name) ?? true {
      lines.append("  - \(name) is not on show: \(reason)")
    }
    if zoo.seedCount > 0 { lines += describe(result.correct) }
    return lines.joined(separator: "\n")
  }

  private func describe(_ bug: BugResult, _ width: Int) -> [String] {
    let status = bug.status(of: zoo.repetitions)
    let mark = status == .found ? "✓" : status == .unfinished ? "?" : "✗"
    let name = bug.bug.name + String(repeating: " ", count: width - bug.bug.name.count)
    let missed = bug.results.count { !$0.isFound }
    var outcome = "\(bug.bug.violates.joined(separator: "|")) → "
    outcome += bug.found.isEmpty ? "nothing" : bug.found.joined(separator: ", ")
    if !bug.unexpected.isEmpty {
      outcome += "; unexpected: \(bug.unexpected.joined(separator: ", "))"
    }
    if missed > 0 { outcome += "; not found in \(missed) of \(bug.results.count) hunts" }
    var lines = [
      "  \(mark) \(name)  \(text(bug.runs, unit: "runs"))  \(text(bug.cpuSeconds, unit: "CPU s"))"
        + "  \(outcome)",
      "      \(bug.bug.source)",
    ]
    if !bug.shrunk.isEmpty { lines.append("      \(shrunkText(bug))") }
    if let token = bug.token { lines.append("      shrike replay \(token)") }
    if let token = bug.unexpectedToken {
      lines.append("      unexpected: shrike replay \(token)")
    }
    return lines
  }

  /// The medians of what failing runs were shrunk to.
  private func shrunkText(_ bug: BugResult) -> String {
    let shrunk = bug.shrunk.compactMap { $0 }
    func median(_ number: (ShrunkFailure) -> Double) -> String {
      Sample(shrunk.map(number)).median.map(ZooReport.text) ?? "–"
    }
    var text =
      "shrunk: \(median { Double($0.nodeCount) }) nodes, "
      + "\(median { Double($0.operationCount) }) operations, "
      + "\(median { Double($0.faultCount) }) faults, \(median(\.seconds)) s"
    if shrunk.count > 1 { text += " (medians of \(shrunk.count))" }
    let openCount = shrunk.count { !$0.isMinimal }
    if openCount > 0 { text += "; not shown to be minimal: \(openCount)" }
    let wholeCount = bug.shrunk.count - shrunk.count
    if wholeCount > 0 { text += "; could not be taken apart: \(wholeCount)" }
    return text
  }

  private func describe(_ correct: CorrectResult) -> [String] {
    let mark = correct.accusations.isEmpty ? "✓" : "✗"
    var line = "  \(mark) correct: \(correct.runCount) seeds, \(correct.accusations.count) accused"
    if correct.undecidedCount > 0 { line += ", \(correct.undecidedCount) undecided" }
    line += ", \(ZooReport.text(correct.cpuSeconds)) CPU s"
    return [line] + correct.vacuity.map { "      ? vacuous: \($0)" }
      + correct.accusations.prefix(3).flatMap { accusation in
        [
          "      seed \(accusation.seed): \(accusation.types.joined(separator: ", "))",
          "      shrike replay \(accusation.token)",
        ]
      }
  }

  private func text(_ sample: Sample, unit: String) -> String {
    guard let mean = sample.mean else { return "–" }
    let error = sample.standardError.map { " ± \(ZooReport.text($0))" } ?? ""
    return "\(ZooReport.text(mean))\(error) \(unit)"
  }

  /// A number with three digits that count.
  private static func text(_ number: Double) -> String {
    let decimals = number < 1 ? 1000.0 : number < 10 ? 100.0 : number < 100 ? 10.0 : 1.0
    let rounded = (number * decimals).rounded() / decimals
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  private func configuration(_ plan: Plan) -> String {
    var parts = [
      plan.workload, "\(plan.nodes.count) nodes", "\(plan.concurrency) clients",
      "\(Int(plan.rate)) a second", plan.timeLimit.durationText,
      "nemesis \(plan.nemesis.joined(separator: ",")) every \(plan.nemesisInterval.durationText)",
    ]
    if plan.isSwarm { parts.append("as a swarm") }
    if let liveness = plan.liveness { parts.append("progress within \(liveness.durationText)") }
    if !plan.options.isEmpty {
      parts.append(
        plan.options.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: " "))
    }
    if !plan.consistencyModels.isEmpty {
      parts.append(plan.consistencyModels.joined(separator: ","))
    }
    return parts.joined(separator: ", ")
  }
}

extension ZooReport {
  /// The same for machines.
  var value: Value {
    .map(
      ValueMap(facts: [
        "verdict": .string(
          exitCode == .valid ? "valid" : exitCode == .invalid ? "invalid" : "unknown"),
        "repetitions": .integer(zoo.repetitions),
        "systems": .list(results.map(value)),
      ]))
  }

  private func value(_ result: ExhibitResult) -> Value {
    let correct = result.correct
    return .map(
      ValueMap(facts: [
        "system": .string(result.exhibit.system.name),
        "bugs": .list(result.bugs.map(value)),
        "not-on-show": .map(
          ValueMap(
            result.exhibit.hidden.map { .init(key: .string($0.key), value: .string($0.value)) })),
        "correct": .map(
          ValueMap(facts: [
            "runs": .integer(correct.runCount), "undecided": .integer(correct.undecidedCount),
            "cpu-seconds": .double(correct.cpuSeconds),
            "vacuous": .list(correct.vacuity.map { .string($0) }),
            "accusations": .list(
              correct.accusations.map { accusation in
                .map(
                  ValueMap(facts: [
                    "seed": .integer(Int(accusation.seed)),
                    "anomalies": .list(accusation.types.map { .string($0) }),
                    "token": .string(accusation.token),
                  ]))
              }),
          ])),
      ]))
  }

  private func value(_ shrunk: ShrunkFailure) -> Value {
    .map(
      ValueMap(facts: [
        "nodes": .integer(shrunk.nodeCount), "operations": .integer(shrunk.operationCount),
        "faults": .integer(shrunk.faultCount), "seconds": .double(shrunk.seconds),
        "runs": .integer(shrunk.runCount), "minimal": .bool(shrunk.isMinimal),
        "token": .string(shrunk.token),
      ]))
  }

  private func value(_ bug: BugResult) -> Value {
    func number(_ number: Double?) -> Value {
      guard let number else { return Value.null }
      return .double(number)
    }
    return .map(
      ValueMap(facts: [
        "bug": .string(bug.bug.name),
        "source": .string(bug.bug.source),
        "status": .string(bug.status(of: zoo.repetitions).rawValue),
        "expected": .list(bug.bug.violates.map { .string($0) }),
        "found": .list(bug.found.map { .string($0) }),
        "unexpected": .list(bug.unexpected.map { .string($0) }),
        "hunts": .integer(bug.results.count),
        "missed": .integer(bug.results.count { !$0.isFound }),
        "mean-runs": number(bug.runs.mean),
        "standard-error": number(bug.runs.standardError),
        "mean-cpu-seconds": number(bug.cpuSeconds.mean),
        "shrunk": .list(bug.shrunk.map { $0.map(value) ?? .null }),
        "token": .string(bug.token ?? ""),
        "tokens": .list(bug.results.compactMap(\.token).map { .string($0) }),
        "unexpected-token": bug.unexpectedToken.map { .string($0) } ?? .null,
      ]))
  }
}
