import Environments
import Nodes
import Values

/// A message between nodes, or between a node and a service, that has not arrived.
struct MessageUnderWay {
  var source: Place
  var destination: Place
  /// Its line, with the line's end.
  var line: [UInt8]
  /// Where its body stands in the line.
  var body: Range<Int>

  enum Place: Hashable {
    case node(NodeID)
    case service(Service)
    case client
  }
}

extension LocalProcesses {
  /// The client that sends `init`.
  static let initClient: StaticString = "c-init"

  // MARK: What nodes print

  func receive(line: UnsafeRawBufferPointer, from channel: NodeChannel) {
    let isMute = channel.hasReportedGarbage || channel.hasReportedUnknownDestination
    guard !settings.isCompatible || !isMute else { return }
    guard let envelope = Envelope(line: line) else {
      guard !channel.hasReportedGarbage else { return }
      channel.hasReportedGarbage = true
      events.append(.garbage(channel.node, line: String(decoding: line, as: UTF8.self)))
      return
    }
    let name = envelope.destination.unquoted
    if let node = node(named: name) {
      sendBetweenNodes(envelope, from: channel, to: node)
    } else if let client = envelope.destination.clientNumber {
      receiveReply(envelope, line: line, from: channel, to: client)
    } else if let service = envelope.destination.string.flatMap(Service.init(rawValue:)) {
      sendToService(envelope, from: channel, service)
    } else if envelope.destination.isString(LocalProcesses.statusClient) {
      receiveStatus(envelope, from: channel)
    } else if envelope.destination.isString(LocalProcesses.initClient) {
      receiveInitReply(envelope, from: channel)
    } else {
      undeliverableCount += 1
      guard !channel.hasReportedUnknownDestination else { return }
      channel.hasReportedUnknownDestination = true
      events.append(.garbage(channel.node, line: String(decoding: line, as: UTF8.self)))
    }
  }

  private func node(named name: UnsafeRawBufferPointer) -> NodeID? {
    names[String(decoding: name, as: UTF8.self)]
  }

  private func sendBetweenNodes(_ envelope: Envelope, from channel: NodeChannel, to node: NodeID) {
    traffic.betweenServers += 1
    let fate = faults.send(
      on: Link(from: channel.node, to: node), type: { envelope.bodyType })
    let latency = drawLatency()
    if case .carried(0, nil) = fate, latency == 0, messageLog == nil,
      channels[node.index].receiver.isIdle
    {
      guard isDelivered(from: channel.node, to: node) else {
        traffic.lost += 1
        return
      }
      write(envelope, into: &channels[node.index].outbox.bytes)
      traffic.delivered += 1
      willFlush(channels[node.index])
      return
    }
    let message = underWay(envelope, from: .node(channel.node), to: .node(node))
    switch fate {
    case .lost: lose(message)
    case .carried(let delay, let copyDelay):
      if let copyDelay { carry(message, for: latency + copyDelay) }
      carry(message, for: latency + delay)
    }
  }

  private func drawLatency() -> Nanoseconds {
    let latency = settings.latency.draw(&latencyDraws)
    return settings.isCompatible ? latency / .milliseconds(1) * .milliseconds(1) : latency
  }

  /// Has a message arrive after a while.
  private func carry(_ message: MessageUnderWay, for latency: Nanoseconds) {
    if settings.isCompatible, case .node(let node) = message.destination {
      channels[node.index].receiver.insert(message, due: now + latency)
    } else {
      underWay.insert(message, due: now + latency)
    }
  }

  /// Has a client's message arrive now, or when the receiver that it finds asleep wakes.
  func carryFromClient(_ line: [UInt8], to channel: NodeChannel) {
    carry(
      MessageUnderWay(
        source: .client, destination: .node(channel.node), line: line, body: 0..<0),
      for: 0)
  }

  private func sendToService(
    _ envelope: Envelope, from channel: NodeChannel, _ service: Service
  ) {
    traffic.betweenServers += 1
    let message = underWay(envelope, from: .node(channel.node), to: .service(service))
    carry(message, for: drawLatency())
  }

  private func underWay(
    _ envelope: Envelope, from source: MessageUnderWay.Place, to destination: MessageUnderWay.Place
  ) -> MessageUnderWay {
    var line: [UInt8] = []
    line.reserveCapacity(envelope.body.bytes.count + 80)
    let body = write(envelope, into: &line)
    record(.sent, line)
    return MessageUnderWay(source: source, destination: destination, line: line, body: body)
  }

  /// Writes a message's line as it will be delivered.
  ///
  /// - Returns: Where in `bytes` its body stands.
  @discardableResult
  private func write(_ envelope: Envelope, into bytes: inout [UInt8]) -> Range<Int> {
    beginLine(&bytes)
    bytes.appendText(",\"src\":")
    bytes.append(contentsOf: envelope.source.bytes)
    bytes.appendText(",\"dest\":")
    bytes.append(contentsOf: envelope.destination.bytes)
    bytes.appendText(",\"body\":")
    let start = bytes.count
    bytes.append(contentsOf: envelope.body.bytes)
    let body = start..<bytes.count
    bytes.appendText("}\n")
    return body
  }

  /// Begins the line of the next message with its number.
  private func beginLine(_ bytes: inout [UInt8]) {
    bytes.appendText("{\"id\":")
    bytes.appendJSON(messageNumber)
    messageNumber += 1
  }

  func line(from source: String, to destination: String, body: ValueMap) -> [UInt8] {
    var line: [UInt8] = []
    beginLine(&line)
    line.appendText(",\"src\":")
    line.appendJSON(source)
    line.appendText(",\"dest\":")
    line.appendJSON(destination)
    line.appendText(",\"body\":")
    Value.map(body).writeJSON(into: &line)
    line.appendText("}\n")
    return line
  }

  // MARK: Delivery

  func deliverDue() {
    if settings.isCompatible { deliverAsMaelstrom() }
    guard !underWay.isEmpty else { return }
    let now = now
    while let message = underWay.removeFirst(dueAt: now) { deliver(message) }
  }

  private func deliverAsMaelstrom() {
    let now = now
    for channel in channels {
      while let message = channel.receiver.take(at: now, loses: isCutOff) {
        if canTake(channel) { deliver(message, to: channel) } else { lose(message) }
      }
    }
  }

  /// Whether a message that a receiver takes up is lost to a cut.
  private func isCutOff(_ message: MessageUnderWay) -> Bool {
    guard case (.node(let source), .node(let node)) = (message.source, message.destination),
      faults.isLostOnArrival(on: Link(from: source, to: node))
    else { return false }
    lose(message)
    return true
  }

  private func deliver(_ message: MessageUnderWay) {
    switch (message.source, message.destination) {
    case (.node(let source), .node(let node)):
      guard isDelivered(from: source, to: node) else { return lose(message) }
      deliver(message, to: channels[node.index])
    case (_, .node(let node)):
      guard canTake(channels[node.index]) else { return lose(message) }
      deliver(message, to: channels[node.index])
    case (.node(let node), .service(let service)):
      record(.delivered, message.line)
      traffic.delivered += 1
      answer(message, from: node, service)
    case (_, .service), (_, .client): break
    }
  }

  /// Whether a message between nodes that is about to arrive does.
  private func isDelivered(from source: NodeID, to node: NodeID) -> Bool {
    !faults.isLostOnArrival(on: Link(from: source, to: node)) && canTake(channels[node.index])
  }

  private func canTake(_ channel: NodeChannel) -> Bool {
    channel.isRunning && !channel.outbox.isFull
  }

  private func deliver(_ message: MessageUnderWay, to channel: NodeChannel) {
    record(.delivered, message.line)
    traffic.delivered += 1
    channel.outbox.bytes += message.line
    willFlush(channel)
  }

  private func lose(_ message: MessageUnderWay) {
    record(.lost, message.line)
    traffic.lost += 1
  }

  private func record(_ event: MessageLog.Event, _ line: [UInt8]) {
    guard let messageLog else { return }
    line.withUnsafeBytes { messageLog.record(event, at: now, $0) }
  }

  /// A service takes a request in, and its answer is under way.
  private func answer(_ message: MessageUnderWay, from node: NodeID, _ service: Service) {
    guard let body = (try? Value(json: message.line[message.body]))?.map else { return }
    guard let answer = services.answer(body, to: service, from: node, names) else { return }
    let line = line(from: service.rawValue, to: names[node], body: answer)
    traffic.betweenServers += 1
    record(.sent, line)
    carry(
      MessageUnderWay(source: .service(service), destination: .node(node), line: line, body: 0..<0),
      for: drawLatency())
  }
}
