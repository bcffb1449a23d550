public import DequeModule
public import Environments
public import Nodes
public import Values

extension Simulation {
  /// Lets one scheduled event happen.
  @inlinable
  func take(_ event: Scheduled) {
    let machine = machines[Int(event.node)]
    switch event.kind {
    case .message: arrive(event, at: machine)
    case .timer: expire(event, on: machine)
    case .sync:
      guard event.generation == machine.incarnation else { return }
      if machine.disk.isTroubled && machine.disk.crashesAtSync() {
        return end(machine, .disk(.powerLoss))
      }
      // Durable from now on, even where the process is paused and learns of it later.
      var event = event
      event.slot = machine.disk.finishSync() ? 0 : 1
      deliver(event, to: machine)
    case .request, .read, .serviceReply: deliver(event, to: machine)
    case .reply, .serviceRequest, .boot, .crash, .drain, .stalled, .reseed: takeRare(event, machine)
    }
  }

  /// What is no event of a node's.
  @usableFromInline
  func takeRare(_ event: Scheduled, _ machine: Machine<N>) {
    switch event.kind {
    case .reply:
      guard case .reply(let id, let reply, let node) = payloads.remove(event.slot) else { return }
      carried.delivered += 1
      recordEnd(ofPayload: event.slot)
      happened.append(.replied(id, reply, from: node))
    case .serviceRequest: serve(event)
    case .boot: if event.generation == machine.incarnation { begin(machine) }
    case .crash:
      if event.generation == machine.incarnation, let crash = machine.crashOverdue {
        end(machine, crash)
      }
    case .drain:
      while !machine.isPaused, let event = machine.held.popFirst() { handOver(event, to: machine) }
    case .stalled: endStalled(of: machine)
    case .reseed: if let reseeding = settings.reseeding { reseed(reseeding.seed) }
    case .message, .timer, .sync, .request, .read, .serviceReply: break
    }
  }

  /// Brings a message to its host, where it may find no process.
  @inlinable
  func arrive(_ event: Scheduled, at machine: Machine<N>) {
    let isCut = network.loses(arriving: messages[event.slot].link)
    if isCut || !machine.isUp || messages[event.slot].isCorrupt {
      if record != nil { recordLoss(at: event.slot, isCut: isCut, isDown: !machine.isUp) }
      if !machine.isUp { machine.missed += 1 }
      carried.lost += 1
      _ = messages.remove(event.slot)
      return
    }
    deliver(event, to: machine)
  }

  /// Looks at a timer whose event has come.
  @inlinable
  func expire(_ event: Scheduled, on machine: Machine<N>) {
    let place = Int(event.slot)
    guard machine.timers[place].generation == event.generation else { return }
    guard machine.timers[place].isArmed else {
      machine.timers[place].queued = .max
      return
    }
    let due = machine.timers[place].due
    guard due <= time else {
      machine.timers[place].queued = due
      queue.schedule(
        .timer, at: due, node: event.node, slot: event.slot, generation: event.generation)
      return
    }
    deliver(event, to: machine)
  }

  /// Hands an event to a process, or keeps it in order while that is paused.
  @inlinable
  func deliver(_ event: Scheduled, to machine: Machine<N>) {
    if machine.isPaused || !machine.held.isEmpty {
      if machine.isStopping && event.kind == .sync {
        return finishStopping(machine, with: event)
      }
      machine.held.append(event)
      machine.heldCount += 1
      touched.held += 1
    } else {
      handOver(event, to: machine)
    }
  }

  @inlinable
  func handOver(_ event: Scheduled, to machine: Machine<N>) {
    switch event.kind {
    case .message:
      let message = messages.remove(event.slot)
      carried.delivered += 1
      if record != nil { recordArrival(of: event.slot) }
      handle(.message(from: message.link.source, message.body), on: machine)
    case .timer:
      // Once more, as an event that was held back before it may have cancelled or set it.
      let place = Int(event.slot)
      guard machine.timers[place].generation == event.generation else { return }
      guard machine.timers[place].isArmed, machine.timers[place].due <= time else {
        return expire(event, on: machine)
      }
      machine.timers[place].isArmed = false
      machine.timers[place].queued = .max
      handle(.timer(machine.timerCases[place]), on: machine)
    case .sync: if event.slot == 0 { finishSync(of: machine) } else { failSync(of: machine) }
    case .request, .read, .serviceReply: handOverPayload(event, to: machine)
    case .reply, .serviceRequest, .boot, .crash, .drain, .stalled, .reseed: break
    }
  }

  @inlinable
  func handOverPayload(_ event: Scheduled, to machine: Machine<N>) {
    let payload = payloads.remove(event.slot)
    if record != nil { recordEnd(of: payload, event, at: machine) }
    if case .request(let id, let request) = payload {
      guard machine.isUp else { return }
      carried.delivered += 1
      machine.requests.insert(id)
      return handle(.request(id, request), on: machine)
    }
    guard event.generation == machine.incarnation else { return }
    switch payload {
    case .read(let token, let bytes): handle(.completed(token, .bytes(bytes)), on: machine)
    case .serviceReply(_, let token, let reply):
      carried.delivered += 1
      handle(.answered(token, reply), on: machine)
    case .request, .reply, .serviceRequest: break
    }
  }

  /// Lets out what waited for a sync, and tells the node where it asked to be told.
  @inlinable
  func finishSync(of machine: Machine<N>) {
    if record != nil { recordSync(of: machine, isDurable: true) }
    ready.removeAll(keepingCapacity: true)
    let tokens = machine.barrier.syncSucceeded(into: &ready)
    if let crash = machine.pendingCrash, !ready.isEmpty, isDue(crash, amid: ready, of: machine) {
      ready.removeLast(ready.count - crashPoint(of: machine, amid: ready))
      executeReady(of: machine)
      return end(machine, crash)
    }
    executeReady(of: machine)
    for token in tokens where machine.isUp { handle(.completed(token, .done), on: machine) }
  }

  /// Lets a node handle an event, and executes what it asks for.
  @inlinable
  func handle(_ event: Event<N>, on machine: Machine<N>) {
    handled += 1
    context.now = machine.clock.monotonic(at: time)
    context.wallClock = machine.clock.wall(at: time)
    swap(&context.choices, &machine.choices)
    machine.cell.node.handle(event, &context)
    swap(&context.choices, &machine.choices)
    digest(event, of: machine)
    if trace != nil { writeTrace(event, machine) }
    if record != nil { recordHandling(event, of: machine) }
    checkInvariants(machine.id)
    // Taken out, so that the array is not copied while effects are executed.
    var effects: [Effect<N>] = []
    swap(&effects, &context.effects)
    if let crash = machine.pendingCrash, isDue(crash, amid: effects, of: machine) {
      effects.removeLast(effects.count - crashPoint(of: machine, amid: effects))
      execute(effects, of: machine)
      end(machine, crash)
    } else {
      execute(effects, of: machine)
    }
    effects.removeAll(keepingCapacity: true)
    swap(&effects, &context.effects)
  }

  @inlinable
  func digest(_ event: Event<N>, of machine: Machine<N>) {
    let kind: UInt64 =
      switch event {
      case .start: 0
      case .message: 1
      case .request: 2
      case .answered: 3
      case .timer: 4
      case .completed: 5
      }
    hasher.put(UInt64(bitPattern: time))
    hasher.put(
      UInt64(UInt32(bitPattern: machine.id.rawValue)) << 32
        | UInt64(truncatingIfNeeded: context.effects.count) << 8 | kind)
    if settings.digestsContents { digestContents(event) }
  }

  @inlinable
  func checkInvariants(_ changed: NodeID) {
    guard firstViolation == nil else { return }
    for place in invariants.indices {
      if let violation = invariants[place].check(changed, in: states) {
        return report(violation)
      }
    }
  }

  /// Remembers and reports a broken promise, the first only.
  @usableFromInline
  func report(_ violation: Violation) {
    guard firstViolation == nil else { return }
    firstViolation = violation
    record?.note(.violated(violation), at: time)
    happened.append(.violated(violation))
  }
}
