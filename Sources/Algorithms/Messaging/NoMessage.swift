public import Nodes
public import Values

/// The message type of systems whose nodes never speak to each other; it has no values.
public enum NoMessage: NodeMessage {
  public var kind: String { switch self {} }

  public func encode(into sink: inout some ByteSink) { switch self {} }

  public init?(from source: inout ByteSource) { return nil }
}
