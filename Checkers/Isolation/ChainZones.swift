/// When the versions of a register's chains were there: the zones of Gibbons and Korach, Testing
/// shared memories, SIAM Journal on Computing, 1997.
///
/// The transactions at one chain's versions take effect without any of another chain in between. So
/// a chain precedes another where one of its transactions completed before one of the other's was
/// invoked, if the store keeps to the order of time.
struct ChainZones {
  /// For each chain its first completion and its last invocation, as lines.
  private var ends: [Int32]
  private var begins: [Int32]

  init(_ transactions: Transactions, _ isInstalled: [Bool], _ chains: VersionChains) {
    ends = Array(repeating: Transactions.never, count: chains.keys.count)
    begins = Array(repeating: -1, count: chains.keys.count)
    for transaction in 0..<transactions.count where isInstalled[transaction] {
      for step in transactions.steps(of: transaction) where chains.slots[step] >= 0 {
        let chain = Int(chains.chains[Int(chains.slots[step])])
        ends[chain] = min(ends[chain], transactions.ends[transaction])
        begins[chain] = max(begins[chain], transactions.begins[transaction])
      }
    }
  }

  /// For each chain a rank by which chains of one key stand in an order that agrees with time, where
  /// there is one.
  ///
  /// Of two that precede each other in one way only, the earlier has the lower of its two moments
  /// before the other's.
  var ranks: [Int] { ends.indices.map { Int(min(ends[$0], begins[$0])) } }

  /// Chains of one key of which the first comes before the second in time, but for what follows
  /// from other such pairs.
  ///
  /// - Parameter withInitial: Whether the initial chain is among them.
  /// - Complexity: O(*c* log *c* + *e*) for *c* chains and *e* results.
  func pairs(
    in chains: VersionChains, withInitial: Bool
  ) -> [(earlier: Int32, later: Int32)] {
    var pairs: [(earlier: Int32, later: Int32)] = []
    for key in 0..<Int32(chains.isOrdered.count) {
      let others = chains.otherChains(of: key)
      guard !others.isEmpty else { continue }
      addPairs(withInitial ? others.lowerBound - 1..<others.upperBound : others, &pairs)
    }
    return pairs
  }

  private func addPairs(
    _ others: Range<Int32>, _ pairs: inout [(earlier: Int32, later: Int32)]
  ) {
    let sorted = others.sorted { (ends[Int($0)], $0) < (ends[Int($1)], $1) }
    // For each prefix of them the three whose last invocations are the latest.
    var latest: [[Int32]] = [[]]
    for chain in sorted {
      let best = ((latest.last ?? []) + [chain]).sorted { begins[Int($0)] > begins[Int($1)] }
      latest.append(Array(best.prefix(3)))
    }
    for chain in others {
      var (low, high) = (0, sorted.count)
      while low < high {
        let middle = (low + high) / 2
        if ends[Int(sorted[middle])] < begins[Int(chain)] {
          low = middle + 1
        } else {
          high = middle
        }
      }
      // Who precedes it, but for those that precede another one which does.
      let between = latest[low].filter { $0 != chain }
      guard let last = between.first else { continue }
      let second = between.count > 1 ? begins[Int(between[1])] : -1
      if ends[Int(last)] >= second { pairs.append((last, chain)) }
      var place = low - 1
      while place >= 0, ends[Int(sorted[place])] >= begins[Int(last)] {
        let earlier = sorted[place]
        if earlier != chain, earlier != last { pairs.append((earlier, chain)) }
        place -= 1
      }
    }
  }
}
