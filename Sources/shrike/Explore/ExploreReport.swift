import Algorithms
import Controller
import Exploration
import Nodes
import Reports
import Systems
import Values
import Verdicts

/// What an exploration found, for people and for machines.
struct ExploreReport {
  var system: ExplorableSystem
  var plan: ExplorationPlan
  var strategy: ExplorationStrategy
  var result: ExplorationResult
  var seconds: Double

  var verdict: Verdict {
    switch result.ending {
    case .violated: .invalid
    case .exhausted: result.missedMarks.isEmpty ? .valid : .unknown
    case .walked: result.missedMarks.isEmpty ? .valid : .unknown
    case .stopped, .outOfMemory: .unknown
    }
  }

  var exitCode: Controller.ExitCode { Controller.ExitCode(verdict) }

  // MARK: For people

  var text: String {
    var lines = ["\(system.description.name): \(terms)"]
    lines.append(
      "\(result.unique) unique states, \(result.generated) generated, depth \(result.depth); "
        + "\(rate) generated a second, \(Int(result.bytesPerState.rounded())) bytes a state")
    if let violation = result.violation {
      lines.append("")
      lines.append(
        "✗ \(violation.invariant): \(violation.explanation)"
          + (violation.nodes.isEmpty
            ? "" : " (\(violation.nodes.map { "n\($0.index + 1)" }.joined(separator: ", ")))"))
      lines += steps
    } else {
      lines.append(conclusion)
    }
    return lines.joined(separator: "\n")
  }

  private var conclusion: String {
    if !result.missedMarks.isEmpty {
      return "? never reached: \(result.missedMarks.joined(separator: ", "))"
    }
    return switch result.ending {
    case .exhausted: "✓ every state within the bounds is fine"
    case .walked: "✓ no walk met a violation"
    case .stopped: "? stopped; what was visited is fine"
    case .outOfMemory: "? out of memory; what was visited is fine"
    case .violated: "✗ violated"
    }
  }

  private var steps: [String] {
    result.counterexample.enumerated().flatMap { number, step in
      ["\(number + 1). \(step.event)"] + step.consequences.map { "     \($0)" }
    }
  }

  private var rate: Int { Int((Double(result.generated) / max(seconds, 1e-6)).rounded()) }

  /// What was explored: what people need to ask for the same again.
  private var terms: String {
    let bounds = plan.bounds
    var words = ["\(plan.nodeCount) nodes", "network \(plan.network.rawValue)"]
    for (count, name) in [
      (plan.requests, "requests"), (bounds.crashes, "crashes"), (bounds.drops, "drops"),
      (bounds.duplicates, "duplicates"),
    ] where count > 0 { words.append("\(name) \(count)") }
    words.append(bounds.timeouts.map { "timeouts \($0)" } ?? "timeouts without a bound")
    if let depth = bounds.depth { words.append("depth \(depth)") }
    for (name, limit) in plan.limits.sorted(by: { $0.key < $1.key }) {
      words.append("\(name) up to \(limit)")
    }
    for (name, value) in plan.options.sorted(by: { $0.key < $1.key }) {
      words.append("\(name)=\(value)")
    }
    for bug in plan.bugs.sorted() { words.append("bug \(bug)") }
    if plan.usesSymmetry { words.append("names exchanged") }
    words.append(strategy.rawValue)
    return words.joined(separator: ", ")
  }

  // MARK: For machines

  var document: Value {
    var finding = Finding("exploration", verdict, reason: verdict == .valid ? nil : conclusion)
    if let violation = result.violation {
      finding.reason = violation.explanation
      finding.anomalies = [
        Anomaly(
          violation.invariant, operations: [], explanation: steps.joined(separator: "\n"),
          window: .list(result.counterexample.map(\.value)))
      ]
    }
    finding.facts = ValueMap(facts: [
      "depth": .integer(result.depth), "seconds": .double(seconds),
      "generated-per-second": .integer(rate),
      "bytes-per-state": .double(result.bytesPerState),
      "ending": .string("\(result.ending)"), "terms": .string(terms),
      "marks": .list(result.reachedMarks.map { .string($0) }),
    ])
    var document = VerdictDocument(verdict, [finding])
    document.add(
      "states",
      .map(
        ValueMap([
          .init(key: "unique", value: .integer(result.unique)),
          .init(key: "generated", value: .integer(result.generated)),
        ])))
    return document.value
  }
}

extension ExplorationStep {
  fileprivate var value: Value {
    .map(
      ValueMap([
        .init(key: "node", value: node.map { .string("n\($0.index + 1)") } ?? .null),
        .init(key: "event", value: .string(event)),
        .init(key: "consequences", value: .list(consequences.map { .string($0) })),
      ]))
  }
}
