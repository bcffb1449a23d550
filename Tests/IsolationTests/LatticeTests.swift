import Isolation
import Testing

extension ConsistencyModel {
  /// Whether it is known of single objects, and judged of transactions by what they read.
  fileprivate var isOfReads: Bool { [.causal, .causalMemory, .pram].contains(self) }
}

@Suite("Consistency models form a lattice")
struct LatticeTests {
  @Test(
    "models are known by Elle's names and by Adya's",
    arguments: [
      ("read-uncommitted", ConsistencyModel.readUncommitted), ("PL-1", .readUncommitted),
      ("PL-2", .readCommitted), ("PL-2+", .consistentView), ("PL-2L", .monotonicView),
      ("PL-CS", .cursorStability), ("PL-MSR", .monotonicSnapshotRead),
      ("PL-FCV", .forwardConsistentView), ("PL-2.99", .repeatableRead),
      ("PL-SI", .snapshotIsolation),
      ("PL-3U", .updateSerializable), ("PL-3", .serializable),
      ("conflict-serializable", .serializable), ("PL-SS", .strictSerializable),
      ("strong-serializable", .strictSerializable), ("strict-serializable", .strictSerializable),
      ("PRAM", .pram), ("1SR", .oneCopySerializable), ("causal-cerone", .causalCerone),
    ])
  func names(name: String, model: ConsistencyModel) {
    #expect(ConsistencyModel(named: name) == model)
  }

  @Test("a name that no model has is refused with all that there are")
  func unknownName() {
    do throws(UnknownModel) {
      _ = try ConsistencyModel.models(named: ["serializable", "serialisable"])
      Issue.record("not refused")
    } catch {
      #expect(error.name == "serialisable")
      #expect(error.description.contains("there is no consistency model \"serialisable\""))
      #expect(error.description.contains("snapshot-isolation, "))
    }
    #expect(ConsistencyModel(named: "read-committed,serializable") == nil)
  }

  @Test("names that mean one model count once")
  func synonyms() throws {
    let models = try ConsistencyModel.models(named: ["PL-3", "serializable", "PL-1"])
    #expect(models == [.serializable, .readUncommitted])
  }

  @Test(
    "what a weaker model prohibits, a stronger one prohibits", arguments: ConsistencyModel.allCases)
  func monotonicity(model: ConsistencyModel) {
    for weaker in ConsistencyModel.allCases where model.implies(weaker) {
      #expect(weaker.prohibited.isSubset(of: model.prohibited), "\(weaker)")
    }
  }

  @Test("implication is a partial order")
  func partialOrder() {
    for model in ConsistencyModel.allCases {
      #expect(model.implies(model))
      for other in ConsistencyModel.allCases where model != other && model.implies(other) {
        #expect(!other.implies(model), "\(model) and \(other)")
      }
    }
  }

  @Test("strict serializability implies all that is weaker, and prohibits everything")
  func strongest() {
    for model in ConsistencyModel.allCases {
      #expect(ConsistencyModel.strictSerializable.implies(model), "\(model)")
    }
    #expect(ConsistencyModel.strictSerializable.prohibited == Set(Phenomenon.allCases))
  }

  @Test(
    "each phenomenon has its weakest models",
    arguments: [
      (Phenomenon.g0, [ConsistencyModel.readUncommitted]),
      (.duplicateElements, [.readUncommitted]), (.g1a, [.readCommitted]), (.g1b, [.readCommitted]),
      (.g1c, [.readCommitted]), (.dirtyUpdate, [.readCommitted]),
      (.incompatibleOrder, [.readCommitted]), (.futureRead, [.readCommitted]),
      (.internalInconsistency, [.readAtomic]), (.lostUpdate, [.cursorStability, .updateAtomic]),
      (.gSingle, [.consistentView, .parallelSnapshotIsolation, .repeatableRead]),
      (.observedTransactionVanishes, [.monotonicAtomicView, .consistentView]),
      (.fracturedRead, [.readAtomic, .consistentView, .repeatableRead]),
      (.causalityViolation, [.causalCerone, .consistentView, .repeatableRead]),
      (.gCursor, [.cursorStability, .updateAtomic]),
      (.gPrefix, [.prefix, .repeatableRead]), (.gUpdate, [.updateSerializable, .repeatableRead]),
      (.gNonadjacent, [.snapshotIsolation, .repeatableRead]), (.g2Item, [.repeatableRead]),
      (.g0Process, [.strongSessionReadUncommitted]), (.g1cProcess, [.strongSessionReadCommitted]),
      (.gSingleProcess, [.strongSessionSnapshotIsolation]),
      (.g2ItemProcess, [.strongSessionSerializable]), (.g0Realtime, [.strongReadUncommitted]),
      (.g1cRealtime, [.strongReadCommitted]), (.gSingleRealtime, [.strongSnapshotIsolation]),
      (.g2ItemRealtime, [.strictSerializable]), (.unreadOwnWrite, [.readYourWrites]),
      (.nonmonotonicRead, [.monotonicReads]), (.nonmonotonicWrite, [.monotonicWrites]),
      (.writeBeforeRead, [.writesFollowReads]),
      (.cyclicCO, [.strongSessionReadCommitted, .causal]),
      (.writeCOInitRead, [.causal]), (.writeCORead, [.causal]),
      (.observedTransactionVanishesProcess, [.strongSessionReadCommitted]),
      (.fracturedReadProcess, [.strongSessionReadAtomic]),
      (.cyclicConflict, [.causalConvergence]),
      (.writeHBInitRead, [.causalMemory]), (.cyclicHB, [.causalMemory]),
      (.writePRAMInitRead, [.pram]), (.cyclicPRAM, [.pram]),
    ])
  func weakest(phenomenon: Phenomenon, weakest: [ConsistencyModel]) {
    // What breaks a transaction by itself breaks causality, too, which is not said.
    let isOfSeveral = !ConsistencyModel.readAtomic.prohibited.contains(phenomenon)
    let prohibiting = ConsistencyModel.allCases.filter {
      $0.prohibited.contains(phenomenon) && (isOfSeveral || !$0.isOfReads)
    }
    let least = prohibiting.filter { model in
      !prohibiting.contains { $0 != model && model.implies($0) }
    }
    #expect(Set(least) == Set(weakest))
  }

  @Test("sessions are no business of models without sessions")
  func sessions() {
    for model in [ConsistencyModel.serializable, .snapshotIsolation, .repeatableRead, .prefix] {
      for session in [ConsistencyModel.pram, .readYourWrites, .causal, .strongSessionReadCommitted]
      {
        #expect(!model.implies(session), "\(model) and \(session)")
      }
    }
    #expect(ConsistencyModel.strongSessionSnapshotIsolation.implies(.causalConvergence))
    #expect(ConsistencyModel.causalConvergence.implies(.strongSessionReadAtomic))
    #expect(!ConsistencyModel.causalConvergence.implies(.snapshotIsolation))
    #expect(!ConsistencyModel.causalConvergence.implies(.pram))
    #expect(!ConsistencyModel.causal.implies(.pram))
    #expect(ConsistencyModel.causalMemory.implies(.pram))
  }
}
