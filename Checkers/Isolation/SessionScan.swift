/// Compares what each process did to a key with what it did to it later.
///
/// The guarantees are those of D. Terry and others, Session guarantees for weakly consistent
/// replicated data, PDIS 1994.
struct SessionScan {
  private let dependencies: Dependencies
  private let members: [Int32]

  /// - Parameter graph: A part of a serialization graph in which each leads to each other by the
  ///   order of processes, too; what contradicts a guarantee is in one.
  init(_ dependencies: Dependencies, _ graph: LabelledGraph) {
    self.dependencies = dependencies
    let sessions = dependencies.transactions.sessions
    members = graph.transactions.filter { $0 >= 0 }
      .sorted { (sessions[Int($0)], $0) < (sessions[Int($1)], $1) }
  }

  private struct Touch: Hashable {
    var session: Int32
    var key: Int32
  }

  /// The latest versions of a key that a process wrote and read, and in which transactions.
  private struct Reached {
    var wrote: (slot: Int32, transaction: Int32)?
    var read: (slot: Int32, transaction: Int32)?
  }

  /// What one transaction did to a key: its reads, its first and its last write.
  private struct Deeds {
    var reads: [Int32] = []
    var wrote: Int32?
    var lastWrote: Int32?
  }

  /// Calls back with each violation: its name, the transaction, and an earlier one of its process.
  func visit(_ body: (Phenomenon, _ later: Int32, _ earlier: Int32, _ key: Int32) -> Void) {
    let transactions = dependencies.transactions
    var reached: [Touch: Reached] = [:]
    for transaction in members {
      for (key, deeds) in deeds(of: Int(transaction)) {
        let touch = Touch(session: transactions.sessions[Int(transaction)], key: key)
        var known = reached[touch] ?? Reached()
        judge(deeds.wrote, known) { body($0, transaction, $1, key) }
        guard transactions.outcomes[Int(transaction)] == .committed else { continue }
        for read in deeds.reads {
          judge(read: read, known) { body($0, transaction, $1, key) }
          raise(&known.read, read, transaction)
        }
        raise(&known.wrote, deeds.lastWrote, transaction)
        reached[touch] = known
      }
    }
  }

  private func raise(
    _ reached: inout (slot: Int32, transaction: Int32)?, _ slot: Int32?, _ transaction: Int32
  ) {
    guard let slot else { return }
    if let known = reached, !isLater(slot, than: known.slot) { return }
    reached = (slot, transaction)
  }

  private func isLater(_ slot: Int32, than other: Int32) -> Bool {
    dependencies.chains.isCertainlyLater(slot, than: other)
  }

  private func deeds(of transaction: Int) -> [(key: Int32, deeds: Deeds)] {
    let (transactions, chains) = (dependencies.transactions, dependencies.chains)
    var deeds: [(key: Int32, deeds: Deeds)] = []
    for step in transactions.steps(of: transaction) where chains.slots[step] >= 0 {
      let key = transactions.keys[step]
      let place = deeds.firstIndex { $0.key == key } ?? deeds.count
      if place == deeds.count { deeds.append((key, Deeds())) }
      if transactions.kinds[step] == .write {
        deeds[place].deeds.wrote = deeds[place].deeds.wrote ?? chains.slots[step]
        deeds[place].deeds.lastWrote = chains.slots[step]
      } else {
        deeds[place].deeds.reads.append(chains.slots[step])
      }
    }
    return deeds
  }

  private func judge(
    _ wrote: Int32?, _ reached: Reached, _ add: (Phenomenon, _ earlier: Int32) -> Void
  ) {
    guard let wrote else { return }
    if let before = reached.wrote, isLater(before.slot, than: wrote) {
      add(.nonmonotonicWrite, before.transaction)
    }
    // It may have read the very version that is written only now.
    if let before = reached.read, before.slot == wrote || isLater(before.slot, than: wrote) {
      add(.writeBeforeRead, before.transaction)
    }
  }

  private func judge(
    read: Int32, _ reached: Reached, _ add: (Phenomenon, _ earlier: Int32) -> Void
  ) {
    if let before = reached.wrote, isLater(before.slot, than: read) {
      add(.unreadOwnWrite, before.transaction)
    }
    if let before = reached.read, isLater(before.slot, than: read) {
      add(.nonmonotonicRead, before.transaction)
    }
  }

  func incident(
    _ phenomenon: Phenomenon, _ later: Int32, _ earlier: Int32, _ key: Int32
  ) -> Incidents.Incident {
    let transactions = dependencies.transactions
    let hasRead = phenomenon == .nonmonotonicRead || phenomenon == .writeBeforeRead
    let isRead = phenomenon == .unreadOwnWrite || phenomenon == .nonmonotonicRead
    if later == earlier {
      let text = transactions.keyText(key)
      return Incidents.Incident(
        transactions: [Int(later)],
        reasons: ["T1 read a version of \(text) that came before one that it had read already."])
    }
    return Incidents.Incident(
      transactions: [Int(later), Int(earlier)],
      reasons: [
        "T1 < T2, because T1 \(isRead ? "read" : "wrote") a version of "
          + "\(transactions.keyText(key)) that came before the one that T2 "
          + (hasRead ? "read" : "wrote") + ".",
        "However, T2 < T1, because process \(transactions.process(of: Int(later))) executed T2 "
          + "before T1: a contradiction!",
      ],
      witness: Witness(edges: [
        .init(
          from: 0, to: 1, kind: isRead ? .rw : hasRead ? .wr : .ww,
          ground: .init(
            reason: "T1 came before T2", fromStep: step(of: later, key, isWrite: !isRead),
            toStep: step(of: earlier, key, isWrite: !hasRead), key: key)),
        .init(
          from: 1, to: 0, kind: .process, ground: .init(reason: "one process executed T2 before T1")
        ),
      ]))
  }

  /// A transaction's first step that writes or reads a key.
  private func step(of transaction: Int32, _ key: Int32, isWrite: Bool) -> Int? {
    let transactions = dependencies.transactions
    return transactions.steps(of: Int(transaction)).first {
      transactions.keys[$0] == key && (transactions.kinds[$0] == .write) == isWrite
        && dependencies.chains.slots[$0] >= 0
    }
  }
}
