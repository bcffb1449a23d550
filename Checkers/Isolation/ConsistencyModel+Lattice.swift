// The lattice is Elle's, with five corrections: what concerns sessions follows from models that
// include sessions, and from no others; causal memory and causal convergence are told from plain
// causality; only causal memory implies PRAM; read committed and read atomic with sessions are those
// of Biswas and Enea, which causal convergence implies, and the former includes monotonic views; and
// the models that have no phenomena of their own in Elle have them here.

extension ConsistencyModel {
  /// The weaker models next to this one: what satisfies this satisfies them.
  var weaker: [ConsistencyModel] {
    switch self {
    case .readUncommitted, .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
      .causal, .viewSerializable, .oneCopySerializable:
      []
    case .readCommitted: [.readUncommitted]
    case .monotonicView, .monotonicAtomicView, .monotonicSnapshotRead: [.readCommitted]
    case .readAtomic: [.monotonicAtomicView]
    case .updateAtomic, .causalCerone: [.readAtomic]
    case .cursorStability: [.readCommitted]
    case .consistentView: [.cursorStability, .monotonicView]
    case .forwardConsistentView: [.consistentView]
    case .updateSerializable: [.forwardConsistentView]
    case .repeatableRead: [.cursorStability, .monotonicAtomicView]
    case .prefix: [.causalCerone]
    case .parallelSnapshotIsolation: [.causalCerone, .updateAtomic]
    case .snapshotIsolation:
      [
        .forwardConsistentView, .monotonicAtomicView, .monotonicSnapshotRead,
        .parallelSnapshotIsolation, .prefix,
      ]
    case .serializable:
      [.repeatableRead, .snapshotIsolation, .updateSerializable, .viewSerializable]
    case .sessionSerializable: [.oneCopySerializable]
    case .strongSessionReadUncommitted: [.readUncommitted]
    case .strongSessionReadCommitted: [.monotonicAtomicView, .strongSessionReadUncommitted]
    case .strongSessionReadAtomic: [.readAtomic, .strongSessionReadCommitted, .readYourWrites]
    case .strongSessionSnapshotIsolation:
      [.snapshotIsolation, .causalConvergence, .pram]
    case .strongSessionSerializable:
      [.serializable, .strongSessionSnapshotIsolation, .sequential]
    case .strongReadUncommitted: [.strongSessionReadUncommitted]
    case .strongReadCommitted: [.strongSessionReadCommitted, .strongReadUncommitted]
    case .strongSnapshotIsolation: [.strongSessionSnapshotIsolation, .strongReadCommitted]
    case .strictSerializable:
      [
        .serializable, .linearizable, .sessionSerializable, .strongSessionSerializable,
        .strongSnapshotIsolation,
      ]
    case .pram: [.readYourWrites, .monotonicReads, .monotonicWrites]
    case .causalMemory: [.causal, .pram, .writesFollowReads]
    case .causalConvergence:
      [.causal, .causalCerone, .strongSessionReadAtomic, .writesFollowReads]
    case .sequential: [.causalMemory, .causalConvergence]
    case .linearizable: [.sequential]
    }
  }

  /// This model and all that it implies.
  var implied: Set<ConsistencyModel> { ConsistencyModel.impliedByEach[self] ?? [] }

  private static let impliedByEach = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, $0.allWeaker) })

  private var allWeaker: Set<ConsistencyModel> {
    var implied: Set<ConsistencyModel> = [self]
    var open = [self]
    while let model = open.popLast() {
      for weaker in model.weaker where implied.insert(weaker).inserted { open.append(weaker) }
    }
    return implied
  }

  /// Whether what satisfies this model satisfies another.
  public func implies(_ other: ConsistencyModel) -> Bool { implied.contains(other) }

  /// The phenomena that this is the weakest model to rule out.
  private var attached: [Phenomenon] {
    switch self {
    case .readUncommitted: [.g0, .duplicateElements]
    case .readCommitted: [.g1a, .g1b, .g1c, .dirtyUpdate, .incompatibleOrder, .futureRead]
    case .monotonicAtomicView: [.observedTransactionVanishes]
    case .readAtomic: [.internalInconsistency, .fracturedRead]
    case .causalCerone: [.causalityViolation]
    case .prefix: [.gPrefix]
    case .updateAtomic, .cursorStability: [.lostUpdate, .gCursor]
    case .consistentView, .parallelSnapshotIsolation: [.gSingle]
    case .updateSerializable: [.gUpdate]
    case .snapshotIsolation: [.gNonadjacent]
    case .repeatableRead: [.g2Item]
    case .strongSessionReadUncommitted: [.g0Process]
    case .strongSessionReadCommitted: [.g1cProcess, .observedTransactionVanishesProcess]
    case .strongSessionReadAtomic: [.fracturedReadProcess]
    case .strongSessionSnapshotIsolation: [.gSingleProcess, .gNonadjacentProcess]
    case .strongSessionSerializable: [.g2ItemProcess]
    case .strongReadUncommitted: [.g0Realtime]
    case .strongReadCommitted: [.g1cRealtime]
    case .strongSnapshotIsolation: [.gSingleRealtime, .gNonadjacentRealtime]
    case .strictSerializable: [.g2ItemRealtime]
    case .readYourWrites: [.unreadOwnWrite]
    case .monotonicReads: [.nonmonotonicRead]
    case .monotonicWrites: [.nonmonotonicWrite]
    case .writesFollowReads: [.writeBeforeRead]
    case .causal:
      [
        .g1a, .g1b, .futureRead, .internalInconsistency, .cyclicCO, .writeCOInitRead, .writeCORead,
      ]
    case .causalConvergence: [.cyclicConflict]
    case .causalMemory: [.writeHBInitRead, .cyclicHB]
    case .pram:
      [.g1a, .g1b, .futureRead, .internalInconsistency, .writePRAMInitRead, .cyclicPRAM]
    default: []
    }
  }

  /// The phenomena that a history of this model can't have, itself or by what it implies.
  public var prohibited: Set<Phenomenon> { ConsistencyModel.prohibitedByEach[self] ?? [] }

  private static let prohibitedByEach = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, $0.allProhibited) })

  private var allProhibited: Set<Phenomenon> {
    // No model explains a value that nobody wrote.
    let attached = Set(implied.flatMap(\.attached) + [.garbageVersions])
    return Set(Phenomenon.allCases.filter { !$0.closure.isDisjoint(with: attached) })
  }

  /// The weakest of the models that a history with these phenomena can't be of.
  static func weakestRuledOut(by phenomena: some Sequence<Phenomenon>) -> [ConsistencyModel] {
    let phenomena = Set(phenomena)
    // Causality is not named beside a level of single transactions that is broken, too.
    let areSingle = !phenomena.isDisjoint(with: readAtomic.prohibited)
    let ruledOut = allCases.filter { model in
      !model.prohibited.isDisjoint(with: phenomena)
        && !(areSingle && [.causal, .causalMemory, .pram].contains(model))
    }
    return ruledOut.filter { model in
      !ruledOut.contains { $0 != model && model.implies($0) }
    }
  }
}
