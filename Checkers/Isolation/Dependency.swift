/// What an edge from one transaction to another rests on; a way may take it where all of that is
/// allowed.
struct Dependency: OptionSet, Hashable, Sendable {
  let rawValue: UInt8

  /// The second wrote the version after the first's.
  static let ww = Dependency(rawValue: 1)
  /// The second read a version of the first's.
  static let wr = Dependency(rawValue: 2)
  /// The second wrote the version after one that the first read.
  static let rw = Dependency(rawValue: 4)
  /// One process executed both.
  static let process = Dependency(rawValue: 8)
  /// The first completed before the second was invoked.
  static let realtime = Dependency(rawValue: 16)
  /// Nothing comes between a version that was read and the one that the reader wrote.
  static let chained = Dependency(rawValue: 32)

  @inline(__always)
  func isAllowed(by mask: Dependency) -> Bool { rawValue & ~mask.rawValue == 0 }
}

/// The dependencies of a history, as Adya's serialization graph has them, one after the other.
struct Dependencies {
  let transactions: Transactions
  /// For each transaction whether it took effect.
  let isInstalled: [Bool]
  let chains: VersionChains
  private let fans: [Int32: Fan]
  /// The nodes beside transactions, which follow them in number.
  let hubCount: Int

  init(_ transactions: Transactions, _ isInstalled: [Bool], _ chains: VersionChains) {
    self.transactions = transactions
    self.isInstalled = isInstalled
    self.chains = chains
    var hubs = transactions.count
    var fans: [Int32: Fan] = [:]
    let readers = Dependencies.readersBeforeOpenChains(transactions, chains)
    for key in 0..<Int32(transactions.keyCount) where readers[Int(key)] > 0 {
      let heads = chains.otherChains(of: key).map {
        chains.writers[Int(chains.starts[Int($0)])]
      }
      let count = readers[Int(key)]
      guard count * heads.count > 8 * (count + heads.count) + 64 else { continue }
      fans[key] = Fan(heads: heads.sorted(), firstHub: Int32(hubs))
      hubs += 2 * heads.count
    }
    self.fans = fans
    hubCount = hubs - transactions.count
  }

  /// For each key how many reads precede all of its chains but the initial one.
  private static func readersBeforeOpenChains(
    _ transactions: Transactions, _ chains: VersionChains
  ) -> [Int] {
    var readers = [Int](repeating: 0, count: transactions.keyCount)
    for step in transactions.keys.indices where transactions.kinds[step] != .write {
      let slot = chains.slots[step]
      guard slot >= 0 else { continue }
      let key = transactions.keys[step]
      guard !chains.otherChains(of: key).isEmpty, chains.isInitial(chains.chains[Int(slot)]),
        chains.isLast(slot) || !chains.isObserved && chains.isFirst(slot)
      else { continue }
      readers[Int(key)] += 1
    }
    return readers
  }

  /// Visits each dependency, some more than once.
  ///
  /// - Parameter emit: Takes who comes first, who comes next, and why. Beside transactions there are
  ///   hubs, which stand for all that their edges lead to.
  @inline(__always)
  func visit(_ emit: (Int32, Int32, Dependency) -> Void) {
    forEachRead(emit)
    forEachWrite(emit)
    for (_, fan) in fans.sorted(by: { $0.key < $1.key }) { fan.visit(emit) }
  }

  @inline(__always)
  private func forEachRead(_ emit: (Int32, Int32, Dependency) -> Void) {
    for transaction in 0..<Int32(transactions.count)
    where transactions.outcomes[Int(transaction)] == .committed {
      for step in transactions.steps(of: Int(transaction))
      where transactions.kinds[step] != .write {
        let slot = chains.slots[step]
        guard slot >= 0 else {
          if transactions.showsOthers(step), let writer = transactions.looseWriter(of: step),
            writer != transaction
          {
            emit(writer, transaction, .wr)
          }
          continue
        }
        let writer = chains.writers[Int(slot)]
        if writer >= 0, writer != transaction { emit(writer, transaction, .wr) }
        if !chains.isLast(slot) {
          let next = chains.writers[Int(slot) + 1]
          if next != transaction { emit(transaction, next, .rw) }
        }
        if chains.isLast(slot) || !chains.isObserved && chains.isFirst(slot) {
          forEachOpen(transaction, slot, .rw, emit)
        }
      }
    }
  }

  /// Visits what comes next where a chain is over, or after the initial state.
  private func forEachOpen(
    _ transaction: Int32, _ slot: Int32, _ label: Dependency,
    _ emit: (Int32, Int32, Dependency) -> Void
  ) {
    let chain = chains.chains[Int(slot)]
    let key = chains.keys[Int(chain)]
    guard chains.isInitial(chain) else {
      if chains.isLast(slot) { forEachLater(transaction, chain, label, emit) }
      return
    }
    let others = chains.otherChains(of: key)
    guard !others.isEmpty else { return }
    if chains.isObserved || chains.isFirst(slot) {
      forEachOpen(transaction, key, others, label, emit)
    } else {
      forEachOpen(transaction, key, others, label.union(.chained), emit)
      // Were the other version before its own, its writer would have missed that one.
      if label == .ww { forEachOpen(transaction, key, others, [.rw, .chained], emit) }
    }
  }

  private func forEachOpen(
    _ transaction: Int32, _ key: Int32, _ others: Range<Int32>, _ label: Dependency,
    _ emit: (Int32, Int32, Dependency) -> Void
  ) {
    if let fan = fans[key] { return fan.forEachEntry(of: transaction, label, emit) }
    for other in others {
      let head = chains.writers[Int(chains.starts[Int(other)])]
      if head != transaction { emit(transaction, head, label) }
    }
  }

  /// Visits the chains that come next by time or by what is assumed.
  private func forEachLater(
    _ transaction: Int32, _ chain: Int32, _ label: Dependency,
    _ emit: (Int32, Int32, Dependency) -> Void
  ) {
    guard !chains.laterStarts.isEmpty else { return }
    let range = chains.laterStarts[Int(chain)]..<chains.laterStarts[Int(chain) + 1]
    for place in range {
      let head = chains.writers[Int(chains.starts[Int(chains.laterChains[Int(place)])])]
      guard head != transaction else { continue }
      let reason = chains.laterLabels[Int(place)].union(.chained)
      emit(transaction, head, label.union(reason))
      if label == .ww { emit(transaction, head, reason.union(.rw)) }
    }
  }

  @inline(__always)
  private func forEachWrite(_ emit: (Int32, Int32, Dependency) -> Void) {
    for slot in 0..<Int32(chains.writers.count) where chains.writers[Int(slot)] >= 0 {
      let writer = chains.writers[Int(slot)]
      if !chains.isLast(slot) {
        // Who read a register's version depends on its writer by that already.
        if chains.isObserved || chains.assumesWritesFollowReads
          || !chains.isReadBefore[Int(slot) + 1]
        {
          let next = chains.writers[Int(slot) + 1]
          if next != writer { emit(writer, next, .ww) }
        }
      } else {
        forEachOpen(writer, slot, .ww, emit)
      }
    }
  }
}

/// Hubs between the many that come before some chains of a key, and the heads of these chains: so
/// that their dependencies are as many as there are of both, and not as pairs of them.
///
/// One hub stands for each head and those after it, one for it and those before it, so that a head
/// can precede all others.
struct Fan {
  /// Who begins the chains, in ascending order.
  let heads: [Int32]
  let firstHub: Int32

  private func hub(from place: Int) -> Int32 { firstHub + Int32(place) }
  private func hub(to place: Int) -> Int32 { firstHub + Int32(heads.count + place) }

  /// Visits the edges between the hubs, and those to the heads.
  func visit(_ emit: (Int32, Int32, Dependency) -> Void) {
    for place in heads.indices {
      emit(hub(from: place), heads[place], [])
      emit(hub(to: place), heads[place], [])
      guard place > 0 else { continue }
      emit(hub(from: place - 1), hub(from: place), [])
      emit(hub(to: place), hub(to: place - 1), [])
    }
  }

  /// Visits the edges from a transaction to all heads but itself.
  func forEachEntry(
    of transaction: Int32, _ label: Dependency, _ emit: (Int32, Int32, Dependency) -> Void
  ) {
    guard let place = place(of: transaction) else {
      return emit(transaction, hub(from: 0), label)
    }
    if place + 1 < heads.count { emit(transaction, hub(from: place + 1), label) }
    if place > 0 { emit(transaction, hub(to: place - 1), label) }
  }

  private func place(of transaction: Int32) -> Int? {
    var (low, high) = (0, heads.count)
    while low < high {
      let middle = (low + high) / 2
      if heads[middle] < transaction { low = middle + 1 } else { high = middle }
    }
    return low < heads.count && heads[low] == transaction ? low : nil
  }
}
