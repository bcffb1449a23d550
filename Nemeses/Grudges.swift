import Environments
public import Values

/// Which links a partition cuts: pure functions from nodes, and draws where chance decides.
///
/// Jepsen calls the result a grudge. A link from a to b is cut when b holds a grudge against a, that
/// is, drops its messages.
public enum Grudges {
  /// The links between nodes of different groups, in both directions.
  public static func complete(_ groups: [[NodeID]]) -> [Link] {
    var links: [Link] = []
    for (place, group) in groups.enumerated() {
      for other in groups[(place + 1)...] {
        for a in group {
          for b in other { links += [Link(from: a, to: b), Link(from: b, to: a)] }
        }
      }
    }
    return links.sorted()
  }

  /// Two halves, the first the smaller one where they differ.
  public static func bisect(_ nodes: [NodeID]) -> [[NodeID]] {
    let middle = nodes.count / 2
    return [Array(nodes[..<middle]), Array(nodes[middle...])]
  }

  /// One node, and the others.
  public static func splitOne(_ node: NodeID, of nodes: [NodeID]) -> [[NodeID]] {
    [[node], nodes.filter { $0 != node }]
  }

  /// Halves that only the node in the middle connects.
  public static func bridge(_ nodes: [NodeID]) -> [Link] {
    let middle = nodes.count / 2
    return complete([Array(nodes[..<middle]), Array(nodes[(middle + 1)...])])
  }

  /// What the first group sends to the second is lost; the way back is open.
  public static func oneWay(from silenced: [NodeID], to deaf: [NodeID]) -> [Link] {
    silenced.flatMap { source in deaf.map { Link(from: source, to: $0) } }.sorted()
  }

  /// The links that are not in `links`, of all between two of the nodes.
  public static func inverted(_ links: [Link], of nodes: [NodeID]) -> [Link] {
    let cut = Set(links)
    return all(nodes).filter { !cut.contains($0) }
  }

  /// All links between two of the nodes.
  public static func all(_ nodes: [NodeID]) -> [Link] {
    oneWay(from: nodes, to: nodes).filter { $0.source != $0.destination }
  }

  /// The links that begin or end at one of `chosen`.
  public static func touching(_ chosen: [NodeID], of nodes: [NodeID]) -> [Link] {
    all(nodes).filter { chosen.contains($0.source) || chosen.contains($0.destination) }
  }

  /// Every node hears a majority, itself included, and no two hear the same one.
  ///
  /// Up to 5 nodes it is exact: on a ring of the nodes in random order each hears as many
  /// neighbours as make a bare majority. Of more nodes, links are cut in random order, both ways, as
  /// long as a majority stays in sight of both ends; results in which two nodes see the same, or one
  /// sees all, are dropped, and if that happens too often, it is the exact ring.
  ///
  /// - Precondition: There are at least 3 nodes.
  public static func majoritiesRing(_ nodes: [NodeID], _ draws: inout Draws) -> [Link] {
    precondition(nodes.count >= 3, "\(nodes.count) nodes have no ring of majorities")
    let nodes = draws.shuffled(nodes)
    if nodes.count > 5 {
      for _ in 0..<stochasticAttemptsMax {
        if let links = stochasticRing(nodes, &draws) { return links }
      }
    }
    return exactRing(nodes)
  }

  private static let stochasticAttemptsMax = 100

  private static func exactRing(_ ring: [NodeID]) -> [Link] {
    let majority = ring.count / 2 + 1
    var links: [Link] = []
    for place in ring.indices {
      // The node in the middle of a window of the ring hears the window.
      for distance in majority..<ring.count {
        let unheard = ring[(place - majority / 2 + distance + ring.count) % ring.count]
        links.append(Link(from: unheard, to: ring[place]))
      }
    }
    return links.sorted()
  }

  /// Nothing when two nodes see the same, or one sees all.
  private static func stochasticRing(_ nodes: [NodeID], _ draws: inout Draws) -> [Link]? {
    let majority = nodes.count / 2 + 1
    var sees = Array(
      repeating: Array(repeating: true, count: nodes.count), count: nodes.count)
    var seen = Array(repeating: nodes.count, count: nodes.count)
    let pairs = nodes.indices.flatMap { a in (0..<a).map { b in (a, b) } }
    for (a, b) in draws.shuffled(pairs) where seen[a] > majority && seen[b] > majority {
      sees[a][b] = false
      sees[b][a] = false
      seen[a] -= 1
      seen[b] -= 1
    }
    guard Set(sees).count == nodes.count, !seen.contains(nodes.count) else { return nil }
    return nodes.indices.flatMap { a in
      nodes.indices.filter { !sees[a][$0] }.map { Link(from: nodes[a], to: nodes[$0]) }
    }.sorted()
  }
}

extension PartitionShape {
  /// The shapes that `random` chooses from, for so many nodes.
  static func drawable(nodeCount: Int) -> [PartitionShape] {
    [.one, .halves, .majority, .bridge, .ring, .oneWay].filter { $0.nodesMin <= nodeCount }
  }

  /// The links that a partition of this shape cuts.
  ///
  /// Nobody's role is known here: ``primary`` isolates a random node.
  ///
  /// - Precondition: There are enough nodes for the shape.
  /// - Throws: When an explicit link names a node that does not exist.
  public func links(
    among names: NodeNames, _ draws: inout Draws
  ) throws(NemesisError) -> [Link] {
    let nodes = names.nodes
    precondition(nodes.count >= nodesMin, "\(nodes.count) nodes can't be partitioned as \(text)")
    switch self {
    case .one, .primary:
      return Grudges.complete(Grudges.splitOne(draws.element(of: nodes), of: nodes))
    case .halves:
      return Grudges.complete(Grudges.bisect(draws.shuffled(nodes)))
    case .majority:
      let shuffled = draws.shuffled(nodes)
      let size = 1 + draws.below((nodes.count - 1) / 2)
      return Grudges.complete([Array(shuffled[..<size]), Array(shuffled[size...])])
    case .bridge:
      return Grudges.bridge(draws.shuffled(nodes))
    case .ring:
      return Grudges.majoritiesRing(nodes, &draws)
    case .oneWay:
      let shuffled = draws.shuffled(nodes)
      let size = 1 + draws.below(nodes.count - 1)
      return Grudges.oneWay(from: Array(shuffled[..<size]), to: Array(shuffled[size...]))
    case .random:
      let shape = draws.element(of: PartitionShape.drawable(nodeCount: nodes.count))
      return try shape.links(among: names, &draws)
    case .links(let links):
      return try links.map { link throws(NemesisError) in
        Link(
          from: try names.node(named: link.source), to: try names.node(named: link.destination))
      }
    }
  }
}

extension NodeNames {
  func node(named name: String) throws(NemesisError) -> NodeID {
    guard let node = self[name] else { throw .unknownNode(name, names: names) }
    return node
  }
}
