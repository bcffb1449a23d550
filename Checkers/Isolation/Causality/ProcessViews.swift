/// Whether each process can have seen all writes that come before what it did in an order of its own,
/// which explains its reads; of registers whose values are written once.
///
/// Causal memory is decided so where the order must agree with all causes (Ahamad and others, Causal
/// memory, Distributed Computing 9, 1995), PRAM where it must agree with the order of each process
/// alone (Lipton and Sandberg, PRAM: a scalable shared memory, 1988). The method is the saturation of
/// Bouajjani and others (On verifying causal consistency, POPL 2017, section 5.3): where a process reads
/// what one transaction wrote, all others that wrote the key and came before the read came before
/// that one. What follows, HB(o), is asked of the last operation o of each process, whose order
/// contains those of the others; Wei and others decide PRAM alike (Verifying PRAM consistency over
/// read/write traces of data replicas, TPDS 2016). A transaction of several steps takes one place in the
/// order, so that the same holds of it.
///
/// What comes before each transaction of the process is a beginning of each lane, so a clock tells it.
/// A write that must come earlier than it is known to adds what comes before it to the clocks from
/// there on, until nothing changes. In the end transactions that come before the same ones of the process
/// may still go in a circle, which a search of these alone finds.
struct ProcessViews {
  /// Why a process can have seen no order.
  enum Violation {
    /// It read the initial state of what a transaction that came before it had written.
    case initialRead(step: Int, writer: Int32)
    /// A read tells that one transaction came before another, which came before it.
    case circle(Derived)
    /// It read what it wrote itself only afterwards.
    case ownFuture(step: Int, writer: Int32)
  }

  /// That one transaction came before another one, as a read of what the latter wrote tells.
  struct Derived: Hashable {
    var from: Int32
    var to: Int32
    var step: Int
  }

  let reads: ReadsFrom
  let order: ViewOrder
  private let lanes: KeyLanes
  /// The committed transactions of each process in its order, process by process.
  private var members: [Int32] = []
  private var starts: [Int32]
  /// For each committed transaction its place among those of its process.
  private var indices: [Int32]

  /// - Complexity: O(*n* log *n*).
  init(_ reads: ReadsFrom, _ order: ViewOrder) {
    self.reads = reads
    self.order = order
    lanes = KeyLanes(reads, order.sessions)
    let transactions = reads.transactions
    var members: [Int32] = []
    var starts = [Int32](repeating: 0, count: transactions.sessionCount + 1)
    var indices = [Int32](repeating: -1, count: transactions.count)
    members.reserveCapacity(transactions.count)
    transactions.forEachBySession { member, session in
      guard transactions.outcomes[Int(member)] == .committed else { return }
      indices[Int(member)] = Int32(truncatingIfNeeded: members.count)
      members.append(member)
      starts[Int(session) + 1] = Int32(truncatingIfNeeded: members.count)
    }
    for session in 0..<transactions.sessionCount {
      starts[session + 1] = max(starts[session + 1], starts[session])
      for place in starts[session]..<starts[session + 1] {
        indices[Int(members[Int(place)])] -= starts[session]
      }
    }
    (self.members, self.starts, self.indices) = (members, starts, indices)
  }

  var sessionCount: Int { starts.count - 1 }

  /// Visits the processes that can have seen no order, each with why.
  ///
  /// - Complexity: O(*n* *k*) for *n* steps and *k* lanes as a rule; more where many writes turn out
  ///   to have come earlier than it seemed, one after the other.
  func visit(
    _ limits: CheckLimits, _ body: (_ session: Int, Violation) -> Void
  ) throws(LimitReached) {
    var longest = 0
    for session in 0..<sessionCount {
      longest = max(longest, Int(starts[session + 1] - starts[session]))
    }
    let rows = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, longest * order.width))
    defer { rows.deallocate() }
    var hints = lanes.starts
    var marks = Marks(reads.transactions)
    for session in 0..<sessionCount {
      try limits.poll()
      var view = view(session, rows)
      if let violation = try view.judge(&hints, &marks, limits) { body(session, violation) }
    }
  }

  /// What tells that a process can have seen no order: all that reads tell of what came before what
  /// until then, in the order in which it was found, and how much of that was found before
  /// circles were looked for.
  func derivations(
    of session: Int
  ) throws(LimitReached) -> (found: [Derived], certain: Int, violation: Violation)? {
    let count = Int(starts[session + 1] - starts[session])
    let rows = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, count * order.width))
    defer { rows.deallocate() }
    var (hints, marks) = (lanes.starts, Marks(reads.transactions))
    var view = view(session, rows)
    view.log = []
    guard let violation = try view.judge(&hints, &marks, CheckLimits()) else { return nil }
    return (view.log ?? [], view.raisedCount, violation)
  }

  private func view(_ session: Int, _ rows: UnsafeMutablePointer<Int32>) -> View {
    View(
      reads: reads, order: order, lanes: lanes, indices: indices, session: Int32(session),
      members: members[Int(starts[session])..<Int(starts[session + 1])], rows: rows)
  }
}

/// Of each version and key the process that was found to read it last.
private struct Marks {
  var versions: [Int32]
  var keys: [Int32]

  init(_ transactions: Transactions) {
    versions = Array(repeating: -1, count: transactions.versionCount)
    keys = Array(repeating: -1, count: transactions.keyCount)
  }
}

/// What comes before each transaction of one process in its order.
private struct View {
  let reads: ReadsFrom
  let order: ViewOrder
  let lanes: KeyLanes
  let indices: [Int32]
  let session: Int32
  let members: ArraySlice<Int32>
  /// For each member the clock of what comes before it.
  let rows: UnsafeMutablePointer<Int32>
  /// What reads tell, where that is of interest.
  var log: [ProcessViews.Derived]?
  /// How many orders had clocks change.
  private(set) var raisedCount = 0

  /// The last read of a version, or of the initial state of a key.
  private struct Read {
    var index: Int32
    var step: Int32
    var source: Int32
    /// From which member on what it shows was there, as far as known; -1 before it is looked at.
    var level: Int32 = -1
  }

  private var found: [Read] = []
  /// For each member whether its clock changed since its reads were looked at.
  private var isChanged: [Bool] = []

  init(
    reads: ReadsFrom, order: ViewOrder, lanes: KeyLanes, indices: [Int32], session: Int32,
    members: ArraySlice<Int32>, rows: UnsafeMutablePointer<Int32>
  ) {
    self.reads = reads
    self.order = order
    self.lanes = lanes
    self.indices = indices
    self.session = session
    self.members = members
    self.rows = rows
  }

  @inline(__always)
  private func member(_ index: Int) -> Int32 { members[members.startIndex + index] }

  @inline(__always)
  private func row(_ index: Int) -> UnsafeMutablePointer<Int32> { rows + index * order.width }

  mutating func judge(
    _ hints: inout [Int32], _ marks: inout Marks, _ limits: CheckLimits
  ) throws(LimitReached) -> ProcessViews.Violation? {
    if let violation = fillRows() { return violation }
    findReads(&marks)
    isChanged = Array(repeating: false, count: members.count)
    var areRaised = true
    while areRaised {
      areRaised = false
      if let violation = sweep(&hints, &areRaised) { return violation }
      if areRaised { try limits.poll() }
    }
    return circle(&hints)
  }

  // MARK: What comes before each transaction

  private func fillRows() -> ProcessViews.Violation? {
    let (width, sessions) = (order.width, order.sessions)
    for index in 0..<members.count {
      let (row, member) = (row(index), member(index))
      if index > 0, order.kind == .programs {
        row.update(from: row - width, count: width)
        order.include(self.member(index - 1), in: row)
      } else {
        row.update(repeating: 0, count: width)
      }
      let (lane, place) = (Int(sessions.lanes[Int(member)]), sessions.places[Int(member)])
      switch order.kind {
      case .causes:
        order.include(member, in: row)
        row[lane] = place
      case .programs:
        for step in reads.transactions.steps(of: Int(member)) where reads.sources[step] >= 0 {
          order.include(reads.sources[step], in: row)
          if row[lane] > place { return .ownFuture(step: step, writer: reads.sources[step]) }
        }
      }
    }
    return nil
  }

  /// Finds the last read of each version, the last first.
  private mutating func findReads(_ marks: inout Marks) {
    let transactions = reads.transactions
    for index in (0..<members.count).reversed() {
      for step in transactions.steps(of: Int(member(index))) {
        let source = reads.sources[step]
        guard source != ReadsFrom.nothing else { continue }
        if source >= 0, transactions.operands[step] >= 0 {
          let version = Int(transactions.operands[step])
          guard marks.versions[version] != session else { continue }
          marks.versions[version] = session
        } else {
          let key = Int(transactions.keys[step])
          guard marks.keys[key] != session else { continue }
          marks.keys[key] = session
        }
        found.append(
          Read(
            index: Int32(truncatingIfNeeded: index), step: Int32(truncatingIfNeeded: step),
            source: source))
      }
    }
  }

  // MARK: What reads tell

  /// Whether a transaction is one of the process that committed.
  private func isOwn(_ transaction: Int32) -> Bool {
    reads.transactions.sessions[Int(transaction)] == session && indices[Int(transaction)] >= 0
  }

  /// The first member that a transaction comes before, or that is the transaction; at most an index
  /// of one that it comes before.
  private func level(of transaction: Int32, upTo index: Int32) -> Int32 {
    if isOwn(transaction) { return indices[Int(transaction)] }
    let lane = Int(order.sessions.lanes[Int(transaction)])
    let place = order.sessions.places[Int(transaction)]
    var (low, high) = (0, Int(index))
    while low < high {
      let middle = (low + high) / 2
      if row(middle)[lane] > place { high = middle } else { low = middle + 1 }
    }
    return Int32(truncatingIfNeeded: low)
  }

  private mutating func sweep(
    _ hints: inout [Int32], _ areRaised: inout Bool
  ) -> ProcessViews.Violation? {
    var place = 0
    while place < found.count {
      let index = Int(found[place].index)
      let isChanged = isChanged[index]
      self.isChanged[index] = false
      while place < found.count, Int(found[place].index) == index {
        if let violation = look(at: place, isChanged, &hints, &areRaised) { return violation }
        place += 1
      }
    }
    return nil
  }

  private mutating func look(
    at place: Int, _ isChanged: Bool, _ hints: inout [Int32], _ areRaised: inout Bool
  ) -> ProcessViews.Violation? {
    let read = found[place]
    let (step, clock) = (Int(read.step), row(Int(read.index)))
    let key = reads.transactions.keys[step]
    guard read.source >= 0 else {
      guard isChanged || read.level < 0 else { return nil }
      found[place].level = read.index
      for lane in lanes.range(of: key) {
        let entry = lanes.last(before: clock[Int(lanes.lanes[lane])], in: lane, &hints[lane])
        if entry >= 0 { return .initialRead(step: step, writer: lanes.writers[entry]) }
      }
      return nil
    }
    let high = read.level < 0 ? read.index : read.level
    let level = level(of: read.source, upTo: high)
    guard isChanged || read.level != level else { return nil }
    found[place].level = level
    let goal = row(Int(level))
    let sourceLane = order.sessions.lanes[Int(read.source)]
    let sourcePlace = order.sessions.places[Int(read.source)]
    for keyLane in lanes.range(of: key) {
      let lane = lanes.lanes[keyLane]
      let entry = lanes.last(before: clock[Int(lane)], in: keyLane, &hints[keyLane])
      guard entry >= 0 else { continue }
      let writer = lanes.writers[entry]
      if lane == sourceLane {
        guard lanes.places[entry] > sourcePlace else { continue }
        return .circle(.init(from: writer, to: read.source, step: step))
      }
      guard lanes.places[entry] >= goal[Int(lane)] else { continue }
      let derived = ProcessViews.Derived(from: writer, to: read.source, step: step)
      areRaised = true
      guard raise(from: Int(level), upTo: Int(read.index), by: writer) else {
        return .circle(derived)
      }
      log?.append(derived)
      raisedCount += 1
    }
    return nil
  }

  /// Has a transaction come before a member, and so before those that follow.
  ///
  /// - Returns: Whether the member does not come before it.
  private mutating func raise(from level: Int, upTo end: Int, by writer: Int32) -> Bool {
    let (width, first) = (order.width, row(level))
    order.include(writer, in: first)
    isChanged[level] = true
    let own = Int(member(level))
    guard first[Int(order.sessions.lanes[own])] <= order.sessions.places[own] else { return false }
    for index in level + 1..<max(end, level + 1) {
      let row = row(index)
      guard ViewOrder.join(row - width, into: row, width) else { break }
      isChanged[index] = true
    }
    return true
  }

  // MARK: Circles of what comes before one member and not the one before that

  private struct Edge {
    var level: Int32
    var derived: ProcessViews.Derived
  }

  private mutating func circle(_ hints: inout [Int32]) -> ProcessViews.Violation? {
    var edges: [Edge] = []
    var hasWrongWay = false
    for read in found where read.source >= 0 && !isOwn(read.source) {
      let clock = row(Int(read.index))
      let before = read.level > 0 ? row(Int(read.level) - 1) : nil
      for keyLane in lanes.range(of: reads.transactions.keys[Int(read.step)]) {
        let lane = Int(lanes.lanes[keyLane])
        let entry = lanes.last(before: clock[lane], in: keyLane, &hints[keyLane])
        guard entry >= 0, lanes.places[entry] >= before?[lane] ?? 0 else { continue }
        let writer = lanes.writers[entry]
        guard writer != read.source, !isOwn(writer) else { continue }
        if order.ranks[Int(writer)] > order.ranks[Int(read.source)] { hasWrongWay = true }
        edges.append(
          Edge(
            level: read.level,
            derived: .init(from: writer, to: read.source, step: Int(read.step))))
      }
    }
    guard hasWrongWay else { return nil }
    edges.sort { $0.level < $1.level }
    var start = 0
    while start < edges.count {
      let next = edges[start...].firstIndex { $0.level != edges[start].level } ?? edges.count
      let batch = edges[start..<next].map(\.derived)
      start = next
      let goesBack = batch.contains {
        order.ranks[Int($0.from)] > order.ranks[Int($0.to)]
      }
      if goesBack, let derived = circle(batch) {
        log?.append(contentsOf: batch)
        return .circle(derived)
      }
    }
    return nil
  }

  /// One of the derived orders that, with the order of causes, go in a circle.
  private func circle(_ batch: [ProcessViews.Derived]) -> ProcessViews.Derived? {
    let sessions = order.sessions
    let nodes = Set(batch.flatMap { [$0.from, $0.to] }).sorted {
      (sessions.lanes[Int($0)], sessions.places[Int($0)])
        < (sessions.lanes[Int($1)], sessions.places[Int($1)])
    }
    var numbers: [Int32: Int32] = [:]
    for (number, node) in nodes.enumerated() {
      numbers[node] = Int32(truncatingIfNeeded: number)
    }
    var edges: [LabelledGraph.Edge] = batch.compactMap { derived in
      guard let from = numbers[derived.from], let to = numbers[derived.to] else { return nil }
      return .init(from: from, to: to, label: .rw)
    }
    // Of each lane the last node that comes before each node.
    var starts: [Int] = []
    for place in nodes.indices
    where place == 0 || sessions.lanes[Int(nodes[place])] != sessions.lanes[Int(nodes[place - 1])] {
      starts.append(place)
    }
    starts.append(nodes.count)
    let clock = UnsafeMutablePointer<Int32>.allocate(capacity: order.width)
    defer { clock.deallocate() }
    for (number, node) in nodes.enumerated() {
      clock.update(repeating: 0, count: order.width)
      order.include(node, in: clock)
      clock[Int(sessions.lanes[Int(node)])] = sessions.places[Int(node)]
      for group in 0..<starts.count - 1 {
        let bound = clock[Int(sessions.lanes[Int(nodes[starts[group]])])]
        var (low, high) = (starts[group], starts[group + 1])
        while low < high {
          let middle = (low + high) / 2
          if sessions.places[Int(nodes[middle])] < bound { low = middle + 1 } else { high = middle }
        }
        guard low > starts[group] else { continue }
        edges.append(
          .init(
            from: Int32(truncatingIfNeeded: low - 1), to: Int32(truncatingIfNeeded: number),
            label: .wr))
      }
    }
    let graph = LabelledGraph(transactions: nodes, edges: edges)
    guard let knot = graph.knots(.init([.wr, .rw])).first else { return nil }
    var members: Set<Int32> = []
    members.formUnion(knot.transactions)
    return batch.first { members.contains($0.from) && members.contains($0.to) }
  }
}
