/// Nodes of which some must come before others.
struct Precedence {
  let count: Int
  private(set) var sources: [Int32] = []
  private(set) var targets: [Int32] = []

  init(count: Int) { self.count = count }

  var edgeCount: Int { sources.count }

  /// - Returns: The edge's number.
  @discardableResult
  mutating func add(_ source: Int32, before target: Int32) -> Int {
    sources.append(source)
    targets.append(target)
    return sources.count - 1
  }

  /// The edges from each node.
  var successors: Adjacency { Adjacency(count: count, from: sources, to: targets) }

  /// All nodes in an order that the edges allow, or those that come before every circle.
  ///
  /// - Complexity: O(nodes + edges).
  func sorted(_ successors: Adjacency) -> [Int32] {
    var waiting = [Int32](repeating: 0, count: count)
    for target in targets { waiting[Int(target)] += 1 }
    var order: [Int32] = []
    order.reserveCapacity(count)
    for node in 0..<count where waiting[node] == 0 {
      order.append(Int32(truncatingIfNeeded: node))
    }
    var next = 0
    while next < order.count {
      for edge in successors.edges(of: order[next]) {
        let target = targets[Int(edge)]
        waiting[Int(target)] -= 1
        if waiting[Int(target)] == 0 { order.append(target) }
      }
      next += 1
    }
    return order
  }

  /// The edges of a short circle among the nodes that are not in an order, each edge followed by
  /// the next.
  ///
  /// - Parameter order: What ``sorted(_:)`` returned; not all nodes.
  func circle(without order: [Int32], _ successors: Adjacency) -> [Int] {
    var isLeft = [Bool](repeating: true, count: count)
    for node in order { isLeft[Int(node)] = false }
    var incoming = [Int32](repeating: -1, count: count)
    for edge in sources.indices where isLeft[Int(sources[edge])] && isLeft[Int(targets[edge])] {
      incoming[Int(targets[edge])] = Int32(truncatingIfNeeded: edge)
    }
    // Each node that is left has another one before it, so the way back ends in a circle.
    var place = [Int32](repeating: -1, count: count)
    var way: [Int32] = []
    var node = isLeft.firstIndex(of: true).map { Int32($0) } ?? 0
    while place[Int(node)] < 0 {
      place[Int(node)] = Int32(way.count)
      let edge = incoming[Int(node)]
      way.append(edge)
      node = sources[Int(edge)]
    }
    var shortest = way[Int(place[Int(node)])...].reversed().map { Int($0) }
    for edge in shortest.prefix(16) where shortest.count > 1 {
      let start = sources[edge]
      let shorter = path(from: start, to: start, successors) { isLeft[Int(targets[$0])] }
      if let shorter, shorter.count < shortest.count { shortest = shorter }
    }
    return shortest
  }

  /// The edges of a shortest way from one node to another, at least one edge long.
  func path(
    from start: Int32, to end: Int32, _ successors: Adjacency, along: (Int) -> Bool
  ) -> [Int]? {
    var arrival: [Int32: Int32] = [:]
    var reached = [start]
    var next = 0
    while next < reached.count {
      for edge in successors.edges(of: reached[next]) where along(Int(edge)) {
        let target = targets[Int(edge)]
        guard arrival[target] == nil else { continue }
        arrival[target] = edge
        if target == end { return way(to: end, from: start, arrival) }
        reached.append(target)
      }
      next += 1
    }
    return nil
  }

  private func way(to end: Int32, from start: Int32, _ arrival: [Int32: Int32]) -> [Int] {
    var way: [Int] = []
    var node = end
    repeat {
      guard let edge = arrival[node] else { break }
      way.append(Int(edge))
      node = sources[Int(edge)]
    } while node != start
    return way.reversed()
  }
}

/// For each node the numbers of its edges.
struct Adjacency {
  private let starts: [Int32]
  private let numbers: [Int32]

  init(count: Int, from sources: [Int32], to targets: [Int32]) {
    var starts = [Int32](repeating: 0, count: count + 1)
    for source in sources { starts[Int(source) + 1] += 1 }
    for node in 0..<count { starts[node + 1] += starts[node] }
    var free = starts
    var numbers = [Int32](repeating: 0, count: sources.count)
    for (edge, source) in sources.enumerated() {
      numbers[Int(free[Int(source)])] = Int32(truncatingIfNeeded: edge)
      free[Int(source)] += 1
    }
    self.starts = starts
    self.numbers = numbers
  }

  @inline(__always)
  func edges(of node: Int32) -> ArraySlice<Int32> {
    numbers[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])]
  }
}
