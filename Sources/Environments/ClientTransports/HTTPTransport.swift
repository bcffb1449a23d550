public import Environments
package import NIOCore
package import NodeServers
public import Nodes
public import Values

/// Carries requests to nodes over HTTP/1.1, on connections that are kept alive.
///
/// In raw mode a request is `{"path": …, "body": …}`, with a `"method"` and the name of a `"port"`
/// where they are not the usual ones; the reply is `{"status": …, "body": …}`, or
/// `{"failure": …, "sent": …, "text": …}` where no answer came. A body that is not JSON is a text.
///
/// In the mode of operations a request is an operation, which is sent as JSON by POST, with its
/// `"process"`; the answer's body is the completion.
public final class HTTPTransport: ClientTransport {
  public enum Mode: Hashable, Sendable {
    case raw
    case operations(path: String)
  }

  /// What a transport does, beside where.
  public struct Settings: Hashable, Sendable {
    public var mode: Mode
    /// The name of the port that requests go to.
    public var port: String
    /// How long to wait for an answer, from when a request is handed over.
    public var timeout: Nanoseconds
    /// The longest answer that is taken, in bytes.
    public var answerMax: Int

    public init(
      mode: Mode = .raw, port: String = "client", timeout: Nanoseconds = .seconds(10),
      answerMax: Int = 8 << 20
    ) {
      self.mode = mode
      self.port = port
      self.timeout = timeout
      self.answerMax = answerMax
    }
  }

  private let port: String
  private let exchanges: Exchanges<HTTPWire>

  /// - Parameters:
  ///   - loop: Serves its connections; it runs until ``close()`` has returned.
  ///   - door: Where they leave from.
  package init(
    on loop: any EventLoop, through door: NetworkDoor = .here, _ settings: Settings = Settings()
  ) {
    port = settings.port
    exchanges = Exchanges(
      on: loop, through: door, HTTPWire(settings: settings), timeout: settings.timeout)
  }

  public func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) throws { try exchanges.open(endpoints, port: port, report: report) }

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    exchanges.submit(request, as: id, to: node)
  }

  public func close() { exchanges.close() }
}
