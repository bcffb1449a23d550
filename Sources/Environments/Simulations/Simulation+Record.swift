import Environments
public import Nodes
public import Values

/// What a record is told. None of it is called where nothing is recorded, and none changes the run.
extension Simulation {
  @usableFromInline
  func recordSending(_ body: N.Message, on link: Link, slot: Int32, isCopy: Bool = false) {
    record?.noteSending(
      of: recorded(body, on: link, isCopy: isCopy), in: .message(slot), at: time)
  }

  /// A message that is lost as it is sent.
  @usableFromInline
  func recordLoss(of body: N.Message, on link: Link) {
    record?.noteSending(of: recorded(body, on: link), in: nil, at: time)
    record?.noteLossOfLast(network.isCut(link) ? .cut : .dropped, at: time)
  }

  /// A message that is lost where it arrives.
  @usableFromInline
  func recordLoss(at slot: Int32, isCut: Bool, isDown: Bool) {
    record?.noteEnd(of: .message(slot), isCut ? .cut : isDown ? .down : .corrupt, at: time)
  }

  @usableFromInline
  func recordArrival(of slot: Int32) { record?.noteEnd(of: .message(slot), nil, at: time) }

  /// What became of a request, a reply or a call.
  @usableFromInline
  func recordEnd(ofPayload slot: Int32, isDown: Bool = false) {
    record?.noteEnd(of: .payload(slot), isDown ? .down : nil, at: time)
  }

  /// What becomes of what is handed to a process: void, where that is gone.
  @usableFromInline
  func recordEnd(of payload: Payload, _ event: Scheduled, at machine: Machine<N>) {
    let isDown =
      if case .request = payload { !machine.isUp } else {
        event.generation != machine.incarnation
      }
    recordEnd(ofPayload: event.slot, isDown: isDown)
  }

  @usableFromInline
  func recordSending(_ payload: Payload, from node: NodeID, slot: Int32) {
    guard let record else { return }
    let text = PlainText(names)
    func message(
      _ source: SimulationRecord.Endpoint, _ destination: SimulationRecord.Endpoint, _ body: Any
    ) -> SimulationRecord.Message {
      SimulationRecord.Message(
        source: source, destination: destination, kind: text.name(of: body),
        text: text.contents(of: body), isCopy: false)
    }
    let sent: SimulationRecord.Message
    switch payload {
    case .request(let id, let request): sent = message(.client(id.client), .node(node), request)
    case .reply(let id, let reply, _): sent = message(.node(node), .client(id.client), reply)
    case .serviceRequest(let service, let request, _):
      sent = message(.node(node), .service(service), request)
    case .serviceReply(let service, _, let reply):
      sent = message(.service(service), .node(node), reply)
    case .read: return
    }
    record.noteSending(of: sent, in: .payload(slot), at: time)
  }

  /// What a node has just handled; its messages were recorded as they arrived.
  @usableFromInline
  func recordHandling(_ event: Event<N>, of machine: Machine<N>) {
    guard let record else { return }
    switch event {
    case .timer(let timer): record.note(.timer(machine.id, "\(timer)"), at: time)
    case .start:
      record.note(.started(machine.id, version: machine.configuration.version), at: time)
    case .message, .request, .answered, .completed: break
    }
    record.noteRole(
      of: machine.id, machine.cell.node.roleName, machine.cell.node.status, at: time)
  }

  @usableFromInline
  func recordLine(_ line: String, of machine: Machine<N>) {
    record?.note(.logged(machine.id, line), at: time)
  }

  @usableFromInline
  func recordSync(of machine: Machine<N>, isDurable: Bool) {
    record?.note(.synced(machine.id, isDurable: isDurable), at: time)
  }

  private func recorded(
    _ body: N.Message, on link: Link, isCopy: Bool = false
  ) -> SimulationRecord.Message {
    SimulationRecord.Message(
      source: .node(link.source), destination: .node(link.destination), kind: body.kind,
      text: PlainText(names).contents(of: body), isCopy: isCopy)
  }
}

extension Network {
  /// Whether what is sent on a link now is lost for it is cut.
  fileprivate func isCut(_ link: Link) -> Bool {
    let nodes = 0..<count
    guard nodes.contains(link.source.index), nodes.contains(link.destination.index) else {
      return false
    }
    return lanes[place(link)].isCut
  }
}
