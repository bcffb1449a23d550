/// Visits what must have been committed before what reads show since it is among their causes: in the
/// transitive closure of reads-from and the order of processes.
///
/// What causes a transaction is the beginning of each lane, so a clock tells it: for each lane how
/// many of its transactions. Of the writes of a key in one lane only the last that is among the causes
/// needs to be looked at, and only where it is not among the causes of what the read shows, which it
/// precedes anyway.
struct CausalConstraints {
  private let reads: ReadsFrom
  private let sessions: SessionOrder
  private let order: [Int32]
  private let lanes: KeyLanes
  /// How many lanes are looked at in one pass, which bounds what clocks take of memory.
  private let width: Int

  /// The widest clocks, in lanes: 256 bytes a transaction.
  private static let widthMax = 64

  init(_ reads: ReadsFrom, _ sessions: SessionOrder, _ order: CausalOrder) {
    self.reads = reads
    self.sessions = sessions
    self.order = order.order
    lanes = KeyLanes(reads, sessions)
    width = min(CausalConstraints.widthMax, sessions.laneCount)
  }

  /// Visits each constraint, some more than once.
  ///
  /// - Complexity: O(*n* *k*) for *n* steps and *k* lanes as a rule.
  func visit(_ emit: (CommitConstraint) -> Void) {
    var first = 0
    while first < sessions.laneCount {
      visit(Int32(first)..<Int32(min(first + width, sessions.laneCount)), emit)
      first += width
    }
  }

  private func visit(_ block: Range<Int32>, _ emit: (CommitConstraint) -> Void) {
    let transactions = reads.transactions
    var hints = lanes.starts
    withClocks(block) { transaction, clock, clocks in
      guard transactions.outcomes[Int(transaction)] == .committed else { return }
      for step in transactions.steps(of: Int(transaction)) {
        let shown = reads.sources[step]
        guard shown != ReadsFrom.nothing else { continue }
        let before = shown < 0 ? nil : clocks + Int(shown) * block.count
        for lane in lanes.range(of: transactions.keys[step], in: block) {
          let place = Int(lanes.lanes[lane] &- block.lowerBound)
          let (seen, known) = (clock[place], before?[place] ?? 0)
          guard seen > known else { continue }
          let entry = lanes.last(before: seen, in: lane, &hints[lane])
          guard entry >= 0, lanes.places[entry] >= known else { continue }
          emit(
            CommitConstraint(
              from: lanes.writers[entry], to: shown, read: Int32(truncatingIfNeeded: step)))
        }
      }
    }
  }

  /// Visits all transactions in order, each with a clock of what caused it and the clocks of those
  /// before it, which count these themselves, too.
  private func withClocks(
    _ block: Range<Int32>,
    _ body: (
      _ transaction: Int32, _ clock: UnsafeMutablePointer<Int32>,
      _ clocks: UnsafeMutablePointer<Int32>
    ) -> Void
  ) {
    let (transactions, width) = (reads.transactions, block.count)
    var all = [Int32](repeating: 0, count: transactions.count * width)
    all.withUnsafeMutableBufferPointer { all in
      guard let clocks = all.baseAddress else { return }
      for transaction in order {
        let clock = clocks + Int(transaction) * width
        @inline(__always) func join(_ other: Int32) {
          guard other >= 0 else { return }
          let other = clocks + Int(other) * width
          for place in 0..<width { clock[place] = max(clock[place], other[place]) }
        }
        join(sessions.predecessors[Int(transaction)])
        for step in transactions.steps(of: Int(transaction)) { join(reads.sources[step]) }
        body(transaction, clock, clocks)
        let place = Int(sessions.lanes[Int(transaction)] &- block.lowerBound)
        if place >= 0, place < width { clock[place] = sessions.places[Int(transaction)] + 1 }
      }
    }
  }
}

extension CausalConstraints {
  /// The first transaction whose own reads tell of constraints that contradict causal order, and these
  /// constraints, each of which must come before the next, and the last before the first.
  ///
  /// - Parameter parts: For each transaction the part of the transactions that it is in, see
  ///   ``CommitOrder/parts``, beyond which nothing goes in a circle.
  /// - Throws: Where the clocks would take too much memory.
  /// - Complexity: O(*n* *k* + *c*² *r*) where *r* transactions say of *c* pairs each, in a circle, which
  ///   came first.
  func firstContradiction(_ parts: [Int32]) throws(TooManyLanes) -> [CommitConstraint]? {
    guard !parts.isEmpty else { return nil }
    var found: [CommitConstraint] = []
    visit { constraint in
      let part = parts[Int(constraint.from)]
      guard constraint.to >= 0, part >= 0, parts[Int(constraint.to)] == part else { return }
      found.append(constraint)
    }
    // Those of one transaction follow each other within a pass.
    found.sort { ($0.read, $0.from) < ($1.read, $1.from) }
    let clocks = try PartialClocks(reads, sessions, order, of: found.map(\.to))
    var start = 0
    while start < found.count {
      let reader = reads.transactions.transaction(of: Int(found[start].read))
      let end = reads.transactions.steps(of: reader).upperBound
      let next = found[start...].firstIndex { Int($0.read) >= end } ?? found.count
      // Many reads may say the same of two transactions.
      var pairs: Set<CommitConstraint.Pair> = []
      let constraints = found[start..<next].filter {
        pairs.insert($0.pair).inserted
      }
      if let circle = circle(Array(constraints), clocks) { return circle }
      start = next
    }
    return nil
  }

  /// Constraints each of which leads to the next by causal order.
  private func circle(
    _ constraints: [CommitConstraint], _ clocks: PartialClocks
  ) -> [CommitConstraint]? {
    var edges: [LabelledGraph.Edge] = []
    for (place, first) in constraints.enumerated() {
      for (next, second) in constraints.enumerated()
      where first.to == second.from || clocks.caused(first.to, second.from) {
        if place == next { return [first] }
        edges.append(.init(from: Int32(place), to: Int32(next), label: .rw))
      }
    }
    let graph = LabelledGraph(
      transactions: (0..<Int32(constraints.count)).map { $0 }, edges: edges)
    guard let knot = graph.knots(.init(.rw)).first else { return nil }
    return knot.shortestCycle.map { constraints[Int($0.from)] }
  }
}

/// That clocks of that many lanes would take too much memory.
struct TooManyLanes: Error {}

/// Which of some transactions are among the causes of others.
private struct PartialClocks {
  /// For each lane its place in the clocks, or -1.
  private var places: [Int32]
  private var width = 0
  private var clocks: [Int32]
  private let sessions: SessionOrder

  private static let bytesMax = 1 << 30

  /// - Parameter causes: The transactions that are asked for as causes.
  init(
    _ reads: ReadsFrom, _ sessions: SessionOrder, _ order: [Int32], of causes: [Int32]
  ) throws(TooManyLanes) {
    self.sessions = sessions
    places = Array(repeating: -1, count: sessions.laneCount)
    for cause in causes where places[Int(sessions.lanes[Int(cause)])] < 0 {
      places[Int(sessions.lanes[Int(cause)])] = Int32(truncatingIfNeeded: width)
      width += 1
    }
    let count = reads.transactions.count * width
    guard count * MemoryLayout<Int32>.stride <= PartialClocks.bytesMax else { throw TooManyLanes() }
    clocks = Array(repeating: 0, count: count)
    for transaction in order {
      let start = Int(transaction) * width
      func join(_ cause: Int32, _ clocks: inout [Int32]) {
        guard cause >= 0 else { return }
        for place in 0..<width {
          clocks[start + place] = max(clocks[start + place], clocks[Int(cause) * width + place])
        }
        let place = places[Int(sessions.lanes[Int(cause)])]
        guard place >= 0 else { return }
        let length = sessions.places[Int(cause)] + 1
        clocks[start + Int(place)] = max(clocks[start + Int(place)], length)
      }
      join(sessions.predecessors[Int(transaction)], &clocks)
      for step in reads.transactions.steps(of: Int(transaction)) {
        join(reads.sources[step], &clocks)
      }
    }
  }

  /// Whether one of the transactions that were asked for is among the causes of another.
  func caused(_ cause: Int32, _ effect: Int32) -> Bool {
    let place = Int(places[Int(sessions.lanes[Int(cause)])])
    return clocks[Int(effect) * width + place] > sessions.places[Int(cause)]
  }
}
