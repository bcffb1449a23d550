public import DequeModule
public import Environments
public import Nodes
public import Values

extension Simulation {
  /// Lets one scheduled event happen.
  @inlinable
  func take(_ event: Scheduled) {
    if event.kind == .reply {
      if case .reply(let id, let reply, let node) = payloads.remove(event.slot) {
        carried.delivered += 1
        happened.append(.replied(id, reply, from: node))
      }
      return
    }
    if event.kind == .serviceRequest { return serve(event) }
    let machine = machines[Int(event.node)]
    if event.kind == .boot {
      if event.generation == machine.incarnation { begin(machine) }
      return
    }
    // A paused process sees nothing; what comes for it is kept in order.
    guard !machine.isPaused else { return machine.held.append(event) }
    deliver(event, to: machine)
  }

  /// Hands an event to the node that it is for, unless it is void.
  @inlinable
  func deliver(_ event: Scheduled, to machine: Machine<N>) {
    switch event.kind {
    case .message:
      let message = messages.remove(event.slot)
      guard !network.loses(message.link) else { return carried.lost += 1 }
      guard machine.isUp else { return carried.lost += 1 }
      carried.delivered += 1
      handle(.message(from: message.link.source, message.body), on: machine)
    case .timer:
      let place = Int(event.slot)
      let timer = machine.timers[place]
      guard timer.isArmed, timer.generation == event.generation else { return }
      machine.timers[place].isArmed = false
      handle(.timer(Machine<N>.timer(at: place)), on: machine)
    case .sync:
      guard event.generation == machine.incarnation else { return }
      machine.disk.finishSync()
      ready.removeAll(keepingCapacity: true)
      let tokens = machine.barrier.syncSucceeded(into: &ready)
      execute(machine)
      for token in tokens where machine.isUp { handle(.completed(token, .done), on: machine) }
    case .request, .read, .serviceReply: deliverPayload(event, to: machine)
    case .reply, .serviceRequest, .boot: break
    }
  }

  @inlinable
  func deliverPayload(_ event: Scheduled, to machine: Machine<N>) {
    switch payloads.remove(event.slot) {
    case .request(let id, let request):
      guard machine.isUp else { return }
      carried.delivered += 1
      machine.requests.insert(id)
      handle(.request(id, request), on: machine)
    case .read(let token, let bytes):
      guard event.generation == machine.incarnation else { return }
      handle(.completed(token, .bytes(bytes)), on: machine)
    case .serviceReply(let token, let reply):
      guard event.generation == machine.incarnation else { return carried.lost += 1 }
      carried.delivered += 1
      handle(.answered(token, reply), on: machine)
    case .reply, .serviceRequest: break
    }
  }

  /// Lets a node handle an event, and executes what it asks for.
  @inlinable
  func handle(_ event: Event<N>, on machine: Machine<N>) {
    guard machine.isUp else { return }
    handled += 1
    hasher.put(UInt64(bitPattern: time) ^ UInt64(machine.configuration.id.index) << 48)
    context.now = machine.clock.monotonic(at: time)
    context.wallClock = machine.clock.wall(at: time)
    swap(&context.choices, &machine.choices)
    machine.cell.node.handle(event, &context)
    swap(&context.choices, &machine.choices)
    if trace != nil { writeTrace(event, machine) }
    ready.removeAll(keepingCapacity: true)
    if let crash = machine.pendingCrash {
      // The crash falls before the first effect, between two, or after the last.
      let count = crashDraws.below(context.effects.count + 1)
      machine.barrier.admit(Array(context.effects.prefix(count)), into: &ready)
      context.effects.removeAll(keepingCapacity: true)
      execute(machine)
      return end(machine, crash)
    }
    machine.barrier.admit(context.effects, into: &ready)
    context.effects.removeAll(keepingCapacity: true)
    execute(machine)
    checkInvariants(machine.configuration.id)
  }

  @inlinable
  func checkInvariants(_ changed: NodeID) {
    guard !hasViolation else { return }
    for place in invariants.indices {
      if let violation = invariants[place].check(changed, in: states) {
        hasViolation = true
        happened.append(.violated(violation))
        return
      }
    }
  }

  @usableFromInline
  func writeTrace(_ event: Event<N>, _ machine: Machine<N>) {
    trace?("\(time) \(names[machine.configuration.id]) \(event) → \(context.effects)")
  }
}
