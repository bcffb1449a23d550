public import Nodes
public import Values

/// What the nodes of a broadcast tell their neighbours.
public enum BroadcastMessage: NodeMessage {
  /// All of the sender's values from its `first` up to its `end`, but for those that it has from
  /// the receiver.
  case share(first: Int, end: Int, values: [Value])
  /// The values of a share are stored.
  case acknowledge(first: Int, end: Int)

  public var kind: String {
    switch self {
    case .share: "share"
    case .acknowledge: "acknowledge"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .share(let first, let end, let values):
      sink.put(UInt8(0))
      sink.put(first)
      sink.put(end)
      sink.put(values)
    case .acknowledge(let first, let end):
      sink.put(UInt8(1))
      sink.put(first)
      sink.put(end)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let first = source.integer(), let end = source.integer() else {
      return nil
    }
    switch tag {
    case 0:
      guard let values = source.elements(Value.self) else { return nil }
      self = .share(first: first, end: end, values: values)
    case 1: self = .acknowledge(first: first, end: end)
    default: return nil
    }
  }
}
