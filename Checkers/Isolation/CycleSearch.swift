import HeapModule

/// Looks for cycles of each class in one strongly connected part of a serialization graph.
///
/// Whether there is one is always found out. How short the one is that is shown depends on a number
/// of steps, never on time.
struct CycleSearch {
  private let graph: LabelledGraph
  /// For each node whether its transaction writes nothing.
  private let isReadOnly: [Bool]

  /// - Parameter isReadOnly: Whether a transaction writes nothing.
  init(_ graph: LabelledGraph, isReadOnly: (Int32) -> Bool) {
    self.graph = graph
    self.isReadOnly = graph.transactions.map { $0 >= 0 && isReadOnly($0) }
  }

  /// A way in the graph that ends where it began: its edges in order.
  typealias Cycle = [LabelledGraph.Edge]

  /// Whether there is a cycle of a class, with an edge that one goes through.
  ///
  /// - Complexity: O(*n* + *m*) but for the classes with exactly one rw and for `update`, which take
  ///   O(*r* / 256) times that for *r* rw at worst.
  func find(_ sort: CycleClass, _ scope: ConsistencyScope) -> Found? {
    let mask = sort.others.union(scope.mask)
    switch sort {
    case .gNonadjacent, .prefix:
      let layers = layered(mask, readsOpen: sort == .prefix)
      return found(in: layers, LabelledGraph.Ways(mask), sort)
    case .update:
      let ways = LabelledGraph.Ways(mask, isEnd: isReadOnly)
      return found(in: graph, ways, sort)
    case .causality:
      // A read that missed a write must have been led to by another read.
      let layers = layered(mask.union(.rw), readsOpen: true)
      return found(in: layers, LabelledGraph.Ways(mask), sort)
    case .g0, .g1c, .gSingle, .g2Item:
      return found(in: graph, LabelledGraph.Ways(mask), sort)
    }
  }

  /// A graph in which a way back along an edge is a cycle of a class.
  struct Found {
    var graph: LabelledGraph
    var ways: LabelledGraph.Ways
    var sort: CycleClass
    /// An edge that such a cycle goes through.
    var edge: LabelledGraph.Edge
  }

  /// The graph in two layers: a node's second is where an rw may follow.
  ///
  /// By default what is reached by rw is in the first, and all else in the second; otherwise only
  /// what is reached by wr is there.
  private func layered(_ mask: Dependency, readsOpen: Bool) -> LabelledGraph {
    var edges: [LabelledGraph.Edge] = []
    graph.forEachEdge { edge in
      guard edge.label.isAllowed(by: mask) else { return }
      let (from, to) = (edge.from << 1, edge.to << 1)
      if edge.label.contains(.rw) {
        edges.append(.init(from: from | 1, to: to, label: edge.label))
      } else if edge.label.isEmpty {
        // It goes on from a hub as the hub was reached.
        edges.append(.init(from: from, to: to, label: edge.label))
        edges.append(.init(from: from | 1, to: to | 1, label: edge.label))
      } else {
        let opens: Int32 = !readsOpen || edge.label.contains(.wr) ? 1 : 0
        edges.append(.init(from: from, to: to | opens, label: edge.label))
        edges.append(.init(from: from | 1, to: to | opens, label: edge.label))
      }
    }
    let transactions = graph.transactions.flatMap { [$0, $0] }
    return LabelledGraph(transactions: transactions, edges: edges)
  }

  private func found(
    in graph: LabelledGraph, _ ways: LabelledGraph.Ways, _ sort: CycleClass
  ) -> Found? {
    let components = Components(graph, ways)
    let allowed = ways.mask.union(sort.first)
    var open: [LabelledGraph.Edge] = []
    for node in 0..<graph.count {
      for place in graph.edges(from: node) {
        let edge = LabelledGraph.Edge(
          from: Int32(node), to: graph.targets[place], label: graph.labels[place])
        guard edge.label.contains(sort.first), edge.label.isAllowed(by: allowed) else { continue }
        if components.areOne(edge.from, edge.to) {
          return Found(graph: graph, ways: ways, sort: sort, edge: edge)
        }
        if components.numbers[Int(edge.to)] > components.numbers[Int(edge.from)] {
          open.append(edge)
        }
      }
    }
    guard !open.isEmpty else { return nil }
    var returns = WaysBack(graph, ways, components)
    return returns.first(of: open).map { Found(graph: graph, ways: ways, sort: sort, edge: $0) }
  }
}

/// Finds edges from whose ends a way leads back to their beginnings.
private struct WaysBack {
  private let graph: LabelledGraph
  private let ways: LabelledGraph.Ways
  private let components: Components
  private let starts: [Int32]
  private let nodes: [Int32]
  /// For each component the lowest one that a way leads to.
  private var lowest: [Int32]
  /// For each component which edges' ends lead to it.
  private var reached: [SIMD4<UInt64>]

  init(_ graph: LabelledGraph, _ ways: LabelledGraph.Ways, _ components: Components) {
    self.graph = graph
    self.ways = ways
    self.components = components
    (starts, nodes) = components.nodesInOrder
    reached = Array(repeating: .zero, count: components.count)
    lowest = (0..<Int32(components.count)).map { $0 }
    for component in 0..<components.count {
      for place in starts[component]..<starts[component + 1] {
        let node = Int(nodes[Int(place)])
        if ways.isEnd?[node] == true { continue }
        for edge in graph.edges(from: node) where graph.labels[edge].isAllowed(by: ways.mask) {
          let target = Int(components.numbers[Int(graph.targets[edge])])
          lowest[component] = min(lowest[component], lowest[target])
        }
      }
    }
  }

  /// Goes from the ends of 256 edges at a time to lower and lower components, no farther down than
  /// where the lowest of the edges begins.
  mutating func first(of edges: [LabelledGraph.Edge]) -> LabelledGraph.Edge? {
    let numbers = components.numbers
    var able = edges.filter { lowest[Int(numbers[Int($0.to)])] <= numbers[Int($0.from)] }
    if able.count > 256 {
      // Most miss what came later in time, too, and no way leads from there.
      let ranks = ranksInTime
      able.removeAll { ranks[Int(numbers[Int($0.to)])] >= ranks[Int(numbers[Int($0.from)])] }
    }
    let sorted = able.sorted { first, second in
      (numbers[Int(first.to)], numbers[Int(first.from)])
        > (numbers[Int(second.to)], numbers[Int(second.from)])
    }
    for start in stride(from: 0, to: sorted.count, by: 256) {
      let batch = sorted[start..<min(start + 256, sorted.count)]
      if let edge = first(ofBatch: batch) { return edge }
    }
    return nil
  }

  /// For each component its place in an order in which ways lead to higher places only: of those that
  /// may come next the one with the earliest transaction.
  ///
  /// - Complexity: O(*m* + *n* log *n*).
  private var ranksInTime: [Int32] {
    var entries = [Int32](repeating: 0, count: components.count)
    forEachWay { _, target in entries[Int(target)] += 1 }
    var ready = Heap<Int>()
    for component in 0..<Int32(components.count) where entries[Int(component)] == 0 {
      ready.insert(word(of: component))
    }
    var ranks = [Int32](repeating: 0, count: components.count)
    var rank: Int32 = 0
    while let next = ready.popMin() {
      let component = Int32(truncatingIfNeeded: next & 0xffff_ffff)
      ranks[Int(component)] = rank
      rank += 1
      forEachWay(from: component) { target in
        entries[Int(target)] -= 1
        if entries[Int(target)] == 0 { ready.insert(word(of: target)) }
      }
    }
    return ranks
  }

  /// A component behind the earliest of its transactions; joints come first.
  private func word(of component: Int32) -> Int {
    var earliest = Int32.max
    for place in starts[Int(component)]..<starts[Int(component) + 1] {
      earliest = min(earliest, graph.transactions[Int(nodes[Int(place)])])
    }
    return Int(earliest) << 32 | Int(component)
  }

  private func forEachWay(_ body: (_ component: Int32, _ target: Int32) -> Void) {
    for component in 0..<Int32(components.count) {
      forEachWay(from: component) { body(component, $0) }
    }
  }

  /// Visits the other components that edges lead to from one, some more than once.
  @inline(__always)
  private func forEachWay(from component: Int32, _ body: (_ target: Int32) -> Void) {
    for place in starts[Int(component)]..<starts[Int(component) + 1] {
      let node = Int(nodes[Int(place)])
      if ways.isEnd?[node] == true { continue }
      for edge in graph.edges(from: node) where graph.labels[edge].isAllowed(by: ways.mask) {
        let target = components.numbers[Int(graph.targets[edge])]
        if target != component { body(target) }
      }
    }
  }

  private mutating func first(
    ofBatch batch: ArraySlice<LabelledGraph.Edge>
  ) -> LabelledGraph.Edge? {
    let numbers = components.numbers
    var waiting = Heap<Int32>()
    var touched: [Int32] = []
    var (low, high) = (Int32.max, Int32(0))
    func bit(_ place: Int) -> SIMD4<UInt64> {
      var bits = SIMD4<UInt64>.zero
      bits[(place - batch.startIndex) >> 6] = 1 << UInt64((place - batch.startIndex) & 63)
      return bits
    }
    for place in batch.indices {
      low = min(low, numbers[Int(batch[place].from)])
      high = max(high, numbers[Int(batch[place].from)])
      reach(numbers[Int(batch[place].to)], bit(place), &waiting, &touched)
    }
    while let component = waiting.popMax() {
      let bits = reached[Int(component)]
      for place in starts[Int(component)]..<starts[Int(component) + 1] {
        let node = Int(nodes[Int(place)])
        if ways.isEnd?[node] == true { continue }
        for edge in graph.edges(from: node) where graph.labels[edge].isAllowed(by: ways.mask) {
          let target = numbers[Int(graph.targets[edge])]
          guard target != component, target >= low, lowest[Int(target)] <= high else { continue }
          reach(target, bits, &waiting, &touched)
        }
      }
    }
    defer { for component in touched { reached[Int(component)] = .zero } }
    for place in batch.indices {
      let bits = reached[Int(numbers[Int(batch[place].from)])] & bit(place)
      if bits != .zero { return batch[place] }
    }
    return nil
  }

  private mutating func reach(
    _ component: Int32, _ bits: SIMD4<UInt64>, _ waiting: inout Heap<Int32>,
    _ touched: inout [Int32]
  ) {
    if reached[Int(component)] == .zero {
      waiting.insert(component)
      touched.append(component)
    }
    reached[Int(component)] |= bits
  }
}

// MARK: - Witnesses

extension CycleSearch.Found {
  /// Edges that are visited in search of a cycle shorter than the first one.
  private static let stepsMax = 1 << 20

  /// The shortest cycle of the class, or a short one where the graph is large.
  var witness: CycleSearch.Cycle {
    var search = ShortestWay(graph, ways)
    var best = cycle(edge, search.way(from: edge.to, to: edge.from, shorterThan: .max))
    let components = Components(graph, ways)
    let allowed = ways.mask.union(sort.first)
    for node in 0..<graph.count where search.steps < CycleSearch.Found.stepsMax {
      for place in graph.edges(from: node) {
        let other = LabelledGraph.Edge(
          from: Int32(node), to: graph.targets[place], label: graph.labels[place])
        guard other != edge, other.label.contains(sort.first),
          other.label.isAllowed(by: allowed), search.steps < CycleSearch.Found.stepsMax,
          components.numbers[Int(other.to)] >= components.numbers[Int(other.from)],
          let way = search.way(from: other.to, to: other.from, shorterThan: length(best) - 1)
        else { continue }
        best = cycle(other, way)
      }
    }
    return best
  }

  private func cycle(
    _ edge: LabelledGraph.Edge, _ way: [LabelledGraph.Edge]?
  ) -> CycleSearch.Cycle { [edge] + (way ?? []) }

  /// Edges count where a transaction takes them; what a joint goes on with belongs to the same step.
  private func length(_ cycle: CycleSearch.Cycle) -> Int {
    cycle.count { !graph.isJoint(Int($0.from)) }
  }
}

/// Searches breadth first, with joints as no steps of their own.
struct ShortestWay {
  private let graph: LabelledGraph
  private let ways: LabelledGraph.Ways
  private(set) var steps = 0
  private var stamps: [Int32]
  private var stamp: Int32 = 0
  private var arrivals: [Int32]
  private var origins: [Int32]
  private var lengths: [Int32]

  init(_ graph: LabelledGraph, _ ways: LabelledGraph.Ways) {
    self.graph = graph
    self.ways = ways
    stamps = Array(repeating: 0, count: graph.count)
    arrivals = Array(repeating: -1, count: graph.count)
    origins = Array(repeating: -1, count: graph.count)
    lengths = Array(repeating: 0, count: graph.count)
  }

  /// A shortest way with fewer steps than a bound.
  mutating func way(
    from start: Int32, to end: Int32, shorterThan bound: Int
  ) -> [LabelledGraph.Edge]? {
    stamp += 1
    // Joints go on at once: what they lead to is no farther away.
    var (near, far) = ([start], [Int32]())
    var length: Int32 = 0
    enter(start, from: -1, by: -1, 0)
    while !near.isEmpty, Int(length) < bound {
      while let node = near.popLast() {
        if node == end { return way(to: end, from: start) }
        guard lengths[Int(node)] == length, ways.isEnd?[Int(node)] != true else { continue }
        let isJoint = graph.isJoint(Int(node))
        for edge in graph.edges(from: Int(node)) {
          steps += 1
          guard graph.labels[edge].isAllowed(by: ways.mask) else { continue }
          let target = graph.targets[edge]
          let next = isJoint ? length : length + 1
          guard stamps[Int(target)] != stamp || lengths[Int(target)] > next else { continue }
          enter(target, from: node, by: Int32(edge), next)
          if isJoint { near.append(target) } else { far.append(target) }
        }
      }
      near = far.reversed()
      far = []
      length += 1
    }
    return nil
  }

  private mutating func enter(_ node: Int32, from origin: Int32, by edge: Int32, _ length: Int32) {
    stamps[Int(node)] = stamp
    origins[Int(node)] = origin
    arrivals[Int(node)] = edge
    lengths[Int(node)] = length
  }

  private func way(to end: Int32, from start: Int32) -> [LabelledGraph.Edge] {
    var way: [LabelledGraph.Edge] = []
    var node = end
    while node != start {
      let edge = Int(arrivals[Int(node)])
      way.append(.init(from: origins[Int(node)], to: node, label: graph.labels[edge]))
      node = origins[Int(node)]
    }
    return way.reversed()
  }
}
