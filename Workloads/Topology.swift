public import Values

/// Which nodes a broadcast's nodes are told to talk to, in Maelstrom's shapes.
public enum Topology: String, Hashable, Sendable, CaseIterable {
  case grid
  case line
  case tree
  case tree2
  case tree3
  case tree4
  case total

  /// Each node's neighbours, in the order in which Maelstrom lists them.
  public func neighbours(of nodes: [NodeID]) -> [NodeID: [NodeID]] {
    var neighbours: [NodeID: [NodeID]] = [:]
    for place in nodes.indices {
      neighbours[nodes[place]] = places(around: place, count: nodes.count).map { nodes[$0] }
    }
    return neighbours
  }

  /// The places that are next to one of `count` places.
  private func places(around place: Int, count: Int) -> [Int] {
    switch self {
    case .total: (0..<count).filter { $0 != place }
    case .line: [place - 1, place + 1].filter { (0..<count).contains($0) }
    case .grid: grid(around: place, count: count)
    case .tree, .tree2: tree(around: place, count: count, arity: 2)
    case .tree3: tree(around: place, count: count, arity: 3)
    case .tree4: tree(around: place, count: count, arity: 4)
    }
  }

  /// Row by row on a square: down, up, right, left.
  private func grid(around place: Int, count: Int) -> [Int] {
    var side = 1
    while side * side < count { side += 1 }
    let column = place % side
    var around = [place + side, place - side]
    if column + 1 < side { around.append(place + 1) }
    if column > 0 { around.append(place - 1) }
    return around.filter { (0..<count).contains($0) }
  }

  /// Breadth first: the parent, then the children.
  private func tree(around place: Int, count: Int, arity: Int) -> [Int] {
    let parent = place == 0 ? [] : [(place - 1) / arity]
    let first = place * arity + 1
    return parent + (first..<first + arity).filter { $0 < count }
  }
}
