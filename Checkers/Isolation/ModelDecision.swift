/// What a history says of a model.
public enum ModelDecision: Hashable, Sendable {
  case holds
  case ruledOut
  /// It can't be told, and why.
  case undecided(String)
}

extension ConsistencyModel {
  /// Whether a history in which nothing that this model prohibits is found, and whose versions are
  /// all in known orders, satisfies it.
  ///
  /// Of the others some are decided by ``WeakLevels``, and of the rest it is known that they hold
  /// only where stronger ones do.
  public var isDecidedByVersions: Bool {
    switch self {
    case .readUncommitted, .readCommitted, .monotonicAtomicView, .readAtomic, .cursorStability,
      .consistentView, .repeatableRead, .updateSerializable, .causalCerone, .prefix,
      .parallelSnapshotIsolation, .snapshotIsolation, .serializable,
      .strongSessionReadUncommitted, .strongSessionReadCommitted, .strongSessionSnapshotIsolation,
      .strongSessionSerializable,
      .strongReadUncommitted, .strongReadCommitted, .strongSnapshotIsolation, .strictSerializable,
      .readYourWrites, .monotonicReads, .monotonicWrites:
      true
    case .monotonicView, .updateAtomic, .monotonicSnapshotRead, .forwardConsistentView,
      .viewSerializable, .oneCopySerializable, .sessionSerializable, .writesFollowReads, .pram,
      .strongSessionReadAtomic, .causal, .causalMemory, .causalConvergence, .sequential,
      .linearizable:
      false
    }
  }

  /// Whether ``WeakLevels`` finds all that contradicts it.
  var isDecidedByCommits: Bool {
    switch self {
    case .strongSessionReadCommitted, .strongSessionReadAtomic, .causal, .causalConvergence,
      .writesFollowReads, .causalMemory, .pram:
      true
    default: false
    }
  }

  /// Whether ``WeakLevels`` decides it of registers by itself.
  var needsNoVersions: Bool {
    switch self {
    case .readCommitted, .monotonicAtomicView, .readAtomic: true
    default: isDecidedByCommits || isGuarantee
    }
  }

  /// Whether it is decided by what each process can have seen, which is looked at where it is asked
  /// for: see ``ProcessViews``.
  var isOfViews: Bool { self == .causalMemory || self == .pram }

  /// Whether it is a session guarantee, which is about what one process sees.
  var isGuarantee: Bool {
    switch self {
    case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads: true
    default: false
    }
  }

  /// Whether the order of list elements that nobody read makes no difference.
  ///
  /// They can be put into any order that agrees with all dependencies: a level that asks for one
  /// order of all dependencies, or for none of what a transaction missed, holds for one of these
  /// orders if it holds for any.
  var allowsOpenElements: Bool {
    switch self {
    case .cursorStability, .consistentView, .updateSerializable, .parallelSnapshotIsolation,
      .snapshotIsolation,
      .strongSessionSnapshotIsolation, .strongSnapshotIsolation:
      false
    default: isDecidedByVersions
    }
  }

  /// Whether it says nothing of reads, so that versions of which reads tell no order may have any.
  var isOfWritesAlone: Bool {
    switch self {
    case .readUncommitted, .strongSessionReadUncommitted, .strongReadUncommitted: true
    default: false
    }
  }

  /// Whether it is about the order of time.
  var isTimed: Bool {
    switch self {
    case .strongReadUncommitted, .strongReadCommitted, .strongSnapshotIsolation,
      .strictSerializable:
      true
    default: false
    }
  }
}
