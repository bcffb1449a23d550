public import Environments
public import Nodes
public import Values

extension Simulation {
  // Effects are taken by index here: an iterator would copy each of them once more.

  /// Executes the effects of one event, those at once that need not wait for a sync.
  @inlinable
  func execute(_ effects: [Effect<N>], of machine: Machine<N>) {
    if machine.barrier.isIdle && !containsSync(effects) {
      for place in effects.indices { execute(effects[place], of: machine) }
      return
    }
    ready.removeAll(keepingCapacity: true)
    machine.barrier.admit(effects, into: &ready)
    executeReady(of: machine)
  }

  @inlinable
  func containsSync(_ effects: [Effect<N>]) -> Bool {
    for place in effects.indices { if case .sync = effects[place] { return true } }
    return false
  }

  /// Executes what a machine's barrier let through.
  @inlinable
  func executeReady(of machine: Machine<N>) {
    var effects: [Effect<N>] = []
    swap(&effects, &ready)
    for place in effects.indices { execute(effects[place], of: machine) }
    swap(&effects, &ready)
  }

  @inlinable
  func execute(_ effect: Effect<N>, of machine: Machine<N>) {
    switch effect {
    case .send(let peer, let message): send(message, on: Link(from: machine.id, to: peer))
    case .setTimer(let timer, let delays): set(machine.place(timer), of: machine, within: delays)
    case .cancelTimer(let timer): machine.timers[machine.place(timer)].isArmed = false
    case .store(let file, let operation): store(operation, machine.place(file), of: machine)
    case .sync: startSync(of: machine)
    case .reply(let id, let reply): send(reply, to: id, of: machine)
    case .call(let service, let request, let token):
      call(service, request, token, of: machine)
    case .mark(let mark): note(mark, of: machine)
    case .log(let line):
      if trace != nil { writeTrace("log: \(line)", of: machine) }
      if record != nil { recordLine(line, of: machine) }
    }
  }

  @inlinable
  func send(_ body: N.Message, on link: Link) {
    carried.betweenServers += 1
    if settings.checksEncoding { checkEncoding(of: body, from: link.source) }
    guard machines.indices.contains(link.destination.index) else {
      carried.lost += 1
      if record != nil { recordLoss(of: body, on: link) }
      return
    }
    let fate = network.send(
      on: link, settings.latency, at: time, size: { body.encoded.count }, type: { body.kind })
    if fate.copies == 0 {
      carried.lost += 1
      if record != nil { recordLoss(of: body, on: link) }
      return
    }
    let slot = messages.insert(Message(link: link, body: body, isCorrupt: fate.isCorrupt))
    if record != nil { recordSending(body, on: link, slot: slot) }
    if fate.isHeld {
      clogged.append(Clogged(slot: slot, node: link.destination, latency: fate.latency))
    } else {
      queue.schedule(
        .message, at: time + fate.latency, node: link.destination.rawValue, slot: slot)
    }
    if fate.copies == 2 {
      let slot = messages.insert(Message(link: link, body: body))
      if record != nil { recordSending(body, on: link, slot: slot, isCopy: true) }
      queue.schedule(
        .message, at: time + fate.copyLatency, node: link.destination.rawValue, slot: slot)
    }
  }

  /// Sets a timer, after a delay by the node's own clock.
  @inlinable
  func set(_ place: Int, of machine: Machine<N>, within delays: ClosedRange<Nanoseconds>) {
    machine.timers[place].draws.move(to: time)
    let delay = min(max(0, machine.timers[place].draws.within(delays)), .max / 4)
    machine.timers[place].isArmed = true
    machine.timers[place].reading = machine.clock.monotonic(at: time) + delay
    schedule(place, of: machine)
  }

  /// Sees to it that an event comes when an armed timer is due, or before.
  @inlinable
  func schedule(_ place: Int, of machine: Machine<N>) {
    let due = max(time, machine.clock.time(showing: machine.timers[place].reading))
    machine.timers[place].due = due
    guard due < machine.timers[place].queued else { return }
    machine.timers[place].queued = due
    machine.timers[place].generation &+= 1
    queue.schedule(
      .timer, at: due, node: machine.id.rawValue, slot: Int32(place),
      generation: machine.timers[place].generation)
  }

  @inlinable
  func store(_ operation: StorageOperation, _ file: Int, of machine: Machine<N>) {
    guard let bytes = machine.disk.execute(operation, file: file),
      case .read(_, let token) = operation
    else { return }
    machine.draws.disk.move(to: time)
    end(
      .read, after: machine.draws.disk.within(settings.syncLatency),
      slot: payloads.insert(.read(token, bytes)), of: machine)
  }

  /// Has a storage operation or a sync end after a while, or later where the disk stalls.
  @inlinable
  func end(
    _ kind: Scheduled.Kind, after latency: Nanoseconds, slot: Int32, of machine: Machine<N>
  ) {
    if machine.disk.isTroubled && stall(kind, after: latency, slot: slot, of: machine) { return }
    queue.schedule(
      kind, at: time + latency, node: machine.id.rawValue, slot: slot,
      generation: machine.incarnation)
  }

  @inlinable
  func startSync(of machine: Machine<N>) {
    machine.draws.disk.move(to: time)
    let drawn = machine.draws.disk.within(settings.syncLatency)
    let latency = machine.disk.isDirty ? drawn : settings.emptySyncLatency
    machine.disk.startSync()
    end(.sync, after: latency, slot: 0, of: machine)
  }

  /// Answers a client, if this process knows of the request.
  @inlinable
  func send(_ reply: Reply, to id: RequestID, of machine: Machine<N>) {
    guard machine.requests.remove(id) != nil else { return }
    carried.withClients += 1
    let payload = Payload.reply(id, reply, from: machine.id)
    let slot = payloads.insert(payload)
    if record != nil { recordSending(payload, from: machine.id, slot: slot) }
    queue.schedule(
      .reply, at: time + clientLatency(of: id, leg: 1), node: machine.id.rawValue, slot: slot)
  }

  @usableFromInline
  func call(_ service: Service, _ request: Request, _ token: Token, of machine: Machine<N>) {
    carried.betweenServers += 1
    let payload = Payload.serviceRequest(service, request, token)
    let slot = payloads.insert(payload)
    recordSending(payload, from: machine.id, slot: slot)
    machine.draws.service.move(to: time)
    queue.schedule(
      .serviceRequest, at: time + settings.latency.draw(&machine.draws.service),
      node: machine.id.rawValue, slot: slot, generation: machine.incarnation)
  }

  /// Has a service answer a node's call, even of a process that is gone.
  func serve(_ event: Scheduled) {
    guard case .serviceRequest(let service, let request, let token) = payloads.remove(event.slot),
      let place = Service.allCases.firstIndex(of: service)
    else { return }
    carried.delivered += 1
    recordEnd(ofPayload: event.slot)
    guard let reply = services[place].handle(request, from: Int(event.node)) else { return }
    carried.betweenServers += 1
    machines[Int(event.node)].draws.service.move(to: time)
    let latency = settings.latency.draw(&machines[Int(event.node)].draws.service)
    let payload = Payload.serviceReply(service, token, reply)
    let slot = payloads.insert(payload)
    recordSending(payload, from: NodeID(Int(event.node)), slot: slot)
    queue.schedule(
      .serviceReply, at: time + latency, node: event.node, slot: slot,
      generation: event.generation)
  }

  @usableFromInline
  func note(_ mark: Mark, of machine: Machine<N>) {
    if mark.kind != .sometimes || mark.holds { reached[mark.label, default: 0] += 1 }
    record?.note(.marked(machine.id, mark), at: time)
    if settings.reportsMarks { happened.append(.marked(machine.id, mark)) }
    guard mark.isViolation else { return }
    let problem =
      mark.kind == .unreachable
      ? "reached a place that must never be reached" : "broke a condition that must always hold"
    report(Violation(mark.label, "\(names[machine.id]) \(problem)", nodes: [machine.id]))
  }

  @usableFromInline
  func checkEncoding(of body: N.Message, from node: NodeID) {
    var source = ByteSource(body.encoded)
    guard N.Message(from: &source) != body || source.remaining > 0 else { return }
    report(
      Violation("encoding", "a message is not what its encoding says: \(body)", nodes: [node]))
  }
}
