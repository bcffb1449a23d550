import Environments
import NIOCore
import NodeServers
import Nodes
import Values

/// The clients of a transport by exchanges: what they wait for, and connections that wait for them.
///
/// All of it happens on one event loop.
final class ExchangeClients<Wire: ExchangeProtocol> {
  /// A request that was not answered yet.
  private final class Exchange {
    let id: RequestID
    let node: NodeID
    var deadline: Scheduled<Void>?
    /// What carries it; nothing before there is a connection.
    var channel: (any Channel)?

    init(_ id: RequestID, to node: NodeID) {
      self.id = id
      self.node = node
    }
  }

  private let loop: any EventLoop
  private let door: NetworkDoor
  private let wire: Wire
  /// How long to wait for an answer, from when a request is handed over.
  private let timeout: Nanoseconds
  private let endpoints: [NodeID: Endpoint]
  private let report: @Sendable (TransportEvent) -> Void
  private var exchanges: [Int: Exchange] = [:]
  private var idle: [Destination: [any Channel]] = [:]
  private var isClosed = false

  init(
    on loop: any EventLoop, through door: NetworkDoor, _ wire: Wire, timeout: Nanoseconds,
    _ endpoints: [Endpoint], _ report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.loop = loop
    self.door = door
    self.wire = wire
    self.timeout = timeout
    self.endpoints = Dictionary(endpoints.map { ($0.node, $0) }, uniquingKeysWith: { $1 })
    self.report = report
  }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    // Whoever asks again has given up what they asked before.
    if let old = exchanges.removeValue(forKey: id.client) { drop(old) }
    guard let endpoint = endpoints[node], let (call, port) = wire.call(request, id),
      let number = endpoint.ports[port]
    else {
      return report(
        .replied(
          id,
          .failed(
            ErrorReply(.notSupported, "no request of this protocol to a node that is there")),
          from: node))
    }
    let exchange = Exchange(id, to: node)
    exchanges[id.client] = exchange
    let destination = Destination(address: endpoint.address, port: number)
    exchange.deadline = loop.assumeIsolated().scheduleTask(in: .nanoseconds(timeout)) {
      self.expire(exchange)
    }
    if let channel = takeIdle(destination) {
      return send(call, to: destination, exchange, on: channel)
    }
    Dial.connect(
      to: destination, within: timeout, on: loop, through: door, prepare: wire.prepare
    ).assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel):
        guard self.isWaiting(exchange) else { return self.keep(channel, destination) }
        self.send(call, to: destination, exchange, on: channel)
      case .failure(let error):
        self.finish(exchange, .failure(ExchangeFailure(connecting: error)))
      }
    }
  }

  private func isWaiting(_ exchange: Exchange) -> Bool {
    exchanges[exchange.id.client] === exchange
  }

  private func send(
    _ call: Wire.Call, to destination: Destination, _ exchange: Exchange, on channel: any Channel
  ) {
    exchange.channel = channel
    wire.send(call, to: destination, on: channel) { result in
      if case .success(let answer) = result, self.wire.keepsAlive(answer) {
        // Of a client that gave up, what comes next on it would be the answer to another request.
        if self.isWaiting(exchange) { self.keep(channel, destination) }
      }
      self.finish(exchange, result)
    }
  }

  private func expire(_ exchange: Exchange) {
    let wasSent = exchange.channel != nil
    finish(
      exchange,
      .failure(
        ExchangeFailure(
          kind: .timeout, wasSent: wasSent,
          text: wasSent ? "no answer in time" : "no connection in time")))
    exchange.channel?.close(promise: nil)
  }

  private func finish(_ exchange: Exchange, _ result: Result<Wire.Answer, ExchangeFailure>) {
    guard isWaiting(exchange) else { return }
    exchanges[exchange.id.client] = nil
    exchange.deadline?.cancel()
    report(wire.event(exchange.id, from: exchange.node, result))
  }

  private func drop(_ exchange: Exchange) {
    exchange.deadline?.cancel()
    exchange.channel?.close(promise: nil)
  }

  /// A connection that waits for a request, and is open as far as anybody knows.
  private func takeIdle(_ destination: Destination) -> (any Channel)? {
    while let channel = idle[destination]?.popLast() {
      if channel.isActive { return channel }
    }
    return nil
  }

  private func keep(_ channel: any Channel, _ destination: Destination) {
    guard !isClosed, channel.isActive else { return channel.close(promise: nil) }
    idle[destination, default: []].append(channel)
  }

  func close() {
    isClosed = true
    for exchange in exchanges.values { drop(exchange) }
    exchanges = [:]
    for channels in idle.values { for channel in channels { channel.close(promise: nil) } }
    idle = [:]
  }
}
