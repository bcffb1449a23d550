import Environments
import NIOCore
import NIOHTTP1
import Nodes
import Values

/// The clients of a transport over HTTP: what they wait for, and connections that wait for them.
///
/// All of it happens on one event loop.
final class HTTPClients {
  /// Where requests go.
  private struct Destination: Hashable {
    var address: String
    var port: Int

    var host: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }
  }

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
  private let settings: HTTPTransport.Settings
  private let endpoints: [NodeID: Endpoint]
  private let report: @Sendable (TransportEvent) -> Void
  private var exchanges: [Int: Exchange] = [:]
  private var idle: [Destination: [any Channel]] = [:]
  private var isClosed = false

  init(
    _ loop: any EventLoop, _ settings: HTTPTransport.Settings, _ endpoints: [Endpoint],
    _ report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.loop = loop
    self.settings = settings
    self.endpoints = Dictionary(endpoints.map { ($0.node, $0) }, uniquingKeysWith: { $1 })
    self.report = report
  }

  func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    // Whoever asks again has given up what they asked before.
    if let old = exchanges.removeValue(forKey: id.client) { drop(old) }
    guard let endpoint = endpoints[node], let (call, port) = call(request, id),
      let number = endpoint.ports[port]
    else {
      return report(
        .replied(
          id, .failed(ErrorReply(.notSupported, "no request of HTTP to a node that is there")),
          from: node))
    }
    let exchange = Exchange(id, to: node)
    exchanges[id.client] = exchange
    let destination = Destination(address: endpoint.address, port: number)
    exchange.deadline = loop.assumeIsolated().scheduleTask(in: .nanoseconds(settings.timeout)) {
      self.expire(exchange)
    }
    if let channel = takeIdle(destination) {
      return send(call, to: destination, exchange, on: channel)
    }
    HTTPDial.connect(
      destination.address, port: destination.port, within: settings.timeout,
      answerMax: settings.answerMax, on: loop
    ).assumeIsolated().whenComplete { result in
      switch result {
      case .success(let channel):
        guard self.isWaiting(exchange) else { return self.keep(channel, destination) }
        self.send(call, to: destination, exchange, on: channel)
      case .failure(let error):
        self.finish(exchange, .failure(HTTPFailure(connecting: error)))
      }
    }
  }

  private func isWaiting(_ exchange: Exchange) -> Bool {
    exchanges[exchange.id.client] === exchange
  }

  private func send(
    _ call: HTTPCall, to destination: Destination, _ exchange: Exchange, on channel: any Channel
  ) {
    exchange.channel = channel
    HTTPAnswerHandler.send(call, host: destination.host, on: channel) { result in
      if case .success(let answer) = result, answer.keepsAlive {
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
        HTTPFailure(
          kind: .timeout, wasSent: wasSent,
          text: wasSent ? "no answer in time" : "no connection in time")))
    exchange.channel?.close(promise: nil)
  }

  private func finish(_ exchange: Exchange, _ result: Result<HTTPAnswer, HTTPFailure>) {
    guard isWaiting(exchange) else { return }
    exchanges[exchange.id.client] = nil
    exchange.deadline?.cancel()
    report(settings.mode.event(exchange.id, from: exchange.node, result))
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

  /// What to send for a request, and to which port; nothing where it is none for HTTP.
  private func call(_ request: Request, _ id: RequestID) -> (HTTPCall, port: String)? {
    guard case .custom(let body) = request, var fields = body.map else { return nil }
    switch settings.mode {
    case .operations(let path):
      fields["process"] = .integer(id.client)
      return (
        HTTPCall(method: .POST, path: path, body: Array(Value.map(fields).json.utf8)),
        settings.port
      )
    case .raw:
      guard let path = body["path"]?.name else { return nil }
      let content = body["body"].map { Array($0.json.utf8) }
      let method = body["method"]?.name ?? (content == nil ? "GET" : "POST")
      return (
        HTTPCall(method: HTTPMethod(rawValue: method), path: path, body: content),
        body["port"]?.name ?? settings.port
      )
    }
  }
}

extension HTTPTransport.Mode {
  /// What is told of a request that was answered, or failed.
  func event(
    _ id: RequestID, from node: NodeID, _ result: Result<HTTPAnswer, HTTPFailure>
  ) -> TransportEvent {
    switch (self, result) {
    case (.raw, .success(let answer)):
      return .replied(
        id, .custom(["status": .integer(answer.status), "body": answer.value]), from: node)
    case (.raw, .failure(let failure)):
      let reply: Value = [
        "failure": .string(failure.kind.rawValue), "sent": .bool(failure.wasSent),
        "text": .string(failure.text),
      ]
      return .replied(id, .custom(reply), from: node)
    case (.operations, .success(let answer)):
      let type = answer.value["type"]
      // Errors may have a type of their own, as those of RFC 9457 have.
      if answer.status == 200 ? type != nil : ["ok", "fail", "info"].contains(type) {
        return .replied(id, .custom(answer.value), from: node)
      }
      guard answer.status == 200 else {
        // A server that failed may have done something before.
        let error = ErrorReply(.crash, "HTTP \(answer.status): \(answer.text.prefix(200))")
        return .replied(id, .failed(error), from: node)
      }
      return .malformedReply(
        id, from: node, problem: "the answer is no completion: an object with \"type\"",
        line: String(answer.text.prefix(1000)))
    case (.operations, .failure(let failure)):
      let code: ErrorCode = failure.wasSent ? .timeout : .temporarilyUnavailable
      return .replied(
        id, .failed(ErrorReply(code, "\(failure.kind.rawValue): \(failure.text)")), from: node)
    }
  }
}
