public import Histories
internal import Values
public import Verdicts

/// Judges the stamps of logical clocks by what happened before what, as the nodes' own logs tell it.
///
/// Operations: `event` e and `tell` [e, to], each e once; `read` → [[kind, e, stamp, bytes], …] with
/// `"at":node` and `"from":p`: the node's log from its place p on, where kind is `event`, `send` or
/// `receive`. An event happened before another where it stands before it in a log, where it is the
/// sending of what the other received, and by transitivity (Lamport 1978).
///
/// - `unordered`: an event happened before another, and its stamp is not the smaller one.
/// - `falsely-ordered`: an event has the smaller stamp, or the same one, and did not happen before; not
///   of Lamport's clock, for which a witness is a fact.
/// - `rewritten`: reads show two events at one place of a log.
///
/// Judged are events whose whole past was read; how many are not is a fact, and so is the size of
/// stamps.
public struct HappensBeforeChecker: Checker {
  public var name: String { "happens-before" }

  public init() {}

  private static let meanings = [
    ("unordered", "events that happened before others without a smaller stamp"),
    ("falsely-ordered", "events with a smaller or the same stamp that did not happen before"),
    ("rewritten", "places of a log at which reads show two events"),
  ]

  /// - Complexity: O(*n* *k*) comparisons of stamps for *n* events at *k* nodes.
  public func check(_ history: History) -> Finding {
    var report = CaseReport(HappensBeforeChecker.meanings)
    let logs = StampedLogs(history, &report)
    if let problem = logs.problem { return Finding(name, .unknown, reason: problem) }
    let past = HappensBefore(logs)
    judgeOrder(past, logs, in: &report)
    let witness = judgeConverse(past, logs, in: &report)
    var facts = logs.facts
    facts[fact: "judged-count"] = .integer(past.judgedCount)
    facts[fact: "unjudged-count"] = .integer(logs.events.count - past.judgedCount)
    facts[fact: "concurrent-with-smaller-stamp"] = witness.map { .string($0) }
    var finding = Finding(name, .valid, facts: facts)
    finding.add(report.anomalies)
    if finding.verdict == .valid, past.judgedCount == 0 {
      finding.verdict = .unknown
      finding.reason = "no event was read"
    } else if finding.verdict == .valid, past.judgedCount < logs.events.count {
      finding.reason =
        "\(past.judgedCount) of \(logs.events.count) events were judged, those whose whole past was read"
    }
    return finding
  }

  /// Stamps grow along each log and each message, and so along all that happened before.
  private func judgeOrder(
    _ past: HappensBefore, _ logs: StampedLogs, in report: inout CaseReport
  ) {
    for event in logs.events.indices where past.isJudged[event] {
      for cause in [past.previous[event], past.cause[event]] where cause >= 0 {
        guard logs.events[cause].stamp.precedes(logs.events[event].stamp) != true else { continue }
        report.add(
          "unordered", [logs.index(of: cause), logs.index(of: event)],
          "\(logs.text(cause)) happened before \(logs.text(event))")
      }
    }
  }

  /// The first event of each node that is not in an event's past must not seem to be: if it does not,
  /// none after it does, for stamps grow along a log.
  ///
  /// - Returns: Of Lamport's clock, two events of which one has the smaller stamp and did not happen
  ///   before the other.
  private func judgeConverse(
    _ past: HappensBefore, _ logs: StampedLogs, in report: inout CaseReport
  ) -> String? {
    var witness: String?
    for event in logs.events.indices where past.isJudged[event] {
      for node in logs.nodes.indices where node != logs.events[event].node {
        let next = past.count(of: node, before: event)
        guard next < logs.nodes[node].count else { continue }
        let other = logs.nodes[node][next]
        // What comes after the event and has no greater stamp is out of order, and reported as such.
        guard past.isJudged[other],
          past.count(of: logs.events[event].node, before: other) <= logs.events[event].place
        else { continue }
        let (stamp, otherStamp) = (logs.events[event].stamp, logs.events[other].stamp)
        let isSmaller = otherStamp.precedes(stamp) == true
        if !stamp.characterizes {
          guard witness == nil, isSmaller else { continue }
          witness = "\(logs.text(other)) did not happen before \(logs.text(event))"
        } else if isSmaller || otherStamp.isSame(as: stamp) {
          report.add(
            "falsely-ordered", [logs.index(of: other), logs.index(of: event)],
            "\(logs.text(other)) did not happen before \(logs.text(event))")
        }
      }
    }
    return witness
  }
}
