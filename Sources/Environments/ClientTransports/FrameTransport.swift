public import Environments
package import NIOCore
package import NodeServers
public import Nodes
public import Values

/// Speaks to bundled nodes that listen on a network, and answers what they ask of services.
///
/// Whether a node can be asked is what its host answers to a question that is put to it all the time.
public final class FrameTransport: ClientTransport, @unchecked Sendable {
  // Sendable, for all that changes is changed on the event loop.

  private static let pace = Dialer.Pace(first: .milliseconds(20), last: .milliseconds(250))
  private static let statusInterval: TimeAmount = .milliseconds(100)
  /// A node that says nothing of itself for so long can't be asked.
  static let silenceMax: TimeAmount = .seconds(1)
  /// Who asks for nodes' standing.
  private static let ownName: StaticString = "shrike"

  private let loop: any EventLoop
  private let door: NetworkDoor
  private let names: NodeNames
  private let port: String
  private let token: String
  private var services: SharedServices
  private var outstanding = OutstandingRequests()
  private var nodes: [NodeID: FramedNode] = [:]
  private var report: @Sendable (TransportEvent) -> Void = { _ in }
  private var asking: RepeatedTask?
  private var statusNumber = 0
  /// The nodes that are to be sent something once all is encoded that there is.
  private var unflushed: Set<NodeID> = []
  private var buffer: [UInt8] = []

  /// - Parameters:
  ///   - loop: Serves its connections; it runs until ``close()`` has returned.
  ///   - door: Where they leave from.
  ///   - names: All members, by number.
  ///   - port: What the nodes' port is for.
  ///   - seed: What services draw from.
  package init(
    on loop: any EventLoop, through door: NetworkDoor = .here, names: NodeNames,
    port: String = "client", token: String = "", seed: UInt64 = 0
  ) {
    self.loop = loop
    self.door = door
    self.names = names
    self.port = port
    self.token = token
    services = SharedServices(draws: Draws(seed: seed))
  }

  public func open(
    _ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void
  ) throws {
    let addresses = try endpoints.map { endpoint in
      guard let port = endpoint.ports[port] else {
        throw MissingPort(node: endpoint.name, port: port)
      }
      return (endpoint.node, NetworkAddress(host: endpoint.address, port: port))
    }
    try loop.submit {
      self.report = report
      for (node, address) in addresses { self.dial(node, at: address) }
      self.asking = self.loop.scheduleRepeatedTask(
        initialDelay: FrameTransport.statusInterval, delay: FrameTransport.statusInterval
      ) { _ in self.askAll() }
    }.wait()
  }

  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    loop.execute { self.send(request, as: id, to: node) }
  }

  public func close() {
    try? loop.submit {
      self.report = { _ in }
      self.asking?.cancel()
      for node in self.nodes.values { node.dialer?.end() }
      self.nodes = [:]
    }.wait()
  }

  private func dial(_ id: NodeID, at address: NetworkAddress) {
    let node = FramedNode(id, names[id])
    let hello = Hello(token: token, name: "\(FrameTransport.ownName)", hasServices: true)
    node.dialer = Dialer(
      on: loop, through: door, to: address, pace: FrameTransport.pace, hello: hello
    ) { [unowned self, unowned node] event in take(event, from: node)
    }
    nodes[id] = node
    node.dialer?.start()
  }
}

/// A node as a transport knows it.
final class FramedNode {
  let id: NodeID
  let name: String
  var dialer: Dialer?
  var isReachable = false
  var role: String?
  /// When it last said anything of itself, or was first asked.
  var heardAt = NIODeadline.now()

  init(_ id: NodeID, _ name: String) {
    self.id = id
    self.name = name
  }

  /// Why it can't be sent anything now, if it can't.
  var problem: String? {
    guard let connection = dialer?.connection else {
      return dialer?.problem ?? "the connection was given up"
    }
    return connection.hasRoom ? nil : "it does not take what it is sent"
  }
}

// MARK: Sending

extension FrameTransport {
  private func send(_ request: Request, as id: RequestID, to node: NodeID) {
    guard let node = nodes[node] else { return }
    if let problem = node.problem {
      let error = ErrorReply(.temporarilyUnavailable, "can't reach \(node.name): \(problem)")
      return report(.replied(id, .failed(error), from: node.id))
    }
    outstanding.begin(id, at: node.id)
    var body = request.body(names)
    body[.string("msg_id")] = .integer(id.number)
    send(body, from: "c\(id.client)", to: node)
  }

  private func send(_ body: ValueMap, from source: String, to node: FramedNode) {
    buffer.removeAll(keepingCapacity: true)
    buffer.appendText("{\"src\":")
    buffer.appendJSON(source)
    buffer.appendText(",\"dest\":")
    buffer.appendJSON(node.name)
    buffer.appendText(",\"body\":")
    Value.map(body).writeJSON(into: &buffer)
    buffer.appendText("}")
    node.dialer?.connection?.send(buffer)
    if unflushed.isEmpty { loop.execute { self.flush() } }
    unflushed.insert(node.id)
  }

  private func flush() {
    for id in unflushed { nodes[id]?.dialer?.connection?.flush() }
    unflushed = []
  }

  private func askAll() {
    for node in nodes.values {
      if node.isReachable, NIODeadline.now() - node.heardAt > FrameTransport.silenceMax {
        lose(node, "it does not answer")
      }
      ask(node)
    }
  }

  private func ask(_ node: FramedNode) {
    guard node.problem == nil else { return }
    statusNumber += 1
    let body = ValueMap([
      .init(key: "type", value: NodeStatus.requestType),
      .init(key: "msg_id", value: .integer(statusNumber)),
    ])
    send(body, from: "\(FrameTransport.ownName)", to: node)
  }
}

// MARK: Receiving

extension FrameTransport {
  private func take(_ event: ConnectionEvent, from node: FramedNode) {
    switch event {
    case .opened: ask(node)
    case .closed(let reason): lose(node, reason)
    case .drained: break
    case .frame(let bytes):
      guard let envelope = Envelope(line: bytes) else {
        node.dialer?.connection?.close(because: "what it sent is no message")
        return
      }
      receive(envelope, line: bytes, from: node)
    }
  }

  private func receive(
    _ envelope: Envelope, line: UnsafeRawBufferPointer, from node: FramedNode
  ) {
    if let client = envelope.destination.clientNumber {
      receiveReply(envelope, line: line, from: node, to: client)
    } else if envelope.destination.isString(FrameTransport.ownName) {
      receiveStatus(envelope, from: node)
    } else if let service = envelope.destination.string.flatMap(Service.init(rawValue:)),
      let body = envelope.body.value.map,
      let answer = services.answer(body, to: service, from: node.id, names)
    {
      send(answer, from: service.rawValue, to: node)
    }
  }

  private func receiveReply(
    _ envelope: Envelope, line: UnsafeRawBufferPointer, from node: FramedNode, to client: Int
  ) {
    switch outstanding.take(envelope, from: node.id, to: client) {
    case .replied(let id, let reply, _): report(.replied(id, reply, from: node.id))
    case .malformed(let id, let problem):
      let text = String(decoding: line, as: UTF8.self)
      report(.malformedReply(id, from: node.id, problem: problem, line: text))
    case nil: break
    }
  }

  private func receiveStatus(_ envelope: Envelope, from node: FramedNode) {
    guard let status = NodeStatus(body: envelope.body.value) else { return }
    node.heardAt = .now()
    if !node.isReachable {
      node.isReachable = true
      report(.reachable(node.id))
    }
    guard status.role != node.role else { return }
    node.role = status.role
    report(.role(node.id, status.role))
  }

  private func lose(_ node: FramedNode, _ reason: String) {
    guard node.isReachable else { return }
    node.isReachable = false
    // What it takes itself for is to be told again.
    node.role = nil
    report(.unreachable(node.id, reason))
  }
}
