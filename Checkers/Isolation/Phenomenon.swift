/// A way in which transactions go wrong, by the name that Elle gives it where it has one.
///
/// The cases stand in the order of their severity. Cycles are those of Adya's serialization graphs
/// (A. Adya, Weak Consistency, 1999): *ww* leads to who wrote the next version, *wr* to who read a
/// version, *rw* from who read a version to who wrote the next. Objects are read by key and never by
/// predicate, which is what `-item` says. A cycle with `-process` needs the order of a process's
/// transactions as well, one with `-realtime` that one transaction completed before another was
/// invoked.
public enum Phenomenon: String, Hashable, Sendable, CaseIterable {
  case garbageVersions = "garbage-versions"
  case duplicateElements = "duplicate-elements"
  case g0 = "G0"
  case g1a = "G1a"
  case dirtyUpdate = "dirty-update"
  case g1b = "G1b"
  case incompatibleOrder = "incompatible-order"
  case futureRead = "future-read"
  case g1c = "G1c"
  case internalInconsistency = "internal"
  case observedTransactionVanishes = "observed-transaction-vanishes"
  case fracturedRead = "fractured-read"
  case causalityViolation = "causality-violation"
  case lostUpdate = "lost-update"
  case gCursor = "G-cursor"
  case gSingle = "G-single-item"
  case gPrefix = "G-prefix"
  case gNonadjacent = "G-nonadjacent-item"
  case gUpdate = "G-update"
  case g2Item = "G2-item"
  case g0Process = "G0-process"
  case cyclicCO = "CyclicCO"
  case g1cProcess = "G1c-process"
  case writeCOInitRead = "WriteCOInitRead"
  case writeCORead = "WriteCORead"
  case observedTransactionVanishesProcess = "observed-transaction-vanishes-process"
  case fracturedReadProcess = "fractured-read-process"
  case cyclicConflict = "CyclicCF"
  case writePRAMInitRead = "WritePRAMInitRead"
  case cyclicPRAM = "CyclicPRAM"
  case writeHBInitRead = "WriteHBInitRead"
  case cyclicHB = "CyclicHB"
  case gSingleProcess = "G-single-item-process"
  case gNonadjacentProcess = "G-nonadjacent-item-process"
  case g2ItemProcess = "G2-item-process"
  case g0Realtime = "G0-realtime"
  case g1cRealtime = "G1c-realtime"
  case gSingleRealtime = "G-single-item-realtime"
  case gNonadjacentRealtime = "G-nonadjacent-item-realtime"
  case g2ItemRealtime = "G2-item-realtime"
  case unreadOwnWrite = "unread-own-write"
  case nonmonotonicRead = "nonmonotonic-read"
  case nonmonotonicWrite = "nonmonotonic-write"
  case writeBeforeRead = "write-before-read"

  /// What happened, in a sentence.
  var meaning: String {
    switch self {
    case .garbageVersions: "a transaction read what no transaction ever wrote"
    case .duplicateElements: "an element is in one list more than once"
    case .g0: "writes of transactions are interleaved"
    case .g1a: "a transaction read what an aborted transaction wrote"
    case .dirtyUpdate: "a transaction wrote on top of what an aborted transaction had written"
    case .g1b: "a transaction read what another one later wrote over itself"
    case .incompatibleOrder: "no one order of a key's elements explains what was read and written"
    case .futureRead: "a transaction read what it wrote only afterwards"
    case .g1c: "transactions read from each other in a circle"
    case .internalInconsistency: "a read contradicts what its own transaction did before"
    case .observedTransactionVanishes:
      "a transaction saw something of another one, and after that missed something of it"
    case .fracturedRead: "a transaction saw a part only of what another one wrote"
    case .causalityViolation: "a transaction missed a write that what it read depends on"
    case .lostUpdate: "transactions read the same version of a key and each wrote the next one"
    case .gCursor: "a transaction wrote a key over a write that it had missed when it read it"
    case .gSingle: "a circle of dependencies with one missed write"
    case .gPrefix: "transactions saw writes in orders that no one order of all of them begins with"
    case .gNonadjacent: "a circle of dependencies in which no two missed writes follow each other"
    case .gUpdate: "a circle of dependencies with missed writes, of transactions that write and one"
    case .g2Item: "a circle of dependencies with missed writes"
    case .g0Process, .nonmonotonicWrite: "a process's writes took effect in another order"
    case .g1cProcess: "a process's transaction came before one that the process had finished"
    case .gSingleProcess: "a process's transaction missed what the process had done or seen"
    case .gNonadjacentProcess, .g2ItemProcess:
      "a circle of dependencies, together with the order of a process's transactions"
    case .cyclicCO: "transactions read from each other in a circle, together with a process's order"
    case .writeCOInitRead: "a transaction read the initial state of what a cause of it had written"
    case .writeCORead: "a transaction read what a cause of it had overwritten"
    case .observedTransactionVanishesProcess:
      "no order of commits, each process's in order, lets transactions miss nothing that they had "
        + "begun to see"
    case .fracturedReadProcess:
      "no order of commits explains what transactions read, if all of each that they read from, and "
        + "of their process, was there"
    case .cyclicConflict:
      "no order of commits explains what transactions read, if all that led to it was there"
    case .writePRAMInitRead:
      "a process read the initial state of what had been written before something that it had seen"
    case .cyclicPRAM:
      "no order that keeps to that of each process explains what a process read"
    case .writeHBInitRead:
      "a process read the initial state of what had been written, as its other reads tell"
    case .cyclicHB:
      "no order that keeps to what led to what explains what a process read"
    case .g0Realtime: "a write came before another one that had completed before it began"
    case .g1cRealtime: "a transaction saw a write that began only after it had completed"
    case .gSingleRealtime: "a transaction missed a write that was there before it began"
    case .gNonadjacentRealtime, .g2ItemRealtime: "a circle of dependencies, together with time"
    case .unreadOwnWrite: "a process's read missed what the process had written"
    case .nonmonotonicRead: "a process's read missed what the process had read before"
    case .writeBeforeRead: "a process's write came before what the process had read"
    }
  }

  /// What happened where transactions are single operations.
  var meaningOfSingle: String {
    meaning.replacing("a transaction", with: "an operation")
      .replacing("transaction", with: "operation")
  }

  /// What else is there wherever this is.
  var consequences: [Phenomenon] {
    switch self {
    case .g0: [.g1c, .g0Process]
    case .g1c: [.g1cProcess]
    case .observedTransactionVanishes: [.fracturedRead, .observedTransactionVanishesProcess]
    case .observedTransactionVanishesProcess: [.fracturedReadProcess]
    case .fracturedRead: [.causalityViolation, .fracturedReadProcess]
    case .fracturedReadProcess, .writeCORead, .writeCOInitRead: [.cyclicConflict]
    case .causalityViolation: [.gSingle, .gPrefix, .cyclicConflict]
    case .cyclicConflict: [.gSingleProcess]
    case .writePRAMInitRead: [.writeHBInitRead]
    case .cyclicPRAM: [.cyclicHB]
    case .writeHBInitRead, .cyclicHB: [.g2ItemProcess]
    case .cyclicCO: [.g1cProcess]
    case .lostUpdate: [.gCursor]
    case .gCursor: [.gSingle]
    case .gSingle: [.gNonadjacent, .gUpdate, .gSingleProcess]
    case .gPrefix: [.gNonadjacent]
    case .gNonadjacent: [.g2Item, .gNonadjacentProcess]
    case .gUpdate: [.g2Item]
    case .g2Item: [.g2ItemProcess]
    case .g0Process: [.g1cProcess, .g0Realtime]
    case .g1cProcess: [.g1cRealtime]
    case .gSingleProcess: [.gNonadjacentProcess, .gSingleRealtime]
    case .gNonadjacentProcess: [.g2ItemProcess, .gNonadjacentRealtime]
    case .g2ItemProcess: [.g2ItemRealtime]
    case .g0Realtime: [.g1cRealtime]
    case .gSingleRealtime: [.gNonadjacentRealtime]
    case .gNonadjacentRealtime: [.g2ItemRealtime]
    case .incompatibleOrder, .dirtyUpdate: [.g1a]
    case .futureRead: [.g1c]
    default: []
    }
  }

  /// This and all that follows from it.
  var closure: Set<Phenomenon> { Phenomenon.closures[self] ?? [] }

  private static let closures = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, $0.allConsequences) })

  private var allConsequences: Set<Phenomenon> {
    var closure: Set<Phenomenon> = [self]
    var open = [self]
    while let phenomenon = open.popLast() {
      for consequence in phenomenon.consequences where closure.insert(consequence).inserted {
        open.append(consequence)
      }
    }
    return closure
  }

  /// Which order beside that of dependencies this needs.
  var scope: Scope {
    switch self {
    case .g0Process, .g1cProcess, .gSingleProcess, .gNonadjacentProcess, .g2ItemProcess, .cyclicCO,
      .writeCOInitRead, .writeCORead, .observedTransactionVanishesProcess, .fracturedReadProcess,
      .cyclicConflict, .writePRAMInitRead, .cyclicPRAM, .writeHBInitRead, .cyclicHB:
      .process
    case .g0Realtime, .g1cRealtime, .gSingleRealtime, .gNonadjacentRealtime, .g2ItemRealtime:
      .realtime
    case .unreadOwnWrite, .nonmonotonicRead, .nonmonotonicWrite, .writeBeforeRead: .guarantee
    default: .data
    }
  }

  /// The sorts of cycles that a broken guarantee is.
  var asCycle: [Phenomenon] {
    switch self {
    case .unreadOwnWrite, .nonmonotonicRead: [.gSingleProcess]
    case .nonmonotonicWrite, .writeBeforeRead: [.g1cProcess]
    default: []
    }
  }

  /// Whether this is a cycle of a special sort, which is shown where no name of a wider sort says
  /// the same.
  var isSpecial: Bool {
    switch self {
    case .observedTransactionVanishes, .fracturedRead, .causalityViolation, .gCursor, .gPrefix,
      .gUpdate, .cyclicCO, .writeCOInitRead, .writeCORead, .observedTransactionVanishesProcess,
      .fracturedReadProcess, .cyclicConflict, .writePRAMInitRead, .cyclicPRAM, .writeHBInitRead,
      .cyclicHB:
      true
    default: false
    }
  }

  /// The orders that phenomena are about, each included in the next but for guarantees, which say
  /// in other words what happened in the order of a process.
  enum Scope: Hashable, Sendable { case data, guarantee, process, realtime }
}
