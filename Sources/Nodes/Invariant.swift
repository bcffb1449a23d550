public import Values

/// A promise of an algorithm that holds in every state of the whole cluster.
///
/// It is checked after every event, with the node that handled it. One that remembers (one leader a
/// term, ever) keeps its memory in itself, and encodes it for exploration. One that is an empty type
/// remembers nothing, and an exploration asks it once a state.
public protocol Invariant<N>: Sendable {
  associatedtype N: Node

  /// - Returns: What is wrong, if anything is.
  mutating func check(_ changed: NodeID, in cluster: ClusterStates<N>) -> Violation?
}

/// The state of one node, where invariants can read it without copying it.
///
/// Its host changes it, and nobody reads it meanwhile: that is not checked, since it would cost more
/// than many a node's event.
public final class NodeCell<N: Node> {
  @exclusivity(unchecked) public var node: N
  /// Whether the node's process runs; the state of one that does not is void.
  @exclusivity(unchecked) public var isUp: Bool

  @inlinable
  public init(_ node: N, isUp: Bool = true) {
    self.node = node
    self.isUp = isUp
  }
}

/// The states of all nodes of a cluster at one moment.
public struct ClusterStates<N: Node> {
  /// The nodes' cells, by their ids.
  public var cells: [NodeCell<N>]

  @inlinable
  public init(_ cells: [NodeCell<N>]) { self.cells = cells }
}

/// A broken invariant, told so that a person can follow it.
public struct Violation: Hashable, Sendable {
  /// The invariant's name: `state-machine-safety`.
  public var invariant: String
  public var explanation: String
  public var nodes: [NodeID]

  public init(_ invariant: String, _ explanation: String, nodes: [NodeID]) {
    self.invariant = invariant
    self.explanation = explanation
    self.nodes = nodes
  }
}
