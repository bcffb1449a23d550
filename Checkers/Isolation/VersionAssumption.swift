/// What may be assumed of the order of a register's versions beside what is certain.
public enum VersionAssumption: String, Hashable, Sendable, CaseIterable {
  /// Who read a version and wrote the key wrote a later one, even where read committed is not
  /// promised.
  case writesFollowReads = "wfr"
  /// Each process meets the versions of each key in their order.
  case sequentialKeys = "sequential-keys"
  /// Versions are in an order that agrees with real time, each key for itself.
  case linearizableKeys = "linearizable-keys"
  /// The versions of each key are in the order of their transactions, by completion.
  case transactionOrder = "transaction-order"
}

/// The orders of versions under assumptions, and where the history contradicts these.
struct AssumedOrder {
  private let transactions: Transactions
  private let isInstalled: [Bool]
  private(set) var chains: VersionChains
  /// What contradicts an assumption, in words: the first of each.
  private(set) var broken: [String] = []

  init(
    _ transactions: Transactions, _ isInstalled: [Bool], _ chains: VersionChains,
    _ assumptions: Set<VersionAssumption>
  ) {
    self.transactions = transactions
    self.isInstalled = isInstalled
    self.chains = chains
    self.chains.isAssumed = !assumptions.isEmpty
    if assumptions.contains(.transactionOrder) { takeTransactionOrder() }
    if assumptions.contains(.writesFollowReads) { takeWritesFollowReads() }
    if assumptions.contains(.sequentialKeys) {
      take(sequentialPairs(), .sequentialKeys)
    }
    if assumptions.contains(.linearizableKeys), transactions.isTimed {
      let zones = ChainZones(transactions, isInstalled, self.chains)
      take(zones.pairs(in: self.chains, withInitial: true), .linearizableKeys)
    }
    if transactions.isTimed {
      let zones = ChainZones(transactions, isInstalled, self.chains)
      for pair in zones.pairs(in: self.chains, withInitial: false) {
        later.append((pair.earlier, pair.later, .realtime))
      }
    }
    self.chains.setLater(later)
  }

  private var later: [(earlier: Int32, later: Int32, label: Dependency)] = []

  private mutating func note(_ assumption: VersionAssumption, _ key: Int32, _ problem: String) {
    let prefix = "broken assumption \(assumption.rawValue): "
    guard !broken.contains(where: { $0.hasPrefix(prefix) }) else { return }
    broken.append("\(prefix)\(transactions.keyText(key)) \(problem)")
  }

  /// Adds pairs of chains, but for keys where they go in a circle.
  private mutating func take(
    _ pairs: [(earlier: Int32, later: Int32)], _ assumption: VersionAssumption
  ) {
    let graph = LabelledGraph(
      transactions: Array(repeating: 0, count: chains.keys.count),
      edges: pairs.map { .init(from: $0.earlier, to: $0.later, label: []) })
    let components = Components(graph, LabelledGraph.Ways([]))
    var isBroken = [Bool](repeating: false, count: chains.isOrdered.count)
    for pair in pairs {
      let key = chains.keys[Int(pair.earlier)]
      // Nothing precedes the initial state.
      guard components.areOne(pair.earlier, pair.later) || chains.isInitial(pair.later) else {
        continue
      }
      isBroken[Int(key)] = true
      note(assumption, key, "was read and written in an order that contradicts itself")
    }
    for pair in pairs where !isBroken[Int(chains.keys[Int(pair.earlier)])] {
      if !chains.isInitial(pair.earlier) { later.append((pair.earlier, pair.later, [])) }
    }
  }

  /// The chains of a key that a process met one after the other.
  private func sequentialPairs() -> [(earlier: Int32, later: Int32)] {
    struct Place: Hashable {
      var session: Int32
      var key: Int32
    }
    var last: [Place: Int32] = [:]
    var pairs: [(earlier: Int32, later: Int32)] = []
    for transaction in 0..<transactions.count where isInstalled[transaction] {
      for step in transactions.steps(of: transaction) where chains.slots[step] >= 0 {
        let place = Place(
          session: transactions.sessions[transaction], key: transactions.keys[step])
        let chain = chains.chains[Int(chains.slots[step])]
        if let before = last[place], before != chain { pairs.append((before, chain)) }
        if transactions.outcomes[transaction] == .committed { last[place] = chain }
      }
    }
    return pairs
  }

  private mutating func takeWritesFollowReads() {
    chains.assumesWritesFollowReads = true
    for key in 0..<Int32(chains.isOrdered.count)
    where !chains.isOrdered[Int(key)] && !transactions.isAmbiguous[Int(key)] {
      note(.writesFollowReads, key, "has versions that follow each other in no one order")
    }
  }

  /// Puts the chains of each key into one, by their transactions.
  private mutating func takeTransactionOrder() {
    let ranks = (0..<chains.keys.count).map { chain in
      Int(chains.writers[Int(chains.starts[chain])])
    }
    for key in 0..<Int32(chains.isOrdered.count) {
      // A chain that another one comes between is none of an order of all.
      let others = chains.otherChains(of: key).sorted { ranks[Int($0)] < ranks[Int($1)] }
      let all = chains.firstChains[Int(key)]..<chains.firstChains[Int(key) + 1]
      let order = (all.isEmpty ? [] : [all.lowerBound]) + others
      let writers = order.flatMap { chain in
        chains.slots(of: chain).map { chains.writers[Int($0)] }
      }.filter { $0 >= 0 }
      if zip(writers, writers.dropFirst()).contains(where: { $0 > $1 }) {
        note(.transactionOrder, key, "was read and written in another order")
        chains.isExempt[Int(key)] = true
      }
    }
    chains = chains.completed(byRank: ranks)
  }
}
