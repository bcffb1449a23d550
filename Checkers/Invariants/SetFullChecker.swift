public import Histories
internal import Values
public import Verdicts

/// Judges a grow-only set by all reads: Jepsen's set-full, also of Maelstrom's broadcast and g-set.
///
/// Operations: `add` e (or `broadcast` e) and `read` → a list of elements. An element is *known*
/// from the completion of its acknowledged add, or of the first read that had it. It is *stable*
/// when the latest read that had it was invoked after the latest that had not, *lost* when it is
/// known and a read invoked after that, and after every read that had it, lacks it; else it was
/// *never read*. It is *stale* when it is stable but was missing after it was known.
///
/// Invalid are lost elements, elements twice in one read (`duplicated`), elements that no add can
/// have brought (`phantom`), and final reads, marked `"final":true`, that differ (`diverging`).
/// Without a stable element nothing is known: the verdict is unknown. So it is where final reads of
/// named nodes had not come to rest: of each of these nodes only the last final read is judged as
/// such, see ``FinalReads``.
///
/// As Jepsen's own, of compatible mode, it knows no invalid elements but lost ones, and judges final
/// reads as any others.
public struct SetFullChecker: ColumnChecker {
  public var name: String { "set-full" }
  public var needsRemarks: Bool { true }

  private let isCompatible: Bool

  /// - Parameter isCompatible: Whether only lost elements are invalid, as in Jepsen.
  public init(isCompatible: Bool = false) { self.isCompatible = isCompatible }

  /// - Complexity: O(*n* + total length of the reads), and that of sorting what final reads of named
  ///   nodes answered and how long elements took to be there.
  public func check(_ history: HistoryColumns) -> Finding {
    let timeline = SetTimeline(history)
    if let problem = timeline.problem { return Finding(name, .unknown, reason: problem) }
    let outcome = SetOutcome(timeline)
    var finding = Finding(name, .valid, facts: outcome.facts)
    finding.anomalies = outcome.anomalies
    if isCompatible {
      finding.anomalies.removeAll { $0.type != "lost" }
    } else if let unrest = timeline.unrest {
      // What was missing may still have come.
      finding.anomalies.removeAll { $0.type == "lost" || $0.type == "diverging" }
      if finding.anomalies.isEmpty {
        return Finding(name, .unknown, reason: unrest, facts: outcome.facts)
      }
    }
    if !finding.anomalies.isEmpty {
      finding.verdict = .invalid
      finding.reason = finding.anomalies.map { "\($0.count) \($0.type)" }.joined(separator: ", ")
    } else if outcome.stableCount == 0 {
      finding.verdict = .unknown
      finding.reason =
        timeline.attempts == 0
        ? "nothing was added" : "no element was ever read after its add and kept"
    }
    return finding
  }
}
