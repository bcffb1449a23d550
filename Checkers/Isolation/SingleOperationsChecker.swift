public import Histories
import Values
public import Verdicts

/// Judges single reads and writes of keys by levels that ask for no order of versions: causality, PRAM
/// and session guarantees.
///
/// Each operation is a transaction of one step, see ``SingleOperations``. Definitions are those of
/// Bouajjani and others (On verifying causal consistency, POPL 2017) for `causal`, `causal-memory` and
/// `causal-convergence`; `PRAM` asks each process for one order of all writes and its own reads, in which
/// the operations of each process keep theirs (Lipton and Sandberg, 1988); and each session guarantee
/// (Terry and others, PDIS 1994) is asked for alone:
///
/// - `read-your-writes`: a process reads no version of a key that came before one of its own;
/// - `monotonic-reads`: it goes back to no version of a key that it has left;
/// - `monotonic-writes`: writes of a process reach all in its order. By itself nothing that reads show
///   contradicts it, for each read may be answered by a replica of its own, which has the write that it
///   shows, and what came before that;
/// - `writes-follow-reads`: a write comes after what its process had read, so that writes go in no circle.
///
/// The values written to a key differ, and differ from the initial one; else what holds is unknown, and
/// violations elsewhere are found all the same.
public struct SingleOperationsChecker: ColumnChecker {
  public let models: [ConsistencyModel]
  public let operations: SingleOperations
  private let limits: CheckLimits

  public init(
    models: [ConsistencyModel], _ operations: SingleOperations = SingleOperations(),
    limits: CheckLimits = CheckLimits()
  ) {
    self.models = models
    self.operations = operations
    self.limits = limits
  }

  public var name: String { models.count == 1 ? models[0].name : "consistency" }

  /// The models that single operations are judged by here, the strongest first.
  public static let levels: [ConsistencyModel] = [
    .causalMemory, .causalConvergence, .causal, .pram, .readYourWrites, .monotonicReads,
    .monotonicWrites, .writesFollowReads,
  ]

  /// - Complexity: O(*n* *k*) for *n* operations of *k* processes as a rule.
  public func check(_ history: HistoryColumns) -> Finding {
    TransactionJudgement.finding(
      on: history, .register, checker: name, models, demandsProof: true, limits,
      operations: operations)
  }
}
