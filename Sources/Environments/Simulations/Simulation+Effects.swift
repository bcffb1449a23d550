public import Environments
public import Nodes
public import Values

extension Simulation {
  /// Executes the effects in `ready` that a machine's barrier let through.
  @inlinable
  func execute(_ machine: Machine<N>) {
    // Taken out, so that the array is not copied while effects are executed.
    var effects: [Effect<N>] = []
    swap(&effects, &ready)
    for effect in effects { execute(effect, of: machine) }
    swap(&effects, &ready)
  }

  @inlinable
  func execute(_ effect: Effect<N>, of machine: Machine<N>) {
    switch effect {
    case .send(let peer, let message):
      send(message, on: Link(from: machine.configuration.id, to: peer))
    case .reply(let id, let reply):
      guard machine.requests.remove(id) != nil else { return }
      let slot = payloads.insert(.reply(id, reply, from: machine.configuration.id))
      carried.withClients += 1
      queue.schedule(
        .reply, at: time + settings.clientLatency.draw(&clientDraws),
        node: machine.configuration.id.rawValue, slot: slot)
    case .call(let service, let request, let token):
      carried.betweenServers += 1
      let slot = payloads.insert(.serviceRequest(service, request, token))
      queue.schedule(
        .serviceRequest, at: time + settings.latency.draw(&networkDraws),
        node: machine.configuration.id.rawValue, slot: slot, generation: machine.incarnation)
    case .setTimer(let timer, let delays):
      arm(Machine<N>.place(timer), of: machine, after: machine.timerDraws.within(delays))
    case .cancelTimer(let timer):
      let place = Machine<N>.place(timer)
      machine.timers[place].isArmed = false
      machine.timers[place].generation &+= 1
    case .store(let file, let operation): store(operation, Machine<N>.place(file), of: machine)
    case .sync:
      machine.disk.startSync()
      queue.schedule(
        .sync, at: time + machine.diskDraws.within(settings.syncLatency),
        node: machine.configuration.id.rawValue, generation: machine.incarnation)
    case .mark(let mark):
      reached[mark.label, default: 0] += 1
      if mark.isViolation { report(mark, of: machine.configuration.id) }
    case .log(let line):
      trace?("\(time) \(names[machine.configuration.id]) log: \(line)")
    }
  }

  /// Arms a timer, after a delay by the node's own clock.
  @inlinable
  func arm(_ place: Int, of machine: Machine<N>, after delay: Nanoseconds) {
    machine.timers[place].generation &+= 1
    machine.timers[place].isArmed = true
    machine.timers[place].due = time + machine.clock.real(max(0, delay))
    queue.schedule(
      .timer, at: machine.timers[place].due, node: machine.configuration.id.rawValue,
      slot: Int32(place), generation: machine.timers[place].generation)
  }

  @inlinable
  func store(_ operation: StorageOperation, _ file: Int, of machine: Machine<N>) {
    guard let bytes = machine.disk.execute(operation, file: file),
      case .read(_, let token) = operation
    else { return }
    queue.schedule(
      .read, at: time + machine.diskDraws.within(settings.syncLatency),
      node: machine.configuration.id.rawValue, slot: payloads.insert(.read(token, bytes)),
      generation: machine.incarnation)
  }

  @inlinable
  func send(_ body: N.Message, on link: Link) {
    carried.betweenServers += 1
    let latency = settings.latency.draw(&networkDraws)
    if settings.checksEncoding { checkEncoding(of: body) }
    if network.isCalm {
      let slot = messages.insert(Message(link: link, body: body))
      queue.schedule(.message, at: time + latency, node: link.destination.rawValue, slot: slot)
      return
    }
    network.sentSinceFault += 1
    guard !network.loses(link) else { return carried.lost += 1 }
    let copies = network.copies(link, &networkDraws)
    if copies.isEmpty { carried.lost += 1 }
    for delay in copies {
      let slot = messages.insert(Message(link: link, body: body))
      queue.schedule(
        .message, at: time + latency + delay, node: link.destination.rawValue, slot: slot)
    }
  }

  @usableFromInline
  func checkEncoding(of body: N.Message) {
    var source = ByteSource(body.encoded)
    let decoded = N.Message(from: &source)
    precondition(
      decoded == body && source.remaining == 0, "a message is not what its encoding says: \(body)")
  }

  /// Has a service answer a node's call.
  @usableFromInline
  func serve(_ event: Scheduled) {
    guard case .serviceRequest(let service, let request, let token) = payloads.remove(event.slot),
      let reply = services[service]?.handle(request, from: Int(event.node))
    else { return }
    carried.delivered += 1
    carried.betweenServers += 1
    queue.schedule(
      .serviceReply, at: time + settings.latency.draw(&networkDraws), node: event.node,
      slot: payloads.insert(.serviceReply(token, reply)), generation: event.generation)
  }

  @usableFromInline
  func report(_ mark: Mark, of node: NodeID) {
    guard !hasViolation else { return }
    hasViolation = true
    happened.append(
      .violated(
        Violation(
          mark.label, "\(names[node]) reached a place that it must never reach so", nodes: [node])))
  }
}
