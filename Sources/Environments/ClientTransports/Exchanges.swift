import Environments
import NIOCore
import NodeServers
import Nodes
import Values

/// The clients of a protocol of exchanges, for callers on any thread.
struct Exchanges<Wire: ExchangeProtocol & Sendable>: Sendable {
  private let loop: any EventLoop
  private let door: NetworkDoor
  private let wire: Wire
  private let timeout: Nanoseconds
  private let clients: NIOLoopBoundBox<ExchangeClients<Wire>?>

  init(
    on loop: any EventLoop, through door: NetworkDoor, _ wire: Wire, timeout: Nanoseconds
  ) {
    self.loop = loop
    self.door = door
    self.wire = wire
    self.timeout = timeout
    clients = .makeEmptyBox(valueType: ExchangeClients<Wire>.self, eventLoop: loop)
  }

  /// - Parameter port: The name of the port that each endpoint must have.
  func open(
    _ endpoints: [Endpoint], port: String, report: @escaping @Sendable (TransportEvent) -> Void
  ) throws {
    for endpoint in endpoints where endpoint.ports[port] == nil {
      throw MissingPort(node: endpoint.name, port: port)
    }
    loop.execute { [self] in
      clients.value = ExchangeClients(
        on: loop, through: door, wire, timeout: timeout, endpoints, report)
    }
  }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    loop.execute { [clients] in clients.value?.submit(request, as: id, to: node) }
  }

  func close() {
    let closed = loop.submit { [clients] in
      clients.value?.close()
      clients.value = nil
    }
    if !loop.inEventLoop { try? closed.wait() }
  }
}
