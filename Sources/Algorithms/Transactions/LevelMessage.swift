public import Nodes
public import Values

/// How other nodes have transactions run by the primary.
public enum LevelMessage: NodeMessage {
  case forward(RequestID, [Value])
  case answer(RequestID, Reply)

  public var kind: String {
    switch self {
    case .forward: "forward"
    case .answer: "answer"
    }
  }

  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .forward(let id, let request):
      sink.put(UInt8(0))
      id.encode(into: &sink)
      sink.put(request)
    case .answer(let id, let reply):
      sink.put(UInt8(1))
      id.encode(into: &sink)
      reply.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) {
    guard let tag = source.byte(), let id = RequestID(from: &source) else { return nil }
    switch tag {
    case 0:
      guard let request = source.elements(Value.self) else { return nil }
      self = .forward(id, request)
    case 1:
      guard let reply = Reply(from: &source) else { return nil }
      self = .answer(id, reply)
    default: return nil
    }
  }
}
