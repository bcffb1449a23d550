public import Environments
public import NIOCore
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

  private let loop: any EventLoop
  private let settings: Settings
  private let clients: NIOLoopBoundBox<ExchangeClients<HTTPWire>?>

  /// - Parameter loop: Where its sockets are made and served; it runs until ``close()`` has returned.
  public init(on loop: any EventLoop, _ settings: Settings = Settings()) {
    self.loop = loop
    self.settings = settings
    clients = .makeEmptyBox(valueType: ExchangeClients<HTTPWire>.self, eventLoop: loop)
  }

  public func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) throws {
    for endpoint in endpoints where endpoint.ports[settings.port] == nil {
      throw HTTPTransportError.withoutPort(node: endpoint.name, port: settings.port)
    }
    loop.execute { [loop, settings, clients] in
      clients.value = ExchangeClients(
        loop, HTTPWire(settings: settings), timeout: settings.timeout, endpoints, report)
    }
  }

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    loop.execute { [clients] in clients.value?.submit(request, as: id, to: node) }
  }

  public func close() {
    let closed = loop.submit { [clients] in
      clients.value?.close()
      clients.value = nil
    }
    if !loop.inEventLoop { try? closed.wait() }
  }
}

/// Why a transport can't be opened.
public enum HTTPTransportError: Error, Hashable, Sendable, CustomStringConvertible {
  case withoutPort(node: String, port: String)

  public var description: String {
    switch self {
    case .withoutPort(let node, let port):
      "node \(node) has no port named \"\(port)\"; give it one in the manifest's ports"
    }
  }
}
