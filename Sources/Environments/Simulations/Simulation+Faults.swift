import DequeModule
public import Environments
import Nodes
import Values

extension Simulation {
  /// Injects or ends a fault.
  ///
  /// A report of `cut` or `disturb` that replaces another tells what came of that one. A crash that
  /// waits for the node's next event can't be averted, so that it is reported as one that came;
  /// what it affected is known when the node is restarted.
  public func apply(_ fault: Fault) -> FaultReport {
    if trace != nil { writeTrace(fault) }
    return switch fault {
    case .cut(let links): FaultReport(network.cut(links))
    case .mend: FaultReport(network.cut([]))
    case .disturb(let disturbance, let links): disturb(disturbance, links)
    case .calm(let kind): calm(kind)
    case .kill(let nodes): crash(nodes, .kill)
    case .powerLoss(let nodes): crash(nodes, .powerLoss)
    case .restart(let nodes): restart(nodes)
    case .pause(let nodes): pause(nodes)
    case .resume(let nodes): resume(nodes)
    case .skew(let changes): skew(changes)
    case .resetClocks: resetClocks()
    }
  }

  private func disturb(_ disturbance: Disturbance, _ links: [Link]) -> FaultReport {
    if disturbance.kind == .clog { letGo() }
    return FaultReport(network.disturb(disturbance, links))
  }

  private func calm(_ kind: Disturbance.Kind) -> FaultReport {
    if kind == .clog { letGo() }
    return FaultReport(network.calm(kind))
  }

  /// Sends what clogged links held back on its way.
  private func letGo() {
    for message in clogged {
      queue.schedule(
        .message, at: time + message.latency, node: message.node.rawValue, slot: message.slot)
    }
    clogged.removeAll(keepingCapacity: true)
  }

  /// The machines of those nodes that there are.
  private func machines(of nodes: [NodeID]) -> [Machine<N>] {
    nodes.compactMap { machines.indices.contains($0.index) ? machines[$0.index] : nil }
  }

  private func crash(_ nodes: [NodeID], _ crash: Machine<N>.Crash) -> FaultReport {
    var report = FaultReport()
    let lostBefore = touched.lostOperations
    var isPending = false
    for machine in machines(of: nodes) {
      guard self.crash(machine, crash) else { continue }
      report.did[machine.id] = crash == .kill ? "killed" : "power-lost"
      isPending = isPending || machine.pendingCrash != nil
    }
    guard !report.did.isEmpty else { return report }
    report.tookHold = true
    if crash == .powerLoss && !isPending { report.affected = touched.lostOperations - lostBefore }
    return report
  }

  /// Ends a process now, or lets it come to its next event.
  ///
  /// - Returns: Whether there was anything to end.
  private func crash(_ machine: Machine<N>, _ crash: Machine<N>.Crash) -> Bool {
    guard machine.isUp, machine.pendingCrash == nil else {
      // What a killed process wrote is still in memory, where power loss finds it.
      guard machine.pendingCrash != nil || machine.isBooting || crash == .powerLoss else {
        return false
      }
      end(machine, crash)
      return true
    }
    guard !machine.isPaused, machine.crashDraws.chance(settings.crashesBetweenEffects) else {
      end(machine, crash)
      return true
    }
    machine.pendingCrash = crash
    queue.schedule(
      .crash, at: time + settings.crashPatience, node: machine.id.rawValue,
      generation: machine.incarnation)
    return true
  }

  /// How many of an event's effects happen before the crash that waits: none, some, or all.
  @usableFromInline
  func crashPoint(of machine: Machine<N>, amid count: Int) -> Int {
    let point = machine.crashDraws.below(count + 1)
    if 0 < point && point < count { touched.crashesBetweenEffects += 1 }
    return point
  }

  /// Ends a process now.
  @usableFromInline
  func end(_ machine: Machine<N>, _ crash: Machine<N>.Crash) {
    while let event = machine.held.popFirst() { drop(event) }
    if machine.isUp && crash == .kill { touched.kills += 1 }
    machine.die()
    if crash == .powerLoss {
      let loss = machine.disk.losePower(&machine.damageDraws, tornAppends: settings.tornAppends)
      touched.powerLosses += 1
      touched.lostOperations += loss.lost
      touched.tornAppends += loss.isTorn ? 1 : 0
      machine.missed += loss.lost
    }
    if trace != nil { writeTrace(crash == .kill ? "is killed" : "loses power", of: machine) }
  }

  /// Gives up what was held back for a process that is gone.
  private func drop(_ event: Scheduled) {
    switch event.kind {
    case .message:
      _ = messages.remove(event.slot)
      carried.lost += 1
    case .request, .read, .serviceReply: _ = payloads.remove(event.slot)
    default: break
    }
  }

  private func restart(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) {
      if let crash = machine.pendingCrash { end(machine, crash) }
      guard !machine.isUp, !machine.isBooting else { continue }
      machine.isBooting = true
      queue.schedule(
        .boot, at: time + machine.crashDraws.within(settings.bootDelay),
        node: machine.id.rawValue, generation: machine.incarnation)
      touched.restarts += 1
      report.did[machine.id] = "restarted"
      report.tookHold = true
      report.affected = (report.affected ?? 0) + machine.missed
      machine.missed = 0
    }
    return report
  }

  /// Starts a process on what its disk kept, which is durable from then on.
  func begin(_ machine: Machine<N>) {
    guard !machine.isUp else { return }
    machine.disk.settle()
    machine.isBooting = false
    machine.cell.node = N(machine.configuration)
    machine.cell.isUp = true
    handle(.start(machine.disk.surviving(machine.fileCases.map(\.rawValue))), on: machine)
  }

  private func pause(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) where machine.isUp && !machine.isPaused {
      machine.isPaused = true
      machine.heldCount = machine.held.count
      report.did[machine.id] = "paused"
    }
    return report
  }

  /// Where nothing came for a paused process, an event of the harness's own would have been held.
  private func resume(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) where machine.isPaused {
      machine.isPaused = false
      report.did[machine.id] = "resumed"
      report.tookHold = true
      report.affected = (report.affected ?? 0) + machine.heldCount
      queue.scheduleNext(.drain, at: time, node: machine.id.rawValue)
    }
    return report
  }

  private func skew(_ changes: [NodeID: ClockChange]) -> FaultReport {
    var report = FaultReport(tookHold: true)
    for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
      guard let machine = machines(of: [node]).first else { continue }
      let (did, isSeen) = apply(change, to: machine)
      report.did[node] = did
      if !isSeen { report.tookHold = false }
    }
    return report
  }

  /// Changes a clock.
  ///
  /// - Returns: What was done, and whether the node sees the change as it was meant.
  private func apply(_ change: ClockChange, to machine: Machine<N>) -> (did: String, isSeen: Bool) {
    let before = machine.clock.wallError(at: time)
    switch change {
    case .offset(let offset):
      machine.clock.setWall(offset: offset, at: time)
      return (
        "offset \(offset.durationText)", machine.clock.wallError(at: time) == offset
      )
    case .step(let step):
      machine.clock.stepWall(by: step, at: time)
      return (
        "step \(step.durationText)", machine.clock.wallError(at: time) - before == step
      )
    case .strobe(let offset, let period):
      machine.clock.setStrobe(by: offset, period: period, at: time)
      let jumps =
        machine.clock.wallError(at: time) - machine.clock.wallError(at: time + period)
      return ("strobe \(offset.durationText) each \(period.durationText)", jumps == offset)
    case .drift(let drift):
      machine.clock.setDrift(drift, at: time)
      reschedule(machine)
      return ("drift \(drift) ns/s", gain(of: machine) == drift)
    case .freeze:
      machine.clock.freeze(at: time)
      reschedule(machine)
      return ("freeze", gain(of: machine) == -.seconds(1))
    }
  }

  /// How much a wall clock will have gained in a second.
  private func gain(of machine: Machine<N>) -> Nanoseconds {
    machine.clock.wallError(at: time + .seconds(1)) - machine.clock.wallError(at: time)
  }

  private func resetClocks() -> FaultReport {
    var report = FaultReport()
    for machine in machines where !machine.clock.isRight(at: time) {
      machine.clock.reset(at: time)
      reschedule(machine)
      report.did[machine.id] = "reset"
      report.tookHold = (report.tookHold ?? true) && machine.clock.isRight(at: time)
    }
    return report
  }

  /// Has armed timers be due when the changed clock shows what they wait for.
  private func reschedule(_ machine: Machine<N>) {
    for place in machine.timers.indices where machine.timers[place].isArmed {
      schedule(place, of: machine)
    }
  }
}

extension FaultReport {
  /// The report of what came of a network fault, if there was one.
  fileprivate init(_ outcome: Network.Outcome?) {
    self.init(
      tookHold: outcome?.tookHold, affected: outcome?.affected, exercised: outcome?.exercised)
  }
}
