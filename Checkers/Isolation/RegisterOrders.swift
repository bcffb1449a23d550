/// The order of each register's versions as far as transactions show it that read one version and
/// wrote another, and what contradicts it.
///
/// Who reads a version and writes the key wrote the next version: so versions form *chains*, in
/// which nothing else comes between. The initial state begins one of them, and comes before all
/// others. Chains are not ordered among each other but by time, see ``ChainZones``.
struct RegisterOrders {
  private let history: Transactions
  private let scan: ReadScan
  private(set) var incidents: Incidents

  /// For each transaction and key that it touched, what it did there.
  private struct Visit {
    var key: Int32
    var transaction: Int32
    /// The write that it observed; ``initial``, or ``unresolved`` where it did not read or what it
    /// read is no version.
    var read: Int32
    /// The version that it left; -1 where it wrote nothing.
    var write: Int32
  }

  private static let initial: Int32 = -1
  private static let unresolved: Int32 = -2

  /// - Complexity: O(*n* log *n*).
  init(_ history: Transactions, _ scan: ReadScan) {
    self.history = history
    self.scan = scan
    incidents = scan.incidents
    let visits = visits()
    var start = 0
    while start < visits.count {
      let end = visits[start...].firstIndex { $0.key != visits[start].key } ?? visits.count
      if !history.isAmbiguous[Int(visits[start].key)] { judge(Array(visits[start..<end])) }
      start = end
    }
  }

  /// The visits of transactions that took effect, by key and then in the order of the history.
  private func visits() -> [Visit] {
    var visits: [Visit] = []
    var last = [Int32](repeating: -1, count: history.keyCount)
    for transaction in 0..<history.count where scan.isInstalled[transaction] {
      let begin = Int32(visits.count)
      for step in history.steps(of: transaction) {
        let key = history.keys[step]
        if last[Int(key)] < begin {
          last[Int(key)] = Int32(visits.count)
          visits.append(
            Visit(
              key: key, transaction: Int32(transaction), read: RegisterOrders.unresolved, write: -1)
          )
        }
        let place = Int(last[Int(key)])
        if history.writes[step] >= 0 { visits[place].write = history.writes[step] }
        if scan.isExternal[step] { visits[place].read = version(step, transaction) }
      }
    }
    return visits.sorted { ($0.key, $0.transaction) < ($1.key, $1.transaction) }
  }

  /// The version that a read shows, where it is one: nothing aborted, overwritten by its own writer,
  /// or the reader's own.
  private func version(_ step: Int, _ transaction: Int) -> Int32 {
    guard let observed = history.observed(by: step) else { return RegisterOrders.unresolved }
    guard let element = history.elements[observed].first else { return RegisterOrders.initial }
    guard element >= 0, !history.isAborted(element) else { return RegisterOrders.unresolved }
    let writer = Int(history.writers[Int(element)])
    let key = history.keys[step]
    let final = history.steps(of: writer).last {
      history.keys[$0] == key && history.writes[$0] >= 0
    }
    return writer != transaction && final == Int(history.writeSteps[Int(element)])
      ? element : RegisterOrders.unresolved
  }
}

extension RegisterOrders {
  private mutating func judge(_ visits: [Visit]) {
    let key = visits[0].key
    // Who wrote next to each version.
    var next: [Int32: Int] = [:]
    var isSound = true
    for (place, visit) in visits.enumerated()
    where visit.write >= 0 && visit.read != RegisterOrders.unresolved {
      if let first = next[visit.read] {
        isSound = false
        addLostUpdate(visits[first], visit)
      } else {
        next[visit.read] = place
      }
    }
    guard isSound else { return }
    guard let chains = chains(of: visits, next) else { return addCircle(of: visits, next) }
    addMissedFromInitial(visits, key)
    for chain in chains {
      var sweep = OrderSweep(history, chain, adding: incidents)
      sweep.sweepTime()
      sweep.sweepProcesses()
      incidents = sweep.incidents
    }
    if let conflict = ChainZones(history, chains).conflict { addConflict(conflict, key) }
  }

  /// The chains of a key, that of the initial state first; nothing where one is a circle.
  private func chains(of visits: [Visit], _ next: [Int32: Int]) -> [VersionOrder]? {
    let followers = Set(next.values)
    let heads = visits.indices.filter { visits[$0].write >= 0 && !followers.contains($0) }
    // For each version its chain and its level.
    var places: [Int32: (chain: Int, level: Int32)] = [RegisterOrders.initial: (0, 0)]
    var chains: [VersionOrder] = []
    func follow(from version: Int32, level: Int32) {
      var (version, level) = (version, level)
      var chain = VersionOrder(key: visits[0].key, isReadBeforeWrite: true)
      func append(by transaction: Int32) {
        chain.successors.append(
          VersionOrder.Successor(
            below: Int32(chain.successors.count), transaction: transaction))
      }
      if level == 1 { append(by: history.writers[Int(version)]) }
      places[version] = (chains.count, level)
      while let place = next[version] {
        level += 1
        version = visits[place].write
        append(by: visits[place].transaction)
        places[version] = (chains.count, level)
      }
      chains.append(chain)
    }
    follow(from: RegisterOrders.initial, level: 0)
    for head in heads { follow(from: visits[head].write, level: 1) }
    for visit in visits {
      var found = VersionOrder.Visit(transaction: visit.transaction)
      var chain = 0
      if visit.write >= 0 {
        guard let place = places[visit.write] else { return nil }
        (chain, found.above) = place
        found.below = found.above - 1
      }
      if visit.read != RegisterOrders.unresolved {
        guard let place = places[visit.read] else { return nil }
        (chain, found.read) = place
      }
      if found.above >= 0 || found.read >= 0 { chains[chain].visits.append(found) }
    }
    return chains
  }

  /// Adds reads of the initial state by a process that had read or written another chain.
  ///
  /// In time such reads are conflicts of zones.
  private mutating func addMissedFromInitial(_ visits: [Visit], _ key: Int32) {
    var inInitialChain: Set<Int32> = [RegisterOrders.initial]
    var reached: [Int: (wrote: Int32, read: Int32)] = [:]
    var version = RegisterOrders.initial
    let next = Dictionary(
      visits.lazy.filter { $0.write >= 0 && $0.read != RegisterOrders.unresolved }
        .map { ($0.read, $0.write) }, uniquingKeysWith: { first, _ in first })
    while let following = next[version], inInitialChain.insert(following).inserted {
      version = following
    }
    for visit in visits {
      let process = history.processes[Int(visit.transaction)]
      var (wrote, read) = reached[process] ?? (-1, -1)
      if visit.read == RegisterOrders.initial, max(wrote, read) >= 0 {
        addInitialRead(visit, after: Int(max(wrote, read)), key, .gSingleProcess)
        if wrote >= 0 { addInitialRead(visit, after: Int(wrote), key, .unreadOwnWrite) }
        if read >= 0 { addInitialRead(visit, after: Int(read), key, .nonmonotonicRead) }
      }
      guard history.outcomes[Int(visit.transaction)] == .committed else { continue }
      if visit.write >= 0, !inInitialChain.contains(visit.write) { wrote = visit.transaction }
      if visit.read >= 0, !inInitialChain.contains(visit.read) { read = visit.transaction }
      reached[process] = (wrote, read)
    }
  }
}

extension RegisterOrders {
  private mutating func addLostUpdate(_ first: Visit, _ second: Visit) {
    let key = history.keyText(first.key)
    let version =
      first.read == RegisterOrders.initial
      ? "the initial state of \(key)" : "\(key) = \(history.text(of: first.read))"
    guard incidents.note(.lostUpdate) else { return }
    incidents.show(
      .lostUpdate,
      Incidents.Incident(
        transactions: [Int(first.transaction), Int(second.transaction)],
        reasons: ["T1 and T2 both read \(version), and both wrote it"]))
  }

  /// Adds a circle of transactions each of which read what the one before it wrote.
  private mutating func addCircle(of visits: [Visit], _ next: [Int32: Int]) {
    var version = RegisterOrders.initial
    var left = Set(visits.lazy.filter { $0.write >= 0 }.map(\.write))
    let followers = Set(next.values)
    let heads = visits.indices.filter { visits[$0].write >= 0 && !followers.contains($0) }
    for start in [RegisterOrders.initial] + heads.map({ visits[$0].write }) {
      version = start
      left.remove(version)
      while let place = next[version] {
        version = visits[place].write
        left.remove(version)
      }
    }
    while let start = left.min() {
      var circle: [Int] = []
      version = start
      while left.remove(version) != nil, let place = next[version] {
        circle.append(Int(visits[place].transaction))
        version = visits[place].write
      }
      let key = history.keyText(visits[0].key)
      guard incidents.note(.g1c) else { return }
      incidents.show(
        .g1c,
        Incidents.Incident(
          transactions: Array(circle.prefix(8)),
          reasons: [
            "each of \(circle.count) transactions read from \(key) what the one before it wrote, "
              + "and the first what the last wrote: a contradiction!"
          ]))
    }
  }

  private mutating func addInitialRead(
    _ visit: Visit, after earlier: Int, _ key: Int32, _ phenomenon: Phenomenon
  ) {
    let later = Int(visit.transaction)
    guard incidents.note(phenomenon) else { return }
    incidents.show(
      phenomenon,
      Incidents.Incident(
        transactions: [later, earlier],
        reasons: [
          "T1 < T2, because T1 observed the initial state of \(history.keyText(key)), which T2 "
            + "no longer did",
          history.precedence(of: (earlier, "T2"), over: (later, "T1"), .process),
        ]))
  }

  private mutating func addConflict(_ conflict: ChainZones.Conflict, _ key: Int32) {
    let text = history.keyText(key)
    let second = conflict.second
    guard let first = conflict.first else {
      guard incidents.note(.gSingleRealtime) else { return }
      incidents.show(
        .gSingleRealtime,
        Incidents.Incident(
          transactions: [Int(second.later), Int(second.earlier)],
          reasons: [
            "T1 < T2, because T1 is at the initial state of \(text), or at a version that follows "
              + "from it with nothing in between, and T2 is not",
            history.precedence(
              of: (Int(second.earlier), "T2"), over: (Int(second.later), "T1"), .realtime),
          ]))
      return
    }
    guard incidents.note(.gSingleRealtime) else { return }
    incidents.show(
      .gSingleRealtime,
      Incidents.Incident(
        transactions: [first.earlier, first.later, second.earlier, second.later].map { Int($0) },
        reasons: [
          "T1 and T4 are at versions of \(text) that no other comes between, and so are T2 and T3",
          "So T1 and T4 < T2 and T3, because T1 completed before T2 was invoked",
          "However, T2 and T3 < T1 and T4, because T3 completed before T4 was invoked: "
            + "a contradiction!",
        ]))
  }
}
