import Histories

/// Versions of one key in the order in which they were installed, and who read and wrote them: what
/// must agree with the order of time and of each process.
///
/// A *level* counts versions: level 0 is before the first of them, level *n* after the *n*-th.
struct VersionOrder {
  /// What one transaction did to the key.
  struct Visit {
    var transaction: Int32
    /// The level that it read; -1 where it did not read, or what it read has no level.
    var read: Int32 = -1
    /// The level below its first write; -1 where it wrote nothing, ``somewhere`` where nobody
    /// observed it.
    var below: Int32 = -1
    /// The level of its last write, -1 where it wrote nothing.
    ///
    /// A write that nobody observed is above all others.
    var above: Int32 = -1

    static let somewhere = Int32.max
  }

  /// A version that took effect, and did not abort: the level below it and who wrote it; -1 where
  /// there is none.
  struct Successor {
    var below: Int32 = -1
    var transaction: Int32 = -1
  }

  var key: Int32
  var visits: [Visit] = []
  /// For each level the next version that took effect.
  var successors: [Successor] = []
  /// Whether a version follows from the one before it because who wrote it had read that.
  var isReadBeforeWrite: Bool
}

/// Compares an order of versions with the order of time, and with that of each process.
///
/// Where one transaction precedes another and has seen or written a version of a level, the other
/// must not read or write below it. Since versions are in one order, these pairs are all there is:
/// a longer circle of dependencies and precedence has such a pair in it.
struct OrderSweep {
  /// The highest level that preceding transactions reached.
  private struct Reach {
    var level: Int32 = -1
    var transaction: Int32 = -1

    mutating func raise(to level: Int32, by transaction: Int32) {
      if level > self.level { self = Reach(level: level, transaction: transaction) }
    }
  }

  private struct Reached {
    var wrote = Reach()
    var read = Reach()

    mutating func take(_ visit: VersionOrder.Visit) {
      wrote.raise(to: visit.above, by: visit.transaction)
      read.raise(to: visit.read, by: visit.transaction)
    }
  }

  private let history: Transactions
  private let order: VersionOrder
  private(set) var incidents: Incidents

  init(_ history: Transactions, _ order: VersionOrder, adding incidents: Incidents) {
    self.history = history
    self.order = order
    self.incidents = incidents
  }

  /// - Complexity: O(*v* log *v*) for *v* visits.
  mutating func sweepTime() {
    let begun = order.visits.sorted { begin($0) < begin($1) }
    let ended = order.visits.filter { end($0) != Transactions.never }.sorted { end($0) < end($1) }
    var reached = Reached()
    var next = 0
    for visit in begun {
      while next < ended.count, end(ended[next]) < begin(visit) {
        reached.take(ended[next])
        next += 1
      }
      judge(visit, after: reached, .realtime)
    }
  }

  /// - Complexity: O(*v* log *v*) for *v* visits.
  mutating func sweepProcesses() {
    let visits = order.visits.sorted {
      (process($0), begin($0)) < (process($1), begin($1))
    }
    var reached = Reached()
    for (place, visit) in visits.enumerated() {
      if place > 0, process(visits[place - 1]) != process(visit) { reached = Reached() }
      judge(visit, after: reached, .process)
      // What is indeterminate may take effect after what its process does next.
      if end(visit) != Transactions.never { reached.take(visit) }
    }
  }

  private func begin(_ visit: VersionOrder.Visit) -> Int32 {
    history.begins[Int(visit.transaction)]
  }

  private func end(_ visit: VersionOrder.Visit) -> Int32 { history.ends[Int(visit.transaction)] }

  private func process(_ visit: VersionOrder.Visit) -> Int {
    history.processes[Int(visit.transaction)]
  }
}

extension OrderSweep {
  private mutating func judge(
    _ visit: VersionOrder.Visit, after reached: Reached, _ scope: Phenomenon.Scope
  ) {
    let isTimed = scope == .realtime
    if visit.below >= 0, visit.below != VersionOrder.Visit.somewhere {
      if reached.wrote.level > visit.below {
        let g0: Phenomenon = isTimed ? .g0Realtime : .g0Process
        let g1c: Phenomenon = isTimed ? .g1cRealtime : .g1cProcess
        add(
          order.isReadBeforeWrite ? g1c : g0, visit, reached.wrote, .wrote, scope,
          guarantee: .nonmonotonicWrite)
      }
      if reached.read.level > visit.below {
        add(
          isTimed ? .g1cRealtime : .g1cProcess, visit, reached.read, .read, scope,
          guarantee: .writeBeforeRead)
      }
    }
    guard visit.read >= 0 else { return }
    // Where the next version is its own, it wrote below the level, too, and that is worse.
    let missesWritten = reached.wrote.level > visit.read && misses(visit, reached.wrote)
    let missesRead = reached.read.level > visit.read && misses(visit, reached.read)
    let phenomenon: Phenomenon = isTimed ? .gSingleRealtime : .gSingleProcess
    if missesWritten {
      add(phenomenon, visit, reached.wrote, .wrote, scope, guarantee: .unreadOwnWrite)
    }
    if missesRead {
      add(
        missesWritten ? nil : phenomenon, visit, reached.read, .read, scope,
        guarantee: .nonmonotonicRead)
    }
  }

  /// Whether what a read missed is another transaction's, and not aborted.
  private func misses(_ visit: VersionOrder.Visit, _ reach: Reach) -> Bool {
    // Above all levels there is what the preceding transaction wrote and nobody observed.
    let isUnobserved = Int(reach.level) > order.successors.count
    guard Int(visit.read) < order.successors.count else { return isUnobserved }
    let successor = order.successors[Int(visit.read)]
    guard successor.transaction >= 0 else { return isUnobserved }
    return successor.below < reach.level && successor.transaction != visit.transaction
  }

  private enum Deed { case wrote, read }

  /// Adds a pair under the cycle's name, and where a process is concerned under the name of the
  /// guarantee that was broken.
  private mutating func add(
    _ phenomenon: Phenomenon?, _ visit: VersionOrder.Visit, _ reach: Reach, _ deed: Deed,
    _ scope: Phenomenon.Scope, guarantee: Phenomenon
  ) {
    var names = phenomenon.map { [$0] } ?? []
    if scope == .process { names.append(guarantee) }
    for name in names where incidents.note(name) {
      incidents.show(name, incident(name, visit, reach, deed, scope))
    }
  }

  private func incident(
    _ phenomenon: Phenomenon, _ visit: VersionOrder.Visit, _ reach: Reach, _ deed: Deed,
    _ scope: Phenomenon.Scope
  ) -> Incidents.Incident {
    let (earlier, later) = (Int(reach.transaction), Int(visit.transaction))
    let key = history.keyText(order.key)
    let what = deed == .wrote ? "wrote" : "read"
    let isWrite =
      switch phenomenon {
      case .gSingleRealtime, .gSingleProcess, .unreadOwnWrite, .nonmonotonicRead: false
      default: true
      }
    let reason =
      isWrite
      ? "T1 < T2, because T1 wrote a version of \(key) that came before the one that T2 \(what)"
      : "T1 < T2, because T1 read a version of \(key) that came before the one that T2 \(what)"
    return Incidents.Incident(
      transactions: [later, earlier], reasons: [reason, precedence(earlier, later, scope)])
  }

  private func precedence(_ earlier: Int, _ later: Int, _ scope: Phenomenon.Scope) -> String {
    history.precedence(of: (earlier, "T2"), over: (later, "T1"), scope)
  }
}

extension Transactions {
  /// Why one transaction came before another, in words.
  func precedence(
    of earlier: (transaction: Int, name: String), over later: (transaction: Int, name: String),
    _ scope: Phenomenon.Scope
  ) -> String {
    let begin = "However, \(earlier.name) < \(later.name), because "
    guard scope == .realtime else {
      return begin + "process \(processes[later.transaction]) executed \(earlier.name) before "
        + "\(later.name): a contradiction!"
    }
    let completion = operations(of: earlier.transaction).completion?.index ?? -1
    let invocation = operations(of: later.transaction).invocation.index
    return begin + "\(earlier.name) completed at op \(completion), before \(later.name) was "
      + "invoked at op \(invocation): a contradiction!"
  }
}
