public import Values

/// What can happen to a node.
public enum Event<N: Node>: Sendable {
  /// The first boot or a restart, with what the node's disk kept.
  case start(SurvivingFiles)
  case message(from: NodeID, N.Message)
  /// A client asks something; the node that received a request answers it.
  case request(RequestID, Request)
  /// A service answered the call that carried this token.
  case answered(Token, Reply)
  case timer(N.Timer)
  /// The storage operation or sync that carried this token is done.
  case completed(Token, StorageResult)
}

/// Names a client's request: a client has one outstanding, with rising numbers.
public struct RequestID: Hashable, Comparable, Sendable {
  public var client: Int
  public var number: Int

  @inlinable
  public init(client: Int, number: Int) {
    self.client = client
    self.number = number
  }

  @inlinable
  public static func < (left: RequestID, right: RequestID) -> Bool {
    (left.client, left.number) < (right.client, right.number)
  }
}

extension RequestID: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(client)
    sink.put(number)
  }

  public init?(from source: inout ByteSource) {
    guard let client = source.integer(), let number = source.integer() else { return nil }
    self.init(client: client, number: number)
  }
}

/// Names a call or storage operation whose outcome the node wants to hear; chosen by the node.
public struct Token: Hashable, Comparable, Sendable {
  public var rawValue: Int

  @inlinable
  public init(_ rawValue: Int) { self.rawValue = rawValue }

  @inlinable
  public static func < (left: Token, right: Token) -> Bool { left.rawValue < right.rawValue }
}
