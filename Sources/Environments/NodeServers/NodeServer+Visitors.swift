import NIOCore
import NodeProcesses
import Nodes
import Values

extension NodeServer {
  /// Takes in a connection whose first frame must say who speaks.
  func admit() -> FrameConnection {
    visitorCount += 1
    let id = visitorCount
    let connection = FrameConnection(frameCountMax: Frame.helloCountMax) { connection, event in
      self.take(event, of: id, connection)
    }
    let visitor = Visitor(id, connection)
    visitor.helloDeadline = loop.scheduleTask(in: Visitor.helloTimeout) {
      self.visitors[id]?.connection.close(because: "it did not say who it is in time")
    }
    visitors[id] = visitor
    return connection
  }

  private func take(_ event: ConnectionEvent, of id: Int, _ connection: FrameConnection) {
    guard let visitor = visitors[id] else { return }
    switch event {
    case .opened, .drained: break
    case .frame(let bytes):
      let problem =
        visitor.role == .unknown ? greet(visitor, bytes) : receive(bytes, from: visitor)
      if let problem { connection.close(because: problem) } else { openBatch() }
    case .closed(let reason):
      visitor.helloDeadline?.cancel()
      visitors[id] = nil
      if services == id { services = visitors.values.filter(\.hasServices).map(\.id).max() }
      guard reason != FrameConnection.endedByOther else { return }
      log("the connection from \(connection.other) ended: \(reason)")
    }
  }

  /// - Returns: Why the connection is refused, if it is.
  private func greet(_ visitor: Visitor, _ bytes: UnsafeRawBufferPointer) -> String? {
    guard let hello = Hello(bytes) else { return "it did not say who it is" }
    guard hello.token == settings.token else { return "\(hello.name) has another token" }
    if let peer = names[hello.name] {
      guard hello.name != settings.name else {
        return "it calls itself \(hello.name), as this node"
      }
      guard hello.members == names.names else {
        return "\(hello.name) has other members: \(hello.members ?? [])"
      }
      // A node that dials again has given up the connection that it had.
      let older = visitors.values.filter { $0.role == .peer(peer) }
      for visitor in older { visitor.connection.close(because: "\(hello.name) has a newer one") }
      visitor.role = .peer(peer)
    } else {
      visitor.role = .client(hasServices: hello.hasServices)
      if hello.hasServices { services = visitor.id }
    }
    visitor.helloDeadline?.cancel()
    visitor.connection.reader.countMax = Frame.countMax
    return nil
  }

  /// - Returns: Why the connection can't go on, if it can't.
  private func receive(_ bytes: UnsafeRawBufferPointer, from visitor: Visitor) -> String? {
    guard let envelope = Envelope(line: bytes), let source = envelope.source.string else {
      return "what it sent is no message"
    }
    guard envelope.destination.unquoted.elementsEqual(settings.name.utf8) else {
      return "a message for \(envelope.destination.string ?? "nobody") reached \(settings.name)"
    }
    let isAllowed =
      switch visitor.role {
      case .peer(let peer): source == names[peer]
      case .client(let hasServices):
        names[source] == nil && (hasServices || Service(rawValue: source) == nil)
      case .unknown: false
      }
    guard isAllowed else { return "it must not speak for \(source)" }
    host.receive(envelope, from: source, origin: visitor.id)
    return nil
  }
}
