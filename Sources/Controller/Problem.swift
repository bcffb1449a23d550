public import Environments
public import Values
import Verdicts

/// Something wrong that is not in the values of the history: what nodes did beside answering.
public enum Problem: Hashable, Sendable {
  case malformedReply(NodeID, to: String, problem: String, line: String)
  case mismatchedReply(NodeID, to: String, expected: String, found: String)
  /// A reply says more than the protocol knows.
  case oddReply(NodeID, problem: String, line: String)
  /// A node owed an answer, and no fault excused it.
  case noReply(NodeID, f: String)
  /// A quorum that should have made progress did not.
  case noProgress(StuckQuorum)
  case died(NodeID, status: String, lastLines: [String])
  case violated(String, explanation: String)
  case garbage(NodeID, line: String)
  case setupUnanswered([NodeID])
  case setupRefused(NodeID, reply: String)
}

/// Where a problem belongs in the verdict.
extension Problem {
  /// The kind of anomaly; nothing where it is no evidence against the system.
  var anomalyType: String? {
    switch self {
    case .malformedReply: "malformed-reply"
    case .mismatchedReply: "mismatched-reply"
    case .noReply: "no-reply"
    case .noProgress(let report): report.isExcused ? nil : "no-progress"
    case .died: "crash"
    case .violated(let invariant, _): invariant
    case .oddReply, .garbage, .setupUnanswered, .setupRefused: nil
    }
  }

  /// One problem as a person reads it.
  func text(_ names: NodeNames) -> String {
    switch self {
    case .malformedReply(let node, let request, let problem, let line):
      "\(names[node]) sent a malformed reply: \(problem)"
        + (request.isEmpty ? "" : "\n  to the request: \(request)") + "\n  in the line: \(line)"
    case .mismatchedReply(let node, let request, let expected, let found):
      "\(names[node]) sent a reply that does not answer the request; expected \(expected)"
        + "\n  to the request: \(request)\n  its reply: \(found)"
    case .oddReply(let node, let problem, let line):
      "\(names[node]): \(problem), and Maelstrom would refuse it; in the line: \(line)"
    case .noReply(let node, let f):
      "\(names[node]) did not answer \(f) in time, though no fault was in force"
    case .noProgress(let report): report.text(names)
    case .died(let node, let status, let lastLines):
      "\(names[node]) died unasked: \(status)"
        + lastLines.map { "\n  | \($0)" }.joined()
    case .violated(let invariant, let explanation): "\(invariant): \(explanation)"
    case .garbage(let node, let line):
      "\(names[node]) printed a line that is no message to stdout: \(line)"
    case .setupRefused(let node, let reply):
      "\(names[node]) answered the workload's set-up with \(reply)"
    case .setupUnanswered(let nodes):
      "no answer to the workload's set-up from \(nodes.map { names[$0] }.joined(separator: ", "))"
    }
  }
}

/// A quorum that made no progress though no fault was in force any more, and why that may be.
public struct StuckQuorum: Hashable, Sendable {
  public var quorum: [NodeID]
  /// Those of its nodes that answered nothing.
  public var stuck: [NodeID]
  /// Where the quorum's nodes stood then, where the environment could know.
  public var conditions: [NodeCondition?]
  public var bound: Nanoseconds

  /// The nodes that are not whole: what they lost may be what the others wait for.
  private var damaged: [NodeID] {
    zip(quorum, conditions).filter { $1?.isWhole == false }.map { $0.0 }
  }

  /// Whether the quorum may be stuck by right, because faults have destroyed what one of its nodes had
  /// promised, and those who could give it back are dead.
  public var isExcused: Bool { !damaged.isEmpty }

  func text(_ names: NodeNames) -> String {
    func list(_ nodes: [NodeID]) -> String { nodes.map { names[$0] }.joined(separator: ", ") }
    var lines = [
      "\(list(stuck)) answered nothing within \(bound.durationText) after the faults were over; "
        + "up and connected: \(list(quorum))"
    ]
    for (node, condition) in zip(quorum, conditions) {
      guard let condition else { continue }
      lines.append(
        "  \(names[node]): \(condition.isUp ? condition.status : "its process does not run")"
          + (condition.isWhole ? "" : "; it lacks what its disk lost"))
    }
    lines.append(
      isExcused
        ? "  the loss of \(list(damaged)) is a fault's doing, so nothing follows from this"
        : "  no fault has taken what they promised: nothing excuses it")
    return lines.joined(separator: "\n")
  }
}

extension Finding {
  /// The finding of the harness itself: what nodes did wrong beside their answers' values.
  static func ofProblems(_ problems: [Problem], _ names: NodeNames) -> Finding {
    var byType: [(type: String, texts: [String])] = []
    for problem in problems {
      guard let type = problem.anomalyType else { continue }
      if let place = byType.firstIndex(where: { $0.type == type }) {
        byType[place].texts.append(problem.text(names))
      } else {
        byType.append((type, [problem.text(names)]))
      }
    }
    let shownCount = 4
    let anomalies = byType.map { type, texts in
      let more = texts.count > shownCount ? "\n… and \(texts.count - shownCount) more" : ""
      return Anomaly(
        type, count: texts.count, operations: [],
        explanation: texts.prefix(shownCount).joined(separator: "\n") + more)
    }
    return Finding("nodes", anomalies.isEmpty ? .valid : .invalid, anomalies: anomalies)
  }
}
