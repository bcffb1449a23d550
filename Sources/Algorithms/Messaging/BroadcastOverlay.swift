import Nodes
import Values

/// Which nodes of a broadcast talk to each other.
enum BroadcastOverlay: String {
  /// As the topology request says; a tree until it comes.
  case given
  /// Breadth first, four children a node.
  case tree
  /// Everybody talks to the first node.
  case star
  case total

  static let arity = 4

  /// The neighbours of a node, where they don't come from a topology request.
  func neighbours(in configuration: Configuration) -> [NodeID] {
    let members = configuration.members
    guard let place = members.firstIndex(of: configuration.id) else { return [] }
    switch self {
    case .given, .tree:
      let parent = place == 0 ? [] : [(place - 1) / BroadcastOverlay.arity]
      let first = place * BroadcastOverlay.arity + 1
      let children = (first..<first + BroadcastOverlay.arity).filter { $0 < members.count }
      return (parent + children).map { members[$0] }
    case .star: return place == 0 ? configuration.peers : [members[0]]
    case .total: return configuration.peers
    }
  }
}
