/// A graph with labelled edges in flat arrays, the edges of each node next to each other.
struct LabelledGraph: Sendable {
  /// For each node its transaction, or -1 for a node that only joins others.
  let transactions: [Int32]
  /// The first edge of each node, and of one more behind the last.
  private(set) var starts: [Int32]
  private(set) var targets: [Int32]
  private(set) var labels: [Dependency]

  struct Edge: Hashable, Sendable {
    var from: Int32
    var to: Int32
    var label: Dependency
  }

  /// - Complexity: O(*n* + *m*).
  init(transactions: [Int32], edges: [Edge]) {
    self.transactions = transactions
    starts = Array(repeating: 0, count: transactions.count + 1)
    for edge in edges { starts[Int(edge.from) + 1] += 1 }
    for node in 0..<transactions.count { starts[node + 1] += starts[node] }
    var next = starts
    targets = Array(repeating: 0, count: edges.count)
    labels = Array(repeating: [], count: edges.count)
    for edge in edges {
      let place = Int(next[Int(edge.from)])
      targets[place] = edge.to
      labels[place] = edge.label
      next[Int(edge.from)] += 1
    }
  }

  var count: Int { transactions.count }

  @inline(__always)
  func edges(from node: Int) -> Range<Int> { Int(starts[node])..<Int(starts[node + 1]) }

  @inline(__always)
  func isJoint(_ node: Int) -> Bool { transactions[node] < 0 }

  /// Visits the edges.
  @inline(__always)
  func forEachEdge(_ body: (Edge) -> Void) {
    for node in 0..<count {
      for edge in edges(from: node) {
        body(Edge(from: Int32(node), to: targets[edge], label: labels[edge]))
      }
    }
  }

  /// Which edges a way may take.
  struct Ways {
    var mask: Dependency
    /// For each node whether no way goes on from it.
    var isEnd: [Bool]?

    init(_ mask: Dependency, isEnd: [Bool]? = nil) {
      self.mask = mask
      self.isEnd = isEnd
    }
  }
}

/// The strongly connected components of a graph, numbered so that no way leads from one to another
/// of a higher number.
struct Components: Sendable {
  /// For each node its component.
  private(set) var numbers: [Int32]
  private(set) var count = 0

  /// Tarjan's algorithm (Depth-first search and linear graph algorithms, SIAM Journal on Computing,
  /// 1972), without recursion.
  ///
  /// - Complexity: O(*n* + *m*).
  init(_ graph: LabelledGraph, _ ways: LabelledGraph.Ways) {
    numbers = Array(repeating: -1, count: graph.count)
    var cursors = Array(graph.starts.dropLast())
    var indices = [Int32](repeating: 0, count: graph.count)
    var lows = [Int32](repeating: 0, count: graph.count)
    var open: [Int32] = []
    var path: [Int32] = []
    let ends = ways.isEnd ?? []
    var (index, count) = (Int32(0), Int32(0))
    numbers.withUnsafeMutableBufferPointer { numbers in
      indices.withUnsafeMutableBufferPointer { indices in
        lows.withUnsafeMutableBufferPointer { lows in
          cursors.withUnsafeMutableBufferPointer { cursors in
            graph.withUnsafeEdges { starts, targets, labels in
              for root in 0..<Int32(numbers.count) where indices[Int(root)] == 0 {
                path.append(root)
                while let last = path.last {
                  let node = Int(last)
                  if indices[node] == 0 {
                    index += 1
                    indices[node] = index
                    lows[node] = index
                    open.append(last)
                    if !ends.isEmpty, ends[node] { cursors[node] = starts[node + 1] }
                  }
                  var isDeeper = false
                  while cursors[node] < starts[node + 1] {
                    let edge = Int(cursors[node])
                    cursors[node] += 1
                    guard labels[edge].isAllowed(by: ways.mask) else { continue }
                    let target = Int(targets[edge])
                    if indices[target] == 0 {
                      path.append(targets[edge])
                      isDeeper = true
                      break
                    }
                    if numbers[target] < 0 { lows[node] = min(lows[node], indices[target]) }
                  }
                  if isDeeper { continue }
                  path.removeLast()
                  if let parent = path.last {
                    lows[Int(parent)] = min(lows[Int(parent)], lows[node])
                  }
                  guard lows[node] == indices[node] else { continue }
                  while let member = open.popLast() {
                    numbers[Int(member)] = count
                    if member == last { break }
                  }
                  count += 1
                }
              }
            }
          }
        }
      }
    }
    self.count = Int(count)
  }

  @inline(__always)
  func areOne(_ first: Int32, _ second: Int32) -> Bool {
    numbers[Int(first)] == numbers[Int(second)]
  }

  /// The nodes in the order of their components.
  var nodesInOrder: (starts: [Int32], nodes: [Int32]) {
    var starts = [Int32](repeating: 0, count: count + 1)
    for number in numbers { starts[Int(number) + 1] += 1 }
    for component in 0..<count { starts[component + 1] += starts[component] }
    var next = starts
    var nodes = [Int32](repeating: 0, count: numbers.count)
    for node in numbers.indices {
      let component = Int(numbers[node])
      nodes[Int(next[component])] = Int32(truncatingIfNeeded: node)
      next[component] += 1
    }
    return (starts, nodes)
  }
}

extension LabelledGraph {
  func withUnsafeEdges(
    _ body: (
      _ starts: UnsafeBufferPointer<Int32>, _ targets: UnsafeBufferPointer<Int32>,
      _ labels: UnsafeBufferPointer<Dependency>
    ) -> Void
  ) {
    starts.withUnsafeBufferPointer { starts in
      targets.withUnsafeBufferPointer { targets in
        labels.withUnsafeBufferPointer { labels in body(starts, targets, labels) }
      }
    }
  }

  /// The parts of the graph in which each node leads to each other, without those of one node, the
  /// smallest first.
  ///
  /// - Complexity: O(*n* + *m*), and O(*p* log *p*) for *p* parts.
  func knots(_ ways: Ways) -> [LabelledGraph] {
    let components = Components(self, ways)
    let (first, nodes) = components.nodesInOrder
    func size(_ component: Int) -> Int32 { first[component + 1] - first[component] }
    let several = (0..<components.count).filter { size($0) > 1 }
    guard !several.isEmpty else { return [] }
    var places = [Int32](repeating: -1, count: count)
    return several.sorted { (size($0), $0) < (size($1), $1) }.map { component in
      let members = nodes[Int(first[component])..<Int(first[component + 1])]
      for (place, node) in members.enumerated() { places[Int(node)] = Int32(place) }
      var inner: [Edge] = []
      for node in members {
        for edge in edges(from: Int(node)) where components.areOne(node, targets[edge]) {
          guard labels[edge].isAllowed(by: ways.mask) else { continue }
          inner.append(
            Edge(
              from: places[Int(node)], to: places[Int(targets[edge])], label: labels[edge]))
        }
      }
      return LabelledGraph(transactions: members.map { transactions[Int($0)] }, edges: inner)
    }
  }

  /// The knots of one kind of dependencies with each of some orders, weaker ones first: those of which
  /// no transaction is in a knot that needs less.
  func knots(
    of dependency: Dependency, by scopes: [ConsistencyScope]
  ) -> [(scope: ConsistencyScope, knots: [LabelledGraph])] {
    var isExplained: Set<Int32> = []
    return scopes.map { scope in
      let knots = knots(Ways(dependency.union(scope.mask))).filter { knot in
        !knot.transactions.contains { $0 >= 0 && isExplained.contains($0) }
      }
      for knot in knots { isExplained.formUnion(knot.transactions.lazy.filter { $0 >= 0 }) }
      return (scope, knots)
    }
  }
}
