public import Values

/// Which nodes a fault strikes.
public enum NodeTarget: Hashable, Sendable {
  /// A random node.
  case one
  /// Random nodes, as many as can be missed while a majority is left; one node at least.
  case minority
  /// Random nodes, as many as make a bare majority.
  case majority
  case all
  /// The nodes that lead when the fault is applied.
  case primaries
  /// A minority of those that don't lead when the fault is applied.
  case followers
  /// Each time one, a minority, a majority or all.
  case random
  /// These nodes, by name.
  case names([String])

  static let named: [(name: String, target: NodeTarget)] = [
    ("one", .one), ("minority", .minority), ("majority", .majority), ("all", .all),
    ("primaries", .primaries), ("followers", .followers),
    ("random", .random),
  ]

  /// The target as people write it.
  public var text: String {
    if case .names(let names) = self { return names.joined(separator: "+") }
    return NodeTarget.named.first { $0.target == self }?.name ?? ""
  }

  /// The nodes, in ascending order.
  ///
  /// Nobody's role is known here: ``primaries`` is a random node, ``followers`` a random minority.
  ///
  /// - Throws: When a name is no node's.
  public func nodes(
    among names: NodeNames, _ draws: inout Draws
  ) throws(NemesisError) -> [NodeID] {
    let nodes = names.nodes
    precondition(!nodes.isEmpty, "a cluster without nodes has none to strike")
    switch self {
    case .one, .primaries: return [draws.element(of: nodes)]
    case .minority, .followers: return some(max(1, (nodes.count - 1) / 2), of: nodes, &draws)
    case .majority: return some(nodes.count / 2 + 1, of: nodes, &draws)
    case .all: return nodes
    case .random:
      let target = draws.element(of: [NodeTarget.one, .minority, .majority, .all])
      return try target.nodes(among: names, &draws)
    case .names(let wanted):
      return Set(try wanted.map { name throws(NemesisError) in try names.node(named: name) })
        .sorted()
    }
  }

  private func some(_ count: Int, of nodes: [NodeID], _ draws: inout Draws) -> [NodeID] {
    draws.shuffled(nodes).prefix(count).sorted()
  }
}

extension NodeTarget {
  /// Whom a fault of this target is meant for, by the roles that nodes have when it is applied.
  var aim: ScheduledFault.Aim {
    switch self {
    case .primaries: .primaries
    case .followers: .followers
    case .one, .minority, .majority, .all, .random, .names: .drawn
    }
  }
}
