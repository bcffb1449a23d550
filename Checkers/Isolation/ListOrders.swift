/// The order of each list's elements as reads show it, and what contradicts it.
///
/// The longest read of a key tells the order; every other read must be a prefix of it (Kingsbury
/// and Alvaro, Elle, VLDB 2020, section 4.2). An element that no read shows was appended after all
/// that reads show, or not at all.
struct ListOrders {
  private let history: Transactions
  private let scan: ReadScan
  private(set) var incidents: Incidents

  /// For each key the longest read without an element that is there twice; -1 where there is none.
  private var longest: [Int32]
  /// For each key whether reads and writes agree on one order.
  private var isOrdered: [Bool]
  /// For each read whether an element is there twice.
  private var hasDuplicates: [Bool]
  /// For each write its place in its key's order, or -1.
  private var places: [Int32]
  /// For each key, as ranges of `touching`, the transactions that took effect and touched it.
  private var touchingStarts: [Int32]
  private var touching: [Int32]

  /// - Complexity: O(*n* log *n*), where *n* counts the elements of reads, too.
  init(_ history: Transactions, _ scan: ReadScan) {
    self.history = history
    self.scan = scan
    incidents = scan.incidents
    longest = Array(repeating: -1, count: history.keyCount)
    isOrdered = history.isAmbiguous.map { !$0 }
    hasDuplicates = Array(repeating: false, count: history.keys.count)
    places = Array(repeating: -1, count: history.writeCount)
    touchingStarts = []
    touching = []
    findLongestReads()
    findIncompatibleReads()
    groupByKey()
    for key in 0..<Int32(history.keyCount) where isOrdered[Int(key)] { judge(key) }
  }

  private mutating func findLongestReads() {
    var met = [Int32](repeating: -1, count: history.writeCount)
    forEachRead { list, step, key in
      for element in list.history.elements[list.observed(step)] where element >= 0 {
        if met[Int(element)] == Int32(step) { list.hasDuplicates[step] = true }
        met[Int(element)] = Int32(step)
      }
      guard !list.hasDuplicates[step] else { return }
      let known = list.longest[key]
      if known < 0 || list.observed(step).count > list.observed(Int(known)).count {
        list.longest[key] = Int32(step)
      }
    }
  }

  private mutating func findIncompatibleReads() {
    forEachRead { list, step, key in
      guard !list.hasDuplicates[step], !list.history.isAmbiguous[key] else { return }
      let longest = Int(list.longest[key])
      guard !list.isPrefix(step, of: longest) else { return }
      list.isOrdered[key] = false
      list.addIncompatible(step, longest)
    }
    for key in 0..<history.keyCount where isOrdered[key] && longest[key] >= 0 {
      for (place, element) in history.elements[observed(Int(longest[key]))].enumerated()
      where element >= 0 { places[Int(element)] = Int32(place) }
    }
  }

  private mutating func forEachRead(_ body: (inout ListOrders, _ step: Int, _ key: Int) -> Void) {
    for step in history.keys.indices where history.observed(by: step) != nil {
      body(&self, step, Int(history.keys[step]))
    }
  }

  private func observed(_ step: Int) -> Range<Int> { history.observed(by: step) ?? 0..<0 }

  private func isPrefix(_ step: Int, of longest: Int) -> Bool {
    let (elements, all) = (history.elements[observed(step)], history.elements[observed(longest)])
    return zip(elements, all).allSatisfy { a, b in
      a == b || (a < 0 && b < 0 && history.garbage[Int(~a)] == history.garbage[Int(~b)])
    }
  }

  private mutating func groupByKey() {
    touchingStarts = Array(repeating: 0, count: history.keyCount + 1)
    var last = [Int32](repeating: -1, count: history.keyCount)
    var pairs: [(key: Int32, transaction: Int32)] = []
    for transaction in 0..<history.count where scan.isInstalled[transaction] {
      for step in history.steps(of: transaction) {
        let key = history.keys[step]
        guard last[Int(key)] != Int32(transaction) else { continue }
        last[Int(key)] = Int32(transaction)
        pairs.append((key, Int32(transaction)))
        touchingStarts[Int(key) + 1] += 1
      }
    }
    for key in 0..<history.keyCount { touchingStarts[key + 1] += touchingStarts[key] }
    var next = touchingStarts
    touching = Array(repeating: 0, count: pairs.count)
    for (key, transaction) in pairs {
      touching[Int(next[Int(key)])] = transaction
      next[Int(key)] += 1
    }
  }
}

extension ListOrders {
  /// What one transaction did to a key.
  private struct Deeds {
    var read: Int32 = -1
    var writes: [Int32] = []
  }

  private func deeds(of transaction: Int, on key: Int32) -> Deeds {
    var deeds = Deeds()
    for step in history.steps(of: transaction) where history.keys[step] == key {
      if history.writes[step] >= 0 {
        deeds.writes.append(history.writes[step])
      } else if scan.isExternal[step], !hasDuplicates[step] {
        deeds.read = Int32(observed(step).count)
      }
    }
    return deeds
  }

  /// Judges a key whose reads agree on an order.
  private mutating func judge(_ key: Int32) {
    let order = Array(
      longest[Int(key)] < 0 ? [] : history.elements[observed(Int(longest[Int(key)]))])
    let successors = successors(in: order)
    var versions = VersionOrder(
      key: key, successors: successors, isReadBeforeWrite: false)
    var writersByRead: [(read: Int32, transaction: Int32)] = []
    var isSound = true
    for place in touchingStarts[Int(key)]..<touchingStarts[Int(key) + 1] {
      let transaction = touching[Int(place)]
      let deeds = deeds(of: Int(transaction), on: key)
      if !areInOrder(deeds.writes, transaction, order) { isSound = false }
      let visit = visit(transaction, deeds, Int32(order.count))
      versions.visits.append(visit)
      guard deeds.read >= 0, !deeds.writes.isEmpty else { continue }
      writersByRead.append((deeds.read, transaction))
      addMissed(visit, order, key)
    }
    addLostUpdates(writersByRead, key)
    guard isSound else { return }
    var sweep = OrderSweep(history, versions, adding: incidents)
    sweep.sweepTime()
    sweep.sweepProcesses()
    incidents = sweep.incidents
  }

  /// For each level the next element that took effect.
  private func successors(in order: [Int32]) -> [VersionOrder.Successor] {
    var successors = [VersionOrder.Successor](
      repeating: VersionOrder.Successor(), count: order.count)
    var next = VersionOrder.Successor()
    for place in order.indices.reversed() {
      let element = order[place]
      if element >= 0, !history.isAborted(element) {
        next = VersionOrder.Successor(
          below: Int32(place), transaction: history.writers[Int(element)])
      }
      successors[place] = next
    }
    return successors
  }

  private func visit(
    _ transaction: Int32, _ deeds: Deeds, _ length: Int32
  ) -> VersionOrder.Visit {
    var visit = VersionOrder.Visit(transaction: transaction, read: deeds.read)
    guard let first = deeds.writes.first, let last = deeds.writes.last else { return visit }
    visit.below = places[Int(first)] < 0 ? VersionOrder.Visit.somewhere : places[Int(first)]
    visit.above = (places[Int(last)] < 0 ? length : places[Int(last)]) + 1
    return visit
  }

  /// Whether a transaction's elements stand in the order in which it appended them; adds what
  /// contradicts that, and who appended in between.
  private mutating func areInOrder(
    _ writes: [Int32], _ transaction: Int32, _ order: [Int32]
  ) -> Bool {
    for (first, second) in zip(writes, writes.dropFirst()) {
      let (low, high) = (places[Int(first)], places[Int(second)])
      if high >= 0, low < 0 || low > high {
        addReversed(first, second, transaction)
        return false
      }
      guard low >= 0 else { continue }
      let end = high < 0 ? order.count : Int(high)
      let between = order[Int(low) + 1..<end].first { element in
        element >= 0 && !history.isAborted(element)
          && history.writers[Int(element)] != transaction
      }
      if let between { addInterleaved(first, between, second) }
    }
    return true
  }
}

extension ListOrders {
  private mutating func addIncompatible(_ step: Int, _ longest: Int) {
    let readers = [transaction(of: step), transaction(of: longest)]
    guard incidents.note(.incompatibleOrder) else { return }
    incidents.show(
      .incompatibleOrder,
      Incidents.Incident(
        transactions: readers,
        reasons: [
          "T1 read \(history.text(observedBy: step)) from \(history.keyText(history.keys[step])), "
            + "where T2 read \(history.text(observedBy: longest)): neither is the other's beginning"
        ]))
  }

  private func transaction(of step: Int) -> Int {
    var (low, high) = (0, history.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if history.starts[middle] <= Int32(step) { low = middle } else { high = middle }
    }
    return low
  }

  private func text(_ write: Int32) -> String { history.text(of: write) }

  private mutating func addReversed(_ first: Int32, _ second: Int32, _ transaction: Int32) {
    let key = history.key(of: first)
    let longest = Int(longest[Int(key)])
    guard incidents.note(.incompatibleOrder) else { return }
    incidents.show(
      .incompatibleOrder,
      Incidents.Incident(
        transactions: [Int(transaction), self.transaction(of: longest)],
        reasons: [
          "T1 appended \(text(first)) before \(text(second)), but T2 read "
            + "\(history.text(observedBy: longest)) from \(history.keyText(key))"
        ]))
  }

  private mutating func addInterleaved(_ first: Int32, _ between: Int32, _ second: Int32) {
    let writers = [first, between].map { Int(history.writers[Int($0)]) }
    guard incidents.note(.g0) else { return }
    incidents.show(
      .g0,
      Incidents.Incident(
        transactions: writers,
        reasons: [
          "T1 < T2, because T2 appended \(text(between)) after T1 appended \(text(first)) to "
            + history.keyText(history.key(of: first)),
          "However, T2 < T1, because T1 appended \(text(second)) after that: a contradiction!",
        ]))
  }

  /// Adds what a transaction did not see of the elements before its own.
  private mutating func addMissed(
    _ visit: VersionOrder.Visit, _ order: [Int32], _ key: Int32
  ) {
    let end = visit.below == VersionOrder.Visit.somewhere ? Int32(order.count) : visit.below
    guard visit.read < end else { return }
    let missed = order[Int(visit.read)..<Int(end)].first { element in
      element >= 0 && !history.isAborted(element)
    }
    guard let missed, history.writers[Int(missed)] != visit.transaction else { return }
    guard incidents.note(.gSingle) else { return }
    incidents.show(
      .gSingle,
      Incidents.Incident(
        transactions: [Int(visit.transaction), Int(history.writers[Int(missed)])],
        reasons: [
          "T1 < T2, because T1 did not observe T2's append of \(text(missed)) to "
            + history.keyText(key),
          "However, T2 < T1, because T1 appended to \(history.keyText(key)) after that: "
            + "a contradiction!",
        ]))
  }

  private mutating func addLostUpdates(
    _ writers: [(read: Int32, transaction: Int32)], _ key: Int32
  ) {
    let writers = writers.sorted { ($0.read, $0.transaction) < ($1.read, $1.transaction) }
    for (first, second) in zip(writers, writers.dropFirst()) where first.read == second.read {
      let order = longest[Int(key)] < 0 ? 0..<0 : observed(Int(longest[Int(key)]))
      let version = history.elements[order].prefix(Int(first.read)).last
      guard incidents.note(.lostUpdate) else { continue }
      incidents.show(
        .lostUpdate,
        Incidents.Incident(
          transactions: [Int(first.transaction), Int(second.transaction)],
          reasons: [
            "T1 and T2 both read \(history.keyText(key)) "
              + (version.map { "up to \(text($0))" } ?? "in its initial state")
              + ", and both appended to it"
          ]))
    }
  }
}
