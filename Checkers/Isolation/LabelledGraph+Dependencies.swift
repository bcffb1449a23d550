import Histories

extension LabelledGraph {
  /// The graph of those transactions that can be in a cycle.
  ///
  /// Transactions are numbered in an order that agrees with time and with each process. A cycle goes
  /// back in that order by dependencies alone, and stays within the spans that these cover: what no
  /// such span covers is left out, which of most histories is almost everything.
  ///
  /// - Complexity: O(*n* + *m*).
  init(_ dependencies: Dependencies) {
    let transactions = dependencies.transactions
    let places = LabelledGraph.places(dependencies)
    var edges: [Edge] = []
    guard let places else {
      self.init(transactions: [], edges: [])
      return
    }
    var members = places.members
    let hubStart = transactions.count
    let hubBase = Int32(members.count)
    members.append(contentsOf: repeatElement(-1, count: dependencies.hubCount))
    @inline(__always) func place(_ node: Int32) -> Int32 {
      Int(node) < hubStart ? places.places[Int(node)] : hubBase + node - Int32(hubStart)
    }
    dependencies.visit { from, to, label in
      let (from, to) = (place(from), place(to))
      if from >= 0, to >= 0 { edges.append(Edge(from: from, to: to, label: label)) }
    }
    LabelledGraph.addSessions(transactions, places, to: &edges)
    if transactions.isTimed {
      LabelledGraph.addTime(transactions, places, to: &edges, &members)
    }
    self.init(transactions: members, edges: edges)
  }

  /// The transactions within the spans of dependencies that go back.
  private struct Places {
    /// For each transaction its place among the members, or -1.
    var places: [Int32]
    var members: [Int32]
  }

  private static func places(_ dependencies: Dependencies) -> Places? {
    let count = dependencies.transactions.count
    // How many spans begin at each transaction, less those that ended before it.
    var changes = [Int32](repeating: 0, count: count + 1)
    var hasHubs = false
    changes.withUnsafeMutableBufferPointer { changes in
      dependencies.visit { from, to, _ in
        guard Int(from) < count, Int(to) < count else {
          hasHubs = true
          return
        }
        guard to < from else { return }
        changes[Int(to)] += 1
        changes[Int(from) + 1] -= 1
      }
    }
    var places = [Int32](repeating: -1, count: count)
    var members: [Int32] = []
    var depth: Int32 = 0
    for transaction in 0..<count {
      depth += changes[transaction]
      // Ways through hubs go back and forth; then everything is kept.
      guard depth > 0 || hasHubs, dependencies.isInstalled[transaction] else { continue }
      places[transaction] = Int32(truncatingIfNeeded: members.count)
      members.append(Int32(truncatingIfNeeded: transaction))
    }
    return members.isEmpty ? nil : Places(places: places, members: members)
  }

  /// Joins each transaction that committed to the next ones of its process.
  private static func addSessions(
    _ transactions: Transactions, _ places: Places, to edges: inout [Edge]
  ) {
    var last = [Int32](repeating: -1, count: transactions.sessionCount)
    // By the order of invocations: an indeterminate transaction precedes nothing.
    for place in places.members.indices {
      let transaction = Int(places.members[place])
      let session = Int(transactions.sessions[transaction])
      if last[session] >= 0 {
        edges.append(Edge(from: last[session], to: Int32(place), label: .process))
      }
      if transactions.outcomes[transaction] == .committed { last[session] = Int32(place) }
    }
  }

  /// Adds the order of time by nodes between what completed and what was invoked after that.
  ///
  /// At an invocation that follows completions a barrier is put between them, and after the barrier
  /// before: so each transaction has three edges, however many are concurrent.
  private static func addTime(
    _ transactions: Transactions, _ places: Places, to edges: inout [Edge],
    _ members: inout [Int32]
  ) {
    // For each line 1 + twice the place of who begins there, or 2 + twice that of who ends there.
    var events = [Int32](repeating: 0, count: transactions.columns.count)
    for (place, transaction) in places.members.enumerated() {
      let code = Int32(truncatingIfNeeded: place << 1)
      events[Int(transactions.begins[Int(transaction)])] = code + 1
      let end = transactions.ends[Int(transaction)]
      if end != Transactions.never { events[Int(end)] = code + 2 }
    }
    var pending: [Int32] = []
    var barrier: Int32 = -1
    for event in events where event != 0 {
      let place = (event - 1) >> 1
      guard event & 1 == 1 else {
        pending.append(place)
        continue
      }
      if !pending.isEmpty {
        let next = Int32(truncatingIfNeeded: members.count)
        members.append(-1)
        if barrier >= 0 { edges.append(Edge(from: barrier, to: next, label: .realtime)) }
        for completed in pending {
          edges.append(Edge(from: completed, to: next, label: .realtime))
        }
        pending.removeAll(keepingCapacity: true)
        barrier = next
      }
      if barrier >= 0 { edges.append(Edge(from: barrier, to: place, label: .realtime)) }
    }
  }
}
