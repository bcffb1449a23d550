public import Values

/// A node of a system in which some nodes differ in nothing but their names.
///
/// A state and the one in which such names are exchanged behave alike, so one of them is enough to be
/// explored.
public protocol RenamableNode: Node {
  /// Those of a cluster's members whose names can be exchanged for each other's.
  static func interchangeable(_ members: [NodeID]) -> [NodeID]

  /// The node as it would be if names had been exchanged from the start.
  func renamed(_ renaming: Renaming) -> Self

  /// The message as it would be; which nodes it travels between is no part of it.
  static func renamed(_ message: Message, _ renaming: Renaming) -> Message

  /// All that this node knows of another.
  ///
  /// Of two nodes of which everyone knows the same, and which are in the same state, it must not
  /// matter which is which.
  func knowledge(of other: NodeID) -> UInt64
}

extension RenamableNode {
  public static func renamed(_ message: Message, _ renaming: Renaming) -> Message { message }
}

/// An invariant whose memory is of nodes by their names, which can be exchanged.
public protocol RenamableInvariant<N>: Invariant {
  /// What it would remember if names had been exchanged from the start.
  func renamed(_ renaming: Renaming) -> Self
}

/// Says for each node of a cluster which name it has from now on.
public struct Renaming: Hashable, Sendable {
  /// By the nodes' places; each place occurs once.
  private let places: [Int]

  public init(_ places: [Int]) { self.places = places }

  public subscript(node: NodeID) -> NodeID { NodeID(places[node.index]) }

  /// What nodes have by their places, each at its new one; missing ones have `none`.
  public func renamed<Element>(_ elements: [Element], _ none: Element) -> [Element] {
    var renamed = Array(repeating: none, count: max(places.count, elements.count))
    for (place, element) in elements.enumerated() { renamed[places[place]] = element }
    return renamed
  }
}
