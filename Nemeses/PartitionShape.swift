/// How a partition divides the nodes.
public enum PartitionShape: Hashable, Sendable {
  /// One random node is alone.
  case one
  /// Two random halves; of an odd number of nodes one half has one node more.
  case halves
  /// A random minority, of any size, is cut off from the majority.
  case majority
  /// Two random halves that only one node connects: it sees all, each other node half of the rest.
  case bridge
  /// Every node sees a majority, and no two see the same.
  case ring
  /// Two random groups, of which one hears the other but is not heard.
  case oneWay
  /// The primaries are cut off from the others.
  case primary
  /// Each time another one of the shapes that need no primary.
  case random
  /// Exactly these links, by the names of their nodes.
  case links([NamedLink])

  /// A directed link by the names of its ends.
  public struct NamedLink: Hashable, Sendable {
    public var source: String
    public var destination: String

    public init(from source: String, to destination: String) {
      self.source = source
      self.destination = destination
    }
  }

  /// The shapes that have a name, by it, in the order in which people are told of them.
  static let named: [(name: String, shape: PartitionShape)] = [
    ("one", .one), ("halves", .halves), ("majority", .majority), ("bridge", .bridge),
    ("ring", .ring), ("one-way", .oneWay), ("primary", .primary), ("random", .random),
  ]

  /// The shape as people write it.
  public var text: String {
    if case .links(let links) = self {
      return links.map { "\($0.source)>\($0.destination)" }.joined(separator: "+")
    }
    return PartitionShape.named.first { $0.shape == self }?.name ?? ""
  }

  /// With fewer nodes the shape does not exist.
  var nodesMin: Int {
    switch self {
    case .majority, .bridge, .ring: 3
    case .one, .halves, .oneWay, .primary, .random, .links: 2
    }
  }
}
