import DequeModule
public import Environments
import Nodes
public import Values

extension Simulation {
  public func apply(_ fault: Fault) -> FaultReport {
    switch fault {
    case .cut(let links):
      network.cut(links)
      return FaultReport()
    case .mend:
      let (dropped, sent) = (network.cutCount, network.sentSinceFault)
      guard network.mend() else { return FaultReport() }
      // Where the system sent nothing on a cut link, the rule itself is the probe: it was in force.
      return FaultReport(tookHold: true, affected: dropped, exercised: sent)
    case .disturb(let disturbance, let links):
      network.disturb(disturbance, links)
      return FaultReport()
    case .calm(let kind):
      let sent = network.sentSinceFault
      guard let affected = network.calm(kind) else { return FaultReport() }
      return FaultReport(tookHold: affected > 0 || sent == 0, affected: affected, exercised: sent)
    case .kill(let nodes): return each(nodes) { crash($0, .kill) ? "killed" : nil }
    case .powerLoss(let nodes): return each(nodes) { crash($0, .powerLoss) ? "power-lost" : nil }
    case .restart(let nodes): return each(nodes) { restart($0) ? "restarted" : nil }
    case .pause(let nodes): return each(nodes) { pause($0) ? "paused" : nil }
    case .resume(let nodes): return resume(nodes)
    case .skew(let changes): return skew(changes)
    case .resetClocks:
      let changes = Dictionary(
        uniqueKeysWithValues: names.nodes.map { ($0, ClockChange.offset(0)) })
      for machine in machines where machine.clock.drift != 0 { setDrift(0, of: machine) }
      return skew(changes)
    }
  }

  /// Does something to each of the nodes, and reports those to which it was done.
  private func each(_ nodes: [NodeID], _ act: (Machine<N>) -> String?) -> FaultReport {
    var report = FaultReport()
    for node in nodes { report.did[node] = act(machines[node.index]) }
    report.tookHold = report.did.isEmpty ? nil : true
    return report
  }

  private func crash(_ machine: Machine<N>, _ crash: Machine<N>.Crash) -> Bool {
    guard machine.isUp, machine.pendingCrash == nil else { return false }
    if !machine.isPaused && crashDraws.chance(settings.crashesBetweenEffects) {
      machine.pendingCrash = crash
    } else {
      end(machine, crash)
    }
    return true
  }

  /// Ends a process now.
  @usableFromInline
  func end(_ machine: Machine<N>, _ crash: Machine<N>.Crash) {
    drop(machine.held, of: machine)
    machine.held.removeAll()
    machine.die()
    if crash == .powerLoss { _ = machine.disk.losePower(&machine.diskDraws) }
    trace?("\(time) \(names[machine.configuration.id]) \(crash)")
  }

  /// Gives up what was held back for a process that is gone.
  private func drop(_ held: some Sequence<Scheduled>, of machine: Machine<N>) {
    for event in held {
      switch event.kind {
      case .message:
        _ = messages.remove(event.slot)
        carried.lost += 1
      case .request, .read, .serviceReply: _ = payloads.remove(event.slot)
      default: break
      }
    }
  }

  private func restart(_ machine: Machine<N>) -> Bool {
    if let crash = machine.pendingCrash { end(machine, crash) }
    guard !machine.isUp else { return false }
    boot(machine, after: crashDraws.within(settings.bootDelay))
    return true
  }

  /// Schedules the start of a process.
  @usableFromInline
  func boot(_ machine: Machine<N>, after delay: Nanoseconds) {
    queue.schedule(
      .boot, at: time + delay, node: machine.configuration.id.rawValue,
      generation: machine.incarnation)
  }

  /// Starts a process on what its disk kept.
  @usableFromInline
  func begin(_ machine: Machine<N>) {
    guard !machine.isUp else { return }
    machine.disk.settle()
    machine.cell.node = N(machine.configuration)
    machine.cell.isUp = true
    handle(.start(machine.disk.surviving(N.File.allCases.map(\.rawValue))), on: machine)
  }

  private func pause(_ machine: Machine<N>) -> Bool {
    guard machine.isUp, !machine.isPaused else { return false }
    machine.isPaused = true
    return true
  }

  private func resume(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for node in nodes {
      let machine = machines[node.index]
      guard machine.isPaused else { continue }
      report.did[node] = "resumed"
      report.affected = (report.affected ?? 0) + machine.held.count
      report.tookHold = true
      machine.isPaused = false
      while let event = machine.held.popFirst() {
        // A process that ends on the way drops what is left.
        deliver(event, to: machine)
      }
    }
    return report
  }

  private func skew(_ changes: [NodeID: ClockChange]) -> FaultReport {
    var report = FaultReport(tookHold: true)
    for (node, change) in changes.sorted(by: { $0.key < $1.key }) {
      let machine = machines[node.index]
      switch change {
      case .offset(let offset):
        machine.clock.offset = offset
        report.did[node] = "offset \(offset.durationText)"
      case .drift(let drift):
        setDrift(drift, of: machine)
        report.did[node] = "drift \(drift) ns/s"
      }
    }
    return report
  }

  /// Changes how fast a node's clocks run; its timers run on with what is left of them.
  private func setDrift(_ drift: Int64, of machine: Machine<N>) {
    let old = machine.clock
    let shown = old.monotonic(at: time)
    machine.clock.setDrift(drift, at: time)
    for place in machine.timers.indices where machine.timers[place].isArmed {
      arm(place, of: machine, after: old.monotonic(at: machine.timers[place].due) - shown)
    }
  }
}
