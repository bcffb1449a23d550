public import Environments
package import NIOCore
package import NodeServers
public import Nodes
public import Values

/// Carries commands to Redis, or whoever else speaks RESP2, on connections that are kept.
///
/// A request is `{"commands": [["SADD", "k", "1"], …]}`, all of which go out at once on one
/// connection; the reply is `{"replies": […]}`, one for each command. Simple and bulk strings are
/// strings there, and an error is `{"error": …}`. Where no answer came the reply is
/// `{"failure": …, "sent": …, "text": …}`, in which `"sent"` is false only if the server certainly
/// got none of the commands. An answer that is no RESP2 is a malformed reply.
public final class RedisTransport: ClientTransport {
  /// What a transport does, beside where.
  public struct Settings: Hashable, Sendable {
    /// The name of the port that requests go to.
    public var port: String
    /// How long to wait for all replies, from when a request is handed over.
    public var timeout: Nanoseconds
    /// The longest answer that is taken, in bytes.
    public var answerMax: Int

    public init(
      port: String = "client", timeout: Nanoseconds = .seconds(10), answerMax: Int = 8 << 20
    ) {
      self.port = port
      self.timeout = timeout
      self.answerMax = answerMax
    }
  }

  private let port: String
  private let exchanges: Exchanges<RedisWire>

  /// - Parameters:
  ///   - loop: Serves its connections; it runs until ``close()`` has returned.
  ///   - door: Where they leave from.
  package init(
    on loop: any EventLoop, through door: NetworkDoor = .here, _ settings: Settings = Settings()
  ) {
    port = settings.port
    exchanges = Exchanges(
      on: loop, through: door, RedisWire(settings: settings), timeout: settings.timeout)
  }

  public func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) throws { try exchanges.open(endpoints, port: port, report: report) }

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    exchanges.submit(request, as: id, to: node)
  }

  public func close() { exchanges.close() }
}

/// How requests are exchanged with Redis.
struct RedisWire: ExchangeProtocol {
  var settings: RedisTransport.Settings

  func call(_ request: Request, _ id: RequestID) -> (RESPCall, port: String)? {
    guard case .custom(let body) = request, let commands = body["commands"]?.elements else {
      return nil
    }
    return RESPCall(commands).map { ($0, settings.port) }
  }

  func prepare(_ channel: any Channel) throws {
    try channel.pipeline.syncOperations.addHandler(RESPHandler(max: settings.answerMax))
  }

  func send(
    _ call: RESPCall, to destination: Destination, on channel: any Channel,
    receive: @escaping (Result<RESPAnswer, ExchangeFailure>) -> Void
  ) {
    RESPHandler.send(call, on: channel, receive: receive)
  }

  func keepsAlive(_ answer: RESPAnswer) -> Bool {
    if case .replies = answer { true } else { false }
  }

  func event(
    _ id: RequestID, from node: NodeID, _ result: Result<RESPAnswer, ExchangeFailure>
  ) -> TransportEvent {
    switch result {
    case .success(.replies(let replies)):
      .replied(id, .custom(["replies": .list(replies)]), from: node)
    case .success(.malformed(let mistake, let text)):
      .malformedReply(id, from: node, problem: mistake.description, line: text)
    case .failure(let failure): .replied(id, failure.reply, from: node)
    }
  }
}
