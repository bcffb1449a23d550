public import Histories
package import Values
public import Verdicts

/// Judges a counter by its reads: Maelstrom's g-counter and pn-counter, and Jepsen's counter.
///
/// Operations: `add` d, negative where the counter may fall, and `read` → n, where null is 0. Sums
/// count from 0.
///
/// Where a read is marked `"final":true`, only final reads are bound, as an eventually consistent
/// counter promises: each must be the sum of all adds that were acknowledged before it, plus that of
/// any subset of the indeterminate ones (`unacceptable`), and all that may have seen the same adds
/// must be alike (`diverging`). Of named nodes only the last final read is judged, and where they
/// had not come to rest (see ``FinalReads``) nothing but a sum that no subset of all adds makes is
/// invalid: the verdict is unknown. So it is where no final read was answered.
///
/// Where no read is marked, each must lie between the bounds that a linearizable counter has: all
/// adds acknowledged before it began, and any of those begun before it ended (`out-of-bounds`). The
/// fact `out-of-bounds-count` has the number of such reads whether they are judged or not.
///
/// As Maelstrom's own, of compatible mode, it compares every final read, alone, with all adds.
public struct CounterChecker: Checker {
  /// Which reads are bound.
  public enum Reads: Hashable, Sendable {
    /// Those that are marked final.
    case final
    /// All: the counter promises to be linearizable.
    case every
  }

  public var name: String { "counter" }

  private let reads: Reads?
  private let isCompatible: Bool

  /// - Parameters:
  ///   - reads: Which reads are judged; nothing: the final ones where any is marked, else all.
  ///   - isCompatible: Whether final reads are judged as Maelstrom does.
  public init(judging reads: Reads? = nil, isCompatible: Bool = false) {
    self.reads = reads
    self.isCompatible = isCompatible
  }

  /// - Complexity: O(*n* log *n*), and for each set of adds that a final read may have seen, that of
  ///   the sums of its indeterminate ones, whose memory is bounded.
  public func check(_ history: History) -> Finding {
    let timeline = CounterTimeline(history)
    if let problem = timeline.problem { return Finding(name, .unknown, reason: problem) }
    let standard = isCompatible || timeline.isAnyMarkedFinal ? Reads.final : .every
    var outcome = CounterOutcome(timeline, history)
    switch reads ?? standard {
    case .every: outcome.judgeEveryRead()
    case .final where isCompatible: outcome.judgeMarkedReads()
    case .final: outcome.judgeFinalReads()
    }
    var finding = Finding(
      name, .valid, reason: outcome.doubt, anomalies: outcome.anomalies, facts: outcome.facts)
    if !finding.anomalies.isEmpty {
      finding.verdict = .invalid
      finding.reason = finding.anomalies.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
    } else if outcome.doubt != nil {
      finding.verdict = .unknown
    }
    return finding
  }
}

extension CounterChecker {
  /// Whether each of some reads, taken after all that a history has, is a sum that its adds allow.
  ///
  /// - Complexity: As of ``check(_:)`` with one set of adds.
  package static func accepts(_ reads: [Value], after operations: [Operation]) -> Bool {
    guard let history = try? History(operations) else { return false }
    let timeline = CounterTimeline(history)
    let view = timeline.wholeView
    guard timeline.problem == nil,
      let sums = SubsetSums(
        base: timeline.sum(of: view), timeline.uncertain(in: view).map(\.delta))
    else { return false }
    return reads.allSatisfy { read in
      read.integer.flatMap { sums.contains($0) } ?? false
    }
  }
}
