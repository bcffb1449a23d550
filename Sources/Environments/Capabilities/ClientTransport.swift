public import Nodes
public import Values

/// Where a node listens.
public struct Endpoint: Hashable, Sendable {
  public var node: NodeID
  public var name: String
  /// A numeric address.
  public var address: String
  /// Its ports by what they are for: `client`.
  public var ports: [String: Int]

  public init(node: NodeID, name: String, address: String, ports: [String: Int]) {
    self.node = node
    self.name = name
    self.address = address
    self.ports = ports
  }
}

/// Carries clients' requests to nodes that listen on a network, and tells how the nodes fare.
///
/// A request that certainly was not sent, for the node can't be reached, is answered at once by an
/// error that is definite; one whose answer was lost on the way by one that is not, or by nothing:
/// whoever asked has a time-out.
public protocol ClientTransport: AnyObject, Sendable {
  /// Begins to reach for nodes. What happens is reported from any thread, until ``close()`` returns.
  func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void) throws

  /// Sends a client's request, without waiting; a client has one request outstanding.
  func submit(_ request: Request, as id: RequestID, to node: NodeID)

  /// Gives back all that was taken.
  func close()
}

/// What a transport tells.
public enum TransportEvent: Hashable, Sendable {
  case replied(RequestID, Reply, from: NodeID)
  /// An answer that is none: what is wrong, with what was received.
  case malformedReply(RequestID, from: NodeID, problem: String, line: String)
  /// The node can be asked from now on.
  case reachable(NodeID)
  /// The node can't be asked from now on, and why.
  case unreachable(NodeID, String)
  /// What the node takes itself for, whenever that changes: `leader`.
  case role(NodeID, String)
  /// Somebody that a client needs is gone for good, and the run with them: a client's program.
  case failed(String)
}
