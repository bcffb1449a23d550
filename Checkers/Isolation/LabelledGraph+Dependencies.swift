internal import Histories

/// What a graph of operations is made of: when each was, whose it was, and what depends on what.
protocol Precedences {
  /// How many operations there are, numbered in an order that agrees with time and with each process.
  var count: Int { get }
  /// For each operation whether it took effect; only those have a node.
  var isInstalled: [Bool] { get }
  /// For each operation the number of its process, from 0.
  var sessions: [Int32] { get }
  var sessionCount: Int { get }
  /// For each operation the line where it began, and the one where it ended; an operation without an
  /// end, ``Transactions/never``, precedes none.
  var begins: [Int32] { get }
  var ends: [Int32] { get }
  /// Whether the order of lines is that of time.
  var isTimed: Bool { get }
  var lineCount: Int { get }
  /// The nodes beside operations, which follow them in number.
  var hubCount: Int { get }

  /// Visits each dependency: who comes first, who comes next, and why.
  func visit(_ emit: (Int32, Int32, Dependency) -> Void)
}

extension Dependencies: Precedences {
  var count: Int { transactions.count }
  var sessions: [Int32] { transactions.sessions }
  var sessionCount: Int { transactions.sessionCount }
  var begins: [Int32] { transactions.begins }
  var ends: [Int32] { transactions.ends }
  var isTimed: Bool { transactions.isTimed }
  var lineCount: Int { transactions.columns.count }
}

extension LabelledGraph {
  /// The graph of those operations that can be in a cycle.
  ///
  /// A cycle goes back in the order of operations by dependencies alone, and stays within the spans
  /// that these cover: what no such span covers is left out, which of most histories is almost
  /// everything.
  ///
  /// - Complexity: O(*n* + *m*).
  init(_ dependencies: some Precedences) {
    let places = LabelledGraph.places(dependencies)
    var edges: [Edge] = []
    guard let places else {
      self.init(transactions: [], edges: [])
      return
    }
    var members = places.members
    let hubStart = dependencies.count
    let hubBase = Int32(members.count)
    members.append(contentsOf: repeatElement(-1, count: dependencies.hubCount))
    @inline(__always) func place(_ node: Int32) -> Int32 {
      Int(node) < hubStart ? places.places[Int(node)] : hubBase + node - Int32(hubStart)
    }
    dependencies.visit { from, to, label in
      let (from, to) = (place(from), place(to))
      if from >= 0, to >= 0 { edges.append(Edge(from: from, to: to, label: label)) }
    }
    LabelledGraph.addSessions(dependencies, places, to: &edges)
    if dependencies.isTimed {
      LabelledGraph.addTime(dependencies, places, to: &edges, &members)
    }
    self.init(transactions: members, edges: edges)
  }

  /// The operations within the spans of dependencies that go back.
  private struct Places {
    /// For each operation its place among the members, or -1.
    var places: [Int32]
    var members: [Int32]
  }

  private static func places(_ dependencies: some Precedences) -> Places? {
    let count = dependencies.count
    let isInstalled = dependencies.isInstalled
    // How many spans begin at each operation, less those that ended before it.
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
    for operation in 0..<count {
      depth += changes[operation]
      // Ways through hubs go back and forth; then everything is kept.
      guard depth > 0 || hasHubs, isInstalled[operation] else { continue }
      places[operation] = Int32(truncatingIfNeeded: members.count)
      members.append(Int32(truncatingIfNeeded: operation))
    }
    return members.isEmpty ? nil : Places(places: places, members: members)
  }

  /// Joins each operation that ended to the next ones of its process.
  private static func addSessions(
    _ dependencies: some Precedences, _ places: Places, to edges: inout [Edge]
  ) {
    let (sessions, ends) = (dependencies.sessions, dependencies.ends)
    var last = [Int32](repeating: -1, count: dependencies.sessionCount)
    // By the order of invocations: an indeterminate operation precedes nothing.
    for place in places.members.indices {
      let operation = Int(places.members[place])
      let session = Int(sessions[operation])
      if last[session] >= 0 {
        edges.append(Edge(from: last[session], to: Int32(place), label: .process))
      }
      if ends[operation] != Transactions.never { last[session] = Int32(place) }
    }
  }

  /// Adds the order of time by nodes between what completed and what was invoked after that.
  ///
  /// At an invocation that follows completions a barrier is put between them, and after the barrier
  /// before: so each operation has three edges, however many are concurrent.
  private static func addTime(
    _ dependencies: some Precedences, _ places: Places, to edges: inout [Edge],
    _ members: inout [Int32]
  ) {
    // For each line 1 + twice the place of who begins there, or 2 + twice that of who ends there.
    var events = [Int32](repeating: 0, count: dependencies.lineCount)
    let (begins, ends) = (dependencies.begins, dependencies.ends)
    for (place, operation) in places.members.enumerated() {
      let code = Int32(truncatingIfNeeded: place << 1)
      events[Int(begins[Int(operation)])] = code + 1
      let end = ends[Int(operation)]
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
