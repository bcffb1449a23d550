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

  /// The path to what is wrong.
  var scenario: Scenario? { Scenario(system, plan, result) }

  // MARK: For people

  var text: String {
    var lines = ["\(system.description.name): \(terms)"]
    lines.append(
      "\(result.unique) unique states, \(result.generated) generated, depth \(result.depth); "
        + "\(rate) generated a second, \(Int(result.bytesPerState.rounded())) bytes a state")
    if let violation = result.violation {
      lines.append("")
      lines.append(violation.line)
      lines += result.counterexample.lines
      if let scenario { lines += ["", "replay: \(scenario.replayCommand)"] }
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

  private var rate: Int { Int((Double(result.generated) / max(seconds, 1e-6)).rounded()) }

  private var terms: String { "\(plan.terms), \(strategy.rawValue)" }

  // MARK: For machines

  var document: Value {
    var finding = Finding("exploration", verdict, reason: verdict == .valid ? nil : conclusion)
    if let violation = result.violation {
      finding.reason = violation.explanation
      finding.anomalies = [violation.anomaly(after: result.counterexample)]
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
    scenario?.add(to: &document)
    return document.value
  }
}

extension ExplorationPlan {
  /// What is explored: what people need to ask for the same again.
  var terms: String { terms(isBounded: true) }

  /// - Parameter isBounded: Whether it is told how much may go wrong.
  func terms(isBounded: Bool) -> String {
    var words = ["\(nodeCount) nodes", "network \(network.rawValue)"]
    if requests > 0 { words.append("requests \(requests)\(asksAnyNode ? " of any node" : "")") }
    if isBounded { words += bounds.words }
    for (name, limit) in limits.sorted(by: { $0.key < $1.key }) {
      words.append("\(name) up to \(limit)")
    }
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      words.append("\(name)=\(value)")
    }
    for bug in bugs.sorted() { words.append("bug \(bug)") }
    if usesSymmetry { words.append("names exchanged") }
    return words.joined(separator: ", ")
  }
}

extension ExplorationBounds {
  fileprivate var words: [String] {
    var words: [String] = []
    for (count, name) in [(crashes, "crashes"), (drops, "drops"), (duplicates, "duplicates")]
    where count > 0 { words.append("\(name) \(count)") }
    words.append(timeouts.map { "timeouts \($0)" } ?? "timeouts without a bound")
    if let depth { words.append("depth \(depth)") }
    return words
  }
}
