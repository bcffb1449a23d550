public import Nodes
public import Values

/// The replicated state machine: keys' values, and what each client's last request was answered.
///
/// The answers are part of the state, so that a request which stands in the log twice takes effect
/// once on every node (Ongaro's thesis, section 6.3). A client has one request outstanding, with
/// rising numbers, so its last answer is enough. The table grows by one answer a client: to forget a
/// client safely, clients would have to register first.
public struct KeyValueStore: Sendable, StablyEncodable {
  private struct Session: Hashable, Sendable {
    var number: Int
    var reply: Reply
  }

  /// What is known of a request.
  enum Recognition: Hashable, Sendable {
    case new
    case answered(Reply)
    /// Its client has moved on to a later request.
    case outdated
  }

  private var values: [Value: Value] = [:]
  private var sessions: [Int: Session] = [:]

  public init() {}

  public func read(_ key: Value) -> Reply {
    guard let value = values[key] else {
      return .failed(ErrorReply(.keyDoesNotExist, "key does not exist"))
    }
    return .value(value)
  }

  func recognize(_ id: RequestID) -> Recognition {
    guard let session = sessions[id.client], session.number >= id.number else { return .new }
    return session.number == id.number ? .answered(session.reply) : .outdated
  }

  /// What a request would be answered in this state.
  func outcome(of request: Request) -> Reply {
    switch request {
    case .read(let key): return read(key)
    case .write: return .written
    case .compareAndSet(let key, let from, _, let createIfMissing):
      switch values[key] {
      case from?: return .compareAndSetDone
      case nil where createIfMissing: return .compareAndSetDone
      case nil: return .failed(ErrorReply(.keyDoesNotExist, "key does not exist"))
      case _?: return .failed(ErrorReply(.preconditionFailed, "the current value is another"))
      }
    default: return .notSupported
    }
  }

  /// Applies a request, unless it was applied before.
  ///
  /// - Returns: The answer; nothing where the client has moved on.
  ///
  /// - Parameter isOnce: For a planted bug only: whether what was applied before is recognized.
  mutating func apply(_ request: Request, _ id: RequestID, isOnce: Bool = true) -> Reply? {
    switch isOnce ? recognize(id) : .new {
    case .answered(let reply): return reply
    case .outdated: return nil
    case .new: break
    }
    let reply = outcome(of: request)
    switch request {
    case .write(let key, let value): values[key] = value
    case .compareAndSet(let key, _, let value, _):
      if reply == .compareAndSetDone { values[key] = value }
    default: break
    }
    sessions[id.client] = Session(number: id.number, reply: reply)
    return reply
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(values.count)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      key.encode(into: &sink)
      value.encode(into: &sink)
    }
    sink.put(sessions.count)
    for (client, session) in sessions.sorted(by: { $0.key < $1.key }) {
      sink.put(client)
      sink.put(session.number)
      session.reply.encode(into: &sink)
    }
  }
}
