/// A way in which transactions go wrong, by the name that Elle gives it.
///
/// The cases stand in the order of their severity. Cycles are those of Adya's serialization graphs
/// (A. Adya, Weak Consistency, 1999): *ww* leads to who wrote the next version, *wr* to who read a
/// version, *rw* from who read a version to who wrote the next. Objects are read by key and never by
/// predicate, so that what newer releases of Elle call `G-single-item` is plain `G-single` here. A
/// cycle with `-process` needs the order of a process's transactions as well, one with `-realtime`
/// that one transaction completed before another was invoked.
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
  case lostUpdate = "lost-update"
  case gSingle = "G-single"
  case gNonadjacent = "G-nonadjacent"
  case g2Item = "G2-item"
  case g0Process = "G0-process"
  case g1cProcess = "G1c-process"
  case gSingleProcess = "G-single-process"
  case gNonadjacentProcess = "G-nonadjacent-process"
  case g2ItemProcess = "G2-item-process"
  case g0Realtime = "G0-realtime"
  case g1cRealtime = "G1c-realtime"
  case gSingleRealtime = "G-single-realtime"
  case gNonadjacentRealtime = "G-nonadjacent-realtime"
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
    case .g0: "writes of two transactions are interleaved"
    case .g1a: "a transaction read what an aborted transaction wrote"
    case .dirtyUpdate: "a transaction wrote on top of what an aborted transaction had written"
    case .g1b: "a transaction read what another one later wrote over itself"
    case .incompatibleOrder: "no one order of a key's elements explains what was read and written"
    case .futureRead: "a transaction read what it wrote only afterwards"
    case .g1c: "transactions read from each other in a circle"
    case .internalInconsistency: "a read contradicts what its own transaction did before"
    case .lostUpdate: "transactions read the same version of a key and each wrote the next one"
    case .gSingle: "a transaction missed a write that came before its own"
    case .gNonadjacent: "a circle of dependencies in which no two missed writes follow each other"
    case .g2Item: "a circle of dependencies with missed writes"
    case .g0Process, .nonmonotonicWrite: "a process's writes took effect in another order"
    case .g1cProcess: "a process's transaction came before one that the process had finished"
    case .gSingleProcess: "a process's transaction missed what the process had done or seen"
    case .gNonadjacentProcess, .g2ItemProcess:
      "a circle of dependencies, together with the order of a process's transactions"
    case .g0Realtime: "a write came before another one that had completed before it began"
    case .g1cRealtime: "a transaction saw a write that began only after it had completed"
    case .gSingleRealtime: "a transaction missed a write that was there before it began"
    case .gNonadjacentRealtime, .g2ItemRealtime: "a circle of dependencies, together with time"
    case .unreadOwnWrite: "a process's read missed what the process had written"
    case .nonmonotonicRead: "a process's read missed what the process had read before"
    case .writeBeforeRead: "a process's write came before what the process had read"
    }
  }

  /// What else is there wherever this is.
  var consequences: [Phenomenon] {
    switch self {
    case .g0: [.g1c, .g0Process]
    case .g1c: [.g1cProcess]
    case .gSingle: [.gNonadjacent, .gSingleProcess]
    case .gNonadjacent: [.g2Item, .gNonadjacentProcess]
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
    case .lostUpdate: [.g2Item]
    default: []
    }
  }

  /// Which order beside that of dependencies this needs.
  var scope: Scope {
    switch self {
    case .g0Process, .g1cProcess, .gSingleProcess, .gNonadjacentProcess, .g2ItemProcess: .process
    case .g0Realtime, .g1cRealtime, .gSingleRealtime, .gNonadjacentRealtime, .g2ItemRealtime:
      .realtime
    case .unreadOwnWrite, .nonmonotonicRead, .nonmonotonicWrite, .writeBeforeRead: .guarantee
    default: .data
    }
  }

  /// The orders that phenomena are about, each included in the next but for guarantees, which say
  /// in other words what happened in the order of a process.
  enum Scope: Hashable, Sendable { case data, guarantee, process, realtime }
}
