/// The order of each key's versions, as far as it is known.
///
/// Versions of a key whose order is known form a *chain*. The initial state begins a chain, which
/// comes before all others; what the order of the others is may be open. What one transaction made
/// of a key without another in between is one place of a chain, a *slot*, as in Adya's histories,
/// where a transaction installs a version once.
struct VersionChains: Sendable {
  // Of each slot; those of a chain follow each other, and so do the chains of a key.
  /// The transaction that made it, -1 for the initial state.
  var writers: [Int32] = []
  /// Its version, ``Transactions/initial`` for the initial state.
  var versions: [Int32] = []
  var chains: [Int32] = []
  /// Whether who made the slot had read the one before it.
  var isReadBefore: [Bool] = []

  // Of each chain.
  /// The first slot of each chain, and of one more behind the last.
  var starts: [Int32] = [0]
  var keys: [Int32] = []
  /// For each chain the ones that come later by time or by what is assumed, as a range of
  /// `laterChains`; empty where nothing was asked of that.
  private(set) var laterStarts: [Int32] = []
  private(set) var laterChains: [Int32] = []
  /// What that rests on.
  private(set) var laterLabels: [Dependency] = []

  // Of each key.
  /// The first chain of each key, and of one more behind the last.
  var firstChains: [Int32] = [0]
  /// Whether the key's reads and writes agree on an order.
  var isOrdered: [Bool]

  /// Whether it is to be left as it is when chains are put into one.
  var isExempt: [Bool]

  // Of each step.
  /// The slot that it made, or from which it read what others wrote; -1 where there is none.
  var slots: [Int32]

  /// Whether nothing comes between two neighbours of a chain by what was observed alone.
  ///
  /// A list's elements are in order whatever level holds. That a register's version follows the one
  /// that its writer had read is certain where reads are committed, that nothing came in between
  /// only where no update is lost.
  let isObserved: Bool
  /// Whether a version follows the one that its writer had read, whatever level holds.
  var assumesWritesFollowReads = false
  /// Whether something is taken for granted of the order of versions.
  var isAssumed = false
  /// Whether all processes must see versions in these orders.
  var tellsGuarantees: Bool { isObserved || isAssumed }

  init(_ transactions: Transactions, isObserved: Bool) {
    self.isObserved = isObserved
    isOrdered = transactions.isAmbiguous.map { !$0 }
    isExempt = Array(repeating: false, count: transactions.keyCount)
    slots = Array(repeating: -1, count: transactions.keys.count)
  }

  /// Takes pairs of chains of which one comes later than the other.
  mutating func setLater(_ pairs: [(earlier: Int32, later: Int32, label: Dependency)]) {
    laterStarts = Array(repeating: 0, count: keys.count + 1)
    for pair in pairs { laterStarts[Int(pair.earlier) + 1] += 1 }
    for chain in keys.indices { laterStarts[chain + 1] += laterStarts[chain] }
    var next = laterStarts
    laterChains = Array(repeating: 0, count: pairs.count)
    laterLabels = Array(repeating: [], count: pairs.count)
    for pair in pairs {
      let place = Int(next[Int(pair.earlier)])
      laterChains[place] = pair.later
      laterLabels[place] = pair.label
      next[Int(pair.earlier)] += 1
    }
  }

  @inline(__always)
  func isLast(_ slot: Int32) -> Bool { starts[Int(chains[Int(slot)]) + 1] == slot + 1 }

  @inline(__always)
  func isFirst(_ slot: Int32) -> Bool { starts[Int(chains[Int(slot)])] == slot }

  @inline(__always)
  func isInitial(_ chain: Int32) -> Bool { firstChains[Int(keys[Int(chain)])] == chain }

  /// The chains of a key beside the initial one.
  @inline(__always)
  func otherChains(of key: Int32) -> Range<Int32> {
    let (first, end) = (firstChains[Int(key)], firstChains[Int(key) + 1])
    return first == end ? first..<end : first + 1..<end
  }

  func slots(of chain: Int32) -> Range<Int32> { starts[Int(chain)]..<starts[Int(chain) + 1] }

  /// Whether the order of the versions of some key is open.
  var hasOpenChains: Bool { isOrdered.indices.contains { isOpen(Int32($0)) } }

  /// Whether the order of a key's chains is open: the initial one is first for certain.
  private func isOpen(_ key: Int32) -> Bool {
    otherChains(of: key).count > (isObserved ? 1 : 0)
  }

  /// A key whose versions are in no known order.
  var openKey: Int32? {
    (0..<Int32(isOrdered.count)).first { !isOrdered[Int($0)] || isOpen($0) }
  }

  /// Appends a slot to the last chain.
  @inline(__always)
  mutating func addSlot(_ version: Int32, by writer: Int32, isReadBefore: Bool = false) -> Int32 {
    writers.append(writer)
    versions.append(version)
    chains.append(Int32(truncatingIfNeeded: keys.count))
    self.isReadBefore.append(isReadBefore)
    return Int32(truncatingIfNeeded: writers.count - 1)
  }

  /// Ends the chain whose slots were appended.
  @inline(__always)
  mutating func endChain(of key: Int32) {
    keys.append(key)
    starts.append(Int32(truncatingIfNeeded: writers.count))
  }

  /// Takes back the chains and slots of a key.
  mutating func drop(from chain: Int, _ slot: Int) {
    let count = writers.count - slot
    writers.removeLast(count)
    versions.removeLast(count)
    chains.removeLast(count)
    isReadBefore.removeLast(count)
    starts.removeLast(keys.count - chain)
    keys.removeLast(keys.count - chain)
  }

  mutating func endKey() { firstChains.append(Int32(truncatingIfNeeded: keys.count)) }

  /// The same with the chains of each key one after the other, in an order of ranks.
  ///
  /// It is one of the orders that the versions may have had.
  func completed(byRank rank: [Int]) -> VersionChains {
    var whole = self
    (whole.writers, whole.versions, whole.chains, whole.isReadBefore) = ([], [], [], [])
    (whole.starts, whole.keys, whole.firstChains) = ([0], [], [0])
    (whole.laterStarts, whole.laterChains, whole.laterLabels) = ([], [], [])
    whole.isExempt = Array(repeating: false, count: isExempt.count)
    var moved = [Int32](repeating: -1, count: writers.count)
    for key in 0..<Int32(isOrdered.count) {
      let all = firstChains[Int(key)]..<firstChains[Int(key) + 1]
      let others = otherChains(of: key).sorted { (rank[Int($0)], $0) < (rank[Int($1)], $1) }
      for chain in (all.isEmpty ? [] : [all.lowerBound]) + others {
        if isExempt[Int(key)], chain != all.lowerBound { whole.endChain(of: key) }
        for slot in slots(of: chain) {
          moved[Int(slot)] = whole.addSlot(
            versions[Int(slot)], by: writers[Int(slot)], isReadBefore: isReadBefore[Int(slot)])
        }
      }
      if !all.isEmpty { whole.endChain(of: key) }
      whole.endKey()
    }
    for step in slots.indices where slots[step] >= 0 { whole.slots[step] = moved[Int(slots[step])] }
    return whole
  }

  /// The same without what some transactions wrote; what remains of a chain is in its order.
  func without(_ isLeftOut: (Int32) -> Bool) -> VersionChains {
    var rest = self
    (rest.writers, rest.versions, rest.chains, rest.isReadBefore) = ([], [], [], [])
    (rest.starts, rest.keys, rest.firstChains) = ([0], [], [0])
    var movedSlots = [Int32](repeating: -1, count: writers.count)
    var movedChains = [Int32](repeating: -1, count: keys.count)
    for key in 0..<Int32(isOrdered.count) {
      for chain in firstChains[Int(key)]..<firstChains[Int(key) + 1] {
        var isGap = false
        for slot in slots(of: chain) {
          let writer = writers[Int(slot)]
          if writer >= 0, isLeftOut(writer) {
            isGap = true
            continue
          }
          movedSlots[Int(slot)] = rest.addSlot(
            versions[Int(slot)], by: writer, isReadBefore: isReadBefore[Int(slot)] && !isGap)
          isGap = false
        }
        guard let start = rest.starts.last, Int(start) < rest.writers.count else { continue }
        movedChains[Int(chain)] = Int32(rest.keys.count)
        rest.endChain(of: key)
      }
      rest.endKey()
    }
    for step in slots.indices where slots[step] >= 0 {
      rest.slots[step] = movedSlots[Int(slots[step])]
    }
    guard !laterStarts.isEmpty else { return rest }
    var pairs: [(earlier: Int32, later: Int32, label: Dependency)] = []
    for chain in keys.indices where movedChains[chain] >= 0 {
      for place in Int(laterStarts[chain])..<Int(laterStarts[chain + 1]) {
        let later = movedChains[Int(laterChains[place])]
        if later >= 0 { pairs.append((movedChains[chain], later, laterLabels[place])) }
      }
    }
    rest.setLater(pairs)
    return rest
  }
}
