import Nodes
public import Values

/// The state machine behind the log: keys and values, and each client's last answer.
///
/// The answers recognize requests that come twice: a client has one request outstanding, with
/// rising numbers, so its last number tells what has been done (Ongaro's thesis, section 6.3).
public struct KeyValueStore: Hashable, Sendable {
  struct Session: Hashable, Sendable {
    var number: Int
    var reply: Reply
  }

  private var values: [Value: Value] = [:]
  private var sessions: [Int: Session] = [:]

  public init() {}

  /// What a client was last answered.
  func session(of client: Int) -> Session? { sessions[client] }

  func read(_ key: Value) -> Reply {
    values[key].map { .value($0) }
      ?? .failed(ErrorReply(.keyDoesNotExist, "key does not exist"))
  }

  /// Carries out a committed request, unless it was carried out before.
  ///
  /// - Returns: Its answer; nothing for a request that its client has left behind.
  mutating func apply(_ request: Request, _ id: RequestID) -> Reply? {
    if let session = sessions[id.client], session.number >= id.number {
      return session.number == id.number ? session.reply : nil
    }
    let reply = apply(request)
    sessions[id.client] = Session(number: id.number, reply: reply)
    return reply
  }

  private mutating func apply(_ request: Request) -> Reply {
    switch request {
    case .write(let key, let value):
      values[key] = value
      return .written
    case .compareAndSet(let key, let from, let to, let createIfMissing):
      guard let current = values[key] else {
        guard createIfMissing else { return read(key) }
        values[key] = to
        return .compareAndSetDone
      }
      guard current == from else {
        return .failed(ErrorReply(.preconditionFailed, "the current value is another"))
      }
      values[key] = to
      return .compareAndSetDone
    default: return .failed(ErrorReply(.notSupported, "no such request here"))
    }
  }
}

extension KeyValueStore: StablyEncodable {
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
