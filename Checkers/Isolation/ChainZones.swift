/// Decides whether chains of a register's versions can be brought into an order that agrees with
/// time: the zones of Gibbons and Korach, Testing shared memories, SIAM Journal on Computing, 1997.
///
/// The transactions at one chain's versions take effect without any of another chain in between. So
/// a chain precedes another where one of its transactions completed before one of the other's was
/// invoked, and two that precede each other contradict. Longer circles need no search: of chains
/// that precede each other in a circle two do so in pairs.
struct ChainZones {
  /// One transaction completed before another was invoked.
  struct Precedence {
    var earlier: Int32
    var later: Int32
  }

  /// Two chains that precede each other.
  struct Conflict {
    /// Why one precedes the other; nothing where it is that of the initial state.
    var first: Precedence?
    /// Why the other precedes the one.
    var second: Precedence
  }

  /// A chain's first completion and its last invocation.
  private struct Zone {
    var firstEnd = Int32.max
    var firstToEnd: Int32 = -1
    var lastBegin: Int32 = -1
    var lastToBegin: Int32 = -1
  }

  private(set) var conflict: Conflict?

  /// - Parameter chains: The chains of one key, that of the initial state first.
  /// - Complexity: O(*v* + *c* log *c*) for *v* visits of *c* chains.
  init(_ history: Transactions, _ chains: [VersionOrder]) {
    let zones = chains.map { chain in
      var zone = Zone()
      for visit in chain.visits {
        let transaction = Int(visit.transaction)
        if history.ends[transaction] < zone.firstEnd {
          (zone.firstEnd, zone.firstToEnd) = (history.ends[transaction], visit.transaction)
        }
        if history.begins[transaction] > zone.lastBegin {
          (zone.lastBegin, zone.lastToBegin) = (history.begins[transaction], visit.transaction)
        }
      }
      return zone
    }
    conflict = ChainZones.conflict(between: zones)
  }

  private static func conflict(between zones: [Zone]) -> Conflict? {
    guard let initial = zones.first else { return nil }
    let others = zones.dropFirst().sorted { $0.firstEnd < $1.firstEnd }
    if let early = others.first, early.firstEnd < initial.lastBegin {
      return Conflict(first: nil, second: precedence(early, initial))
    }
    // For each zone the one, among it and those before it, whose last invocation is the latest.
    var latest: [Int] = []
    for (place, zone) in others.enumerated() {
      if let candidate = candidate(for: zone, among: others[..<place], latest) {
        return Conflict(
          first: precedence(others[candidate], zone), second: precedence(zone, others[candidate]))
      }
      let before = latest.last ?? place
      latest.append(others[before].lastBegin > zone.lastBegin ? before : place)
    }
    return nil
  }

  /// One of the zones that end before `zone` begins, if it begins after `zone` ends.
  private static func candidate(
    for zone: Zone, among earlier: ArraySlice<Zone>, _ latest: [Int]
  ) -> Int? {
    var (low, high) = (0, earlier.count)
    while low < high {
      let middle = (low + high) / 2
      if earlier[middle].firstEnd < zone.lastBegin { low = middle + 1 } else { high = middle }
    }
    guard low > 0, earlier[latest[low - 1]].lastBegin > zone.firstEnd else { return nil }
    return latest[low - 1]
  }

  private static func precedence(_ earlier: Zone, _ later: Zone) -> Precedence {
    Precedence(earlier: earlier.firstToEnd, later: later.lastToBegin)
  }
}
