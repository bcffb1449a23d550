/// A node of a cluster: a small dense integer that is never used again for another node.
///
/// Names such as `n1` exist only at an environment's edge, in ``NodeNames``.
public struct NodeID: Hashable, Comparable, Sendable {
  public var rawValue: Int32

  @inlinable
  public init(_ rawValue: Int) { self.rawValue = Int32(rawValue) }

  /// The node's place in arrays that have an element for each node.
  @inlinable
  public var index: Int { Int(rawValue) }

  @inlinable
  public static func < (left: NodeID, right: NodeID) -> Bool { left.rawValue < right.rawValue }
}

/// A directed link between two nodes: what travels from `source` to `destination`.
public struct Link: Hashable, Comparable, Sendable {
  public var source: NodeID
  public var destination: NodeID

  public init(from source: NodeID, to destination: NodeID) {
    self.source = source
    self.destination = destination
  }

  public static func < (left: Link, right: Link) -> Bool {
    (left.source, left.destination) < (right.source, right.destination)
  }
}

/// The names that people and programs know a cluster's nodes by.
public struct NodeNames: Hashable, Sendable {
  /// The names in the order of the nodes' ids.
  public let names: [String]
  private let ids: [String: NodeID]

  public init(_ names: [String]) {
    self.names = names
    ids = Dictionary(
      names.enumerated().map { ($1, NodeID($0)) }, uniquingKeysWith: { first, _ in first })
  }

  /// Names `n<first>` onwards: bundled systems count from 1, Maelstrom's from 0.
  public static func numbered(count: Int, from first: Int = 1) -> NodeNames {
    NodeNames((first..<first + count).map { "n\($0)" })
  }

  public var count: Int { names.count }

  /// All nodes, in ascending order.
  public var nodes: [NodeID] { names.indices.map { NodeID($0) } }

  public subscript(node: NodeID) -> String {
    names.indices.contains(node.index) ? names[node.index] : "node-\(node.rawValue)"
  }

  public subscript(name: String) -> NodeID? { ids[name] }
}
