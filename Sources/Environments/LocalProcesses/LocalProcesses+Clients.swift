import Environments
public import Nodes
public import Values

extension LocalProcesses {
  /// Sends a client's request; there is no latency and no fault on the way.
  public func submit(_ request: Request, as id: RequestID, to node: NodeID) {
    outstanding.begin(id, at: node)
    traffic.withClients += 1
    let channel = channels[node.index]
    var body = request.body(names)
    body[.string("msg_id")] = .integer(id.number)
    let line = line(from: "c\(id.client)", to: channel.name, body: body)
    recordWithClient(.sent, line)
    guard channel.isRunning, !channel.outbox.isFull else { return recordWithClient(.lost, line) }
    guard channel.receiver.isIdle else { return carryFromClient(line, to: channel) }
    recordWithClient(.delivered, line)
    traffic.delivered += 1
    channel.outbox.bytes += line
    willFlush(channel)
  }

  private func recordWithClient(_ event: MessageLog.Event, _ line: [UInt8]) {
    guard let messageLog else { return }
    line.withUnsafeBytes { messageLog.record(event, at: now, $0) }
  }

  /// Hands a reply to the client that waits for it; others are dropped.
  func receiveReply(
    _ envelope: Envelope, line: UnsafeRawBufferPointer, from channel: NodeChannel, to client: Int
  ) {
    traffic.withClients += 1
    traffic.delivered += 1
    messageLog?.record(.sent, at: now, line)
    messageLog?.record(.delivered, at: now, line)
    let answer = outstanding.take(
      envelope, from: channel.node, to: client, isStrict: settings.isCompatible)
    switch answer {
    case .replied(let id, let reply, let oddity):
      if let oddity { reportUnknownField(oddity, line: line, from: channel) }
      events.append(.replied(id, reply, from: channel.node))
    case .malformed(let id, let problem):
      let text = String(decoding: line, as: UTF8.self)
      events.append(.malformedReply(id, from: channel.node, problem: problem, line: text))
    case nil: break
    }
  }

  /// Tells of the first reply of a node that says more than the protocol knows.
  private func reportUnknownField(
    _ problem: BodyError, line: UnsafeRawBufferPointer, from channel: NodeChannel
  ) {
    guard !channel.hasReportedUnknownField else { return }
    channel.hasReportedUnknownField = true
    events.append(
      .oddReply(
        channel.node, problem: problem.description, line: String(decoding: line, as: UTF8.self)))
  }

  /// The first message that a node gets.
  func sendInit(to channel: NodeChannel) {
    let members = names.names.map { Value.string($0) }
    let body: Value = [
      "type": "init", "msg_id": 1, "node_id": .string(channel.name), "node_ids": .list(members),
    ]
    channel.outbox.bytes += line(
      from: "\(LocalProcesses.initClient)", to: channel.name, body: body.map ?? ValueMap())
    willFlush(channel)
  }

  func receiveInitReply(_ envelope: Envelope, from channel: NodeChannel) {
    guard case .starting = channel.state, envelope.body.value["in_reply_to"] == 1 else { return }
    let type = envelope.body.value["type"]
    if type == "init_ok" {
      channel.state = .up
    } else {
      channel.lastStatus = "it answered init with \(envelope.body.value.json)"
      // Its time is over: the end of the round ends it.
      channel.state = .starting(deadline: 0)
    }
  }
}
