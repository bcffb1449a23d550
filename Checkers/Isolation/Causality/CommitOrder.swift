import Values

/// Whether all transactions can have been committed in one order by a rule, and why not.
///
/// There is such an order where no constraints of the rule, reads-from, the order of processes where
/// that is asked for, and what is known of the order of versions go in a circle.
struct CommitOrder {
  /// The parts of the transactions in which each must have been committed before each other, and the
  /// reads of what must have been overwritten since nothing precedes the initial state.
  private(set) var violationCount = 0
  /// Some of these, the shortest first.
  private(set) var incidents: [Incidents.Incident] = []
  /// For each transaction the number of the part that it is in, or -1; empty where there is none.
  private(set) var parts: [Int32] = []
  /// Constraints that something precedes the initial state: some of them.
  private(set) var initialReads: [CommitConstraint] = []

  let reads: ReadsFrom
  let sessions: SessionOrder?
  let rule: CommitRule
  private static let shownMax = 3

  /// - Parameters:
  ///   - sessions: The order of processes, where it is asked for.
  ///   - order: An order of reads-from and of the order of processes.
  ///   - versions: What is known of the order of versions.
  ///   - visit: Visits the constraints of the rule.
  /// - Complexity: That of two visits, and O(*n* + *m*) for *m* constraints.
  init(
    _ reads: ReadsFrom, _ sessions: SessionOrder?, _ order: CausalOrder, _ rule: CommitRule,
    versions: (_ emit: (_ from: Int32, _ to: Int32, _ key: Int32) -> Void) -> Void,
    visit: (_ emit: (CommitConstraint) -> Void) -> Void
  ) {
    self.reads = reads
    self.sessions = sessions
    self.rule = rule
    let ranks = order.ranks
    // How many spans of constraints that go back begin at each rank, less those that ended before.
    var changes = [Int32](repeating: 0, count: order.order.count + 1)
    func span(_ from: Int32, _ to: Int32) {
      guard ranks[Int(to)] < ranks[Int(from)] else { return }
      changes[Int(ranks[Int(to)])] += 1
      changes[Int(ranks[Int(from)]) + 1] -= 1
    }
    var initialReads: [CommitConstraint] = []
    var initialCount = 0
    visit { constraint in
      guard constraint.to >= 0 else {
        initialCount += 1
        if initialReads.count < CommitOrder.shownMax { initialReads.append(constraint) }
        return
      }
      span(constraint.from, constraint.to)
    }
    versions { from, to, _ in span(from, to) }
    self.initialReads = initialReads
    violationCount = initialCount
    incidents = initialReads.map { incident($0) }
    let places = CommitOrder.places(order.order, changes, count: reads.transactions.count)
    guard !places.members.isEmpty else { return }
    findCircles(places.members, places.places, versions, visit)
  }

  /// The transactions within the spans, and for each transaction its place among them, or -1.
  private static func places(
    _ order: [Int32], _ changes: [Int32], count: Int
  ) -> (members: [Int32], places: [Int32]) {
    var places = [Int32](repeating: -1, count: count)
    var members: [Int32] = []
    var depth: Int32 = 0
    for (rank, transaction) in order.enumerated() {
      depth += changes[rank]
      guard depth > 0 else { continue }
      places[Int(transaction)] = Int32(truncatingIfNeeded: members.count)
      members.append(transaction)
    }
    return (members, places)
  }

  private mutating func findCircles(
    _ members: [Int32], _ places: [Int32],
    _ versions: (_ emit: (_ from: Int32, _ to: Int32, _ key: Int32) -> Void) -> Void,
    _ visit: (_ emit: (CommitConstraint) -> Void) -> Void
  ) {
    var edges: [LabelledGraph.Edge] = []
    func add(_ from: Int32, _ to: Int32, _ label: Dependency) {
      guard from >= 0, to >= 0, places[Int(from)] >= 0, places[Int(to)] >= 0 else { return }
      edges.append(.init(from: places[Int(from)], to: places[Int(to)], label: label))
    }
    for member in members {
      if let sessions { add(sessions.predecessors[Int(member)], member, .process) }
      for step in reads.transactions.steps(of: Int(member)) {
        add(reads.sources[step], member, .wr)
      }
    }
    versions { from, to, _ in add(from, to, .ww) }
    visit { add($0.from, $0.to, .rw) }
    let graph = LabelledGraph(transactions: members, edges: edges)
    let knots = graph.knots(.init([.ww, .wr, .rw, .process]))
    violationCount += knots.count
    if !knots.isEmpty { parts = Array(repeating: -1, count: reads.transactions.count) }
    for (number, knot) in knots.enumerated() {
      for member in knot.transactions { parts[Int(member)] = Int32(truncatingIfNeeded: number) }
    }
    let shown = knots.prefix(max(0, CommitOrder.shownMax - incidents.count))
    guard !shown.isEmpty else { return }
    let cycles = shown.map { $0.shortestCycle }
    // The reads that tell of the constraints in the cycles.
    var wanted: [CommitConstraint.Pair: CommitConstraint?] = [:]
    for edge in cycles.joined() where edge.label == .rw { wanted[edge.pair] = .some(nil) }
    visit { constraint in
      guard constraint.to >= 0 else { return }
      if let known = wanted[constraint.pair], known == nil { wanted[constraint.pair] = constraint }
    }
    var keys: [CommitConstraint.Pair: Int32] = [:]
    versions { from, to, key in keys[.init(from: from, to: to)] = key }
    for cycle in cycles {
      incidents.append(
        incident(
          cycle, constraint: { wanted[$0.pair] ?? nil }, versionKey: { keys[$0.pair] ?? -1 }))
    }
  }
}

extension LabelledGraph.Edge {
  fileprivate var pair: CommitConstraint.Pair { .init(from: from, to: to) }
}

extension LabelledGraph {
  /// A short cycle of a strongly connected graph, its edges between transactions: the shortest one
  /// through one of its first nodes.
  var shortestCycle: [Edge] {
    var best: [Edge] = []
    let ways = Ways([.ww, .wr, .rw, .process])
    var search = ShortestWay(self, ways)
    for node in 0..<count where search.steps < 1 << 20 {
      for place in edges(from: node) {
        let edge = Edge(from: Int32(node), to: targets[place], label: labels[place])
        let bound = best.isEmpty ? Int.max : best.count - 1
        guard let way = search.way(from: edge.to, to: edge.from, shorterThan: bound) else {
          continue
        }
        best = [edge] + way
      }
    }
    return best.map {
      Edge(from: transactions[Int($0.from)], to: transactions[Int($0.to)], label: $0.label)
    }
  }
}
