import Environments
import NIOCore
import NIOPosix
import NodeServers
import Nodes
import Values

/// A protocol in which a connection carries one request at a time, and is kept for the next one.
protocol ExchangeProtocol {
  associatedtype Call
  associatedtype Answer

  /// What to send for a request, and to which port; nothing where it is none of this protocol.
  func call(_ request: Request, _ id: RequestID) -> (Call, port: String)?

  /// Makes a new connection fit for ``send(_:to:on:receive:)``.
  func prepare(_ channel: any Channel) throws

  /// Sends a call on a channel that is active.
  ///
  /// - Parameter receive: Called once, on the channel's loop.
  func send(
    _ call: Call, to destination: Destination, on channel: any Channel,
    receive: @escaping (Result<Answer, ExchangeFailure>) -> Void)

  /// Whether the connection can carry another request after this answer.
  func keepsAlive(_ answer: Answer) -> Bool

  /// What is told of a request that was answered, or failed.
  func event(
    _ id: RequestID, from node: NodeID, _ result: Result<Answer, ExchangeFailure>
  ) -> TransportEvent
}

/// Where requests go.
struct Destination: Hashable {
  var address: String
  var port: Int

  var text: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

/// Why no answer came.
struct ExchangeFailure: Error, Hashable, Sendable {
  enum Kind: String, Sendable {
    case refused
    case unreachable
    case closed
    case timeout
    /// What came was not of the protocol, or too long.
    case malformed
  }

  var kind: Kind
  /// Whether anything of the request may have reached the server.
  var wasSent: Bool
  var text: String

  init(kind: Kind, wasSent: Bool, text: String) {
    self.kind = kind
    self.wasSent = wasSent
    self.text = text
  }

  /// Why no connection came about.
  init(connecting error: any Error) {
    let text = (error as? IOError)?.description ?? "\(error)"
    switch (error as? IOError)?.errnoCode {
    case ECONNREFUSED: self.init(kind: .refused, wasSent: false, text: text)
    default: self.init(kind: .unreachable, wasSent: false, text: text)
    }
  }

  /// A reply that tells it.
  var reply: Reply {
    .custom([
      "failure": .string(kind.rawValue), "sent": .bool(wasSent), "text": .string(text),
    ])
  }
}

/// Makes connections; all of it is to be called on the loop.
enum Dial {
  /// - Parameter prepare: Called on the channel before it is connected.
  static func connect(
    to destination: Destination, within timeout: Nanoseconds, on loop: any EventLoop,
    through door: NetworkDoor,
    prepare: @escaping (any Channel) throws -> Void
  ) -> EventLoopFuture<any Channel> {
    loop.preconditionInEventLoop()
    let prepare = NIOLoopBound(prepare, eventLoop: loop)
    do {
      let address = try SocketAddress(
        ipAddress: destination.address, port: destination.port)
      return door.connect(on: loop) {
        ClientBootstrap(group: loop)
          .connectTimeout(.nanoseconds(timeout))
          .channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try prepare.value(channel) }
          }
          .connect(to: address)
      }
      .flatMap { channel in
        // A port that the system gives away may be dialed from itself where nobody listens.
        guard channel.localAddress == channel.remoteAddress, channel.localAddress != nil else {
          return channel.eventLoop.makeSucceededFuture(channel)
        }
        channel.close(promise: nil)
        return channel.eventLoop.makeFailedFuture(
          IOError(errnoCode: ECONNREFUSED, reason: "nobody listens"))
      }
    } catch {
      return loop.makeFailedFuture(error)
    }
  }
}
