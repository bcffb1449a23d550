public import Histories
internal import Values
public import Verdicts

/// Judges histories of replicated data types: strong eventual consistency (Shapiro et al., *Conflict-free
/// replicated data types*, 2011, definition 2.2), the type's own specification, and that replicas keep
/// what they have seen.
///
/// Where completions say what was visible (`"context"`, and `"update"` for the names of updates) every
/// read is judged, at any time in the run: replicas that have seen the same updates answer the same, and
/// what the type's specification says. Elsewhere the values of reads are judged by themselves, and the
/// final reads by what was acknowledged. See `shrike list checker convergence`.
public struct ConvergenceChecker: ColumnChecker {
  public let name = "convergence"
  public var needsRemarks: Bool { true }

  /// What is replicated; nothing where it was not said.
  private let type: DataType?

  public init(_ type: DataType? = nil) { self.type = type }

  /// - Complexity: O(*n* *r*) for *n* operations and *r* replicas, and the length of all reads.
  public func check(_ history: HistoryColumns) -> Finding {
    guard let type else {
      let names = DataType.allCases.map(\.name).joined(separator: ", ")
      return Finding(name, .unknown, reason: "which type is it? --type says: \(names)")
    }
    var outcome = ConvergenceOutcome(ReplicaHistory(history, of: type))
    outcome.judge()
    return outcome.finding(name)
  }
}
