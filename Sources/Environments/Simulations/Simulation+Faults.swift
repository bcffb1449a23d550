import DequeModule
public import Environments
public import Nodes
import Values

extension Simulation {
  /// Injects or ends a fault.
  ///
  /// A report of `cut` or `disturb` that replaces another tells what came of that one. A crash that
  /// waits for the node's next event can't be averted, so that it is reported as one that came;
  /// what it affected is known when the node is restarted.
  public func apply(_ fault: Fault) -> FaultReport {
    if trace != nil { writeTrace(fault) }
    record?.note(.fault(fault), at: time)
    return switch fault {
    case .cut(let links): FaultReport(network.cut(links))
    case .mend: FaultReport(network.cut([]))
    case .disturb(let disturbance, let links): disturb(disturbance, links)
    case .calm(let kind): calm(kind)
    case .kill(let ending, let nodes): end(nodes, ending)
    case .restart(let nodes): restart(nodes)
    case .pause(let nodes): pause(nodes)
    case .resume(let nodes): resume(nodes)
    case .skew(let changes): skew(changes)
    case .resetClocks: resetClocks()
    case .disk(let fault, let nodes): damage(nodes, by: fault)
    case .mendDisks(let nodes): mendDisks(nodes)
    case .limit(_, let nodes):
      FaultReport(
        did: Dictionary(
          nodes.map { ($0, "nothing: \(Simulation.limitRefusal)") }, uniquingKeysWith: { $1 }),
        tookHold: false)
    case .unlimit: FaultReport()
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
  func machines(of nodes: [NodeID]) -> [Machine<N>] {
    nodes.compactMap { machines.indices.contains($0.index) ? machines[$0.index] : nil }
  }

  private func end(_ nodes: [NodeID], _ ending: ProcessEnd) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) where begin(ending, of: machine) {
      report.did[machine.id] =
        switch ending {
        case .kill: "killed"
        case .stop: "stopped"
        case .upgrade: "killed, to come back as version \(machine.configuration.version)"
        }
      report.tookHold = true
    }
    return report
  }

  /// - Returns: Whether there was anything to end.
  private func begin(_ ending: ProcessEnd, of machine: Machine<N>) -> Bool {
    if ending == .stop && machine.isUp && machine.pendingCrash == nil {
      shutDown(machine)
      return true
    }
    guard crash(machine, .kill) else { return false }
    if ending == .upgrade {
      let version = machine.configuration.version
      machine.configuration.version = version < settings.versionCount ? version + 1 : 1
      touched.upgrades += 1
    }
    return true
  }

  /// Has a process stop: nothing reaches it any more but the ends of its syncs, and with the last of
  /// them it ends.
  private func shutDown(_ machine: Machine<N>) {
    machine.pendingCrash = .shutdown
    machine.isPaused = true
    let held = machine.held
    machine.held.removeAll()
    for event in held {
      if event.kind == .sync { finishStopping(machine, with: event) } else { drop(event) }
    }
    guard machine.isStopping else { return }
    endIfIdle(machine)
    queue.schedule(
      .crash, at: time + settings.stopPatience, node: machine.id.rawValue,
      generation: machine.incarnation)
  }

  /// Hands the end of a sync to a process that is to stop.
  @usableFromInline
  func finishStopping(_ machine: Machine<N>, with event: Scheduled) {
    guard event.generation == machine.incarnation else { return }
    handOver(event, to: machine)
    if machine.isStopping { endIfIdle(machine) }
  }

  private func endIfIdle(_ machine: Machine<N>) {
    guard machine.barrier.isIdle else { return }
    machine.disk.startSync()
    _ = machine.disk.finishSync()
    touched.shutdowns += 1
    end(machine, .shutdown)
  }

  /// Ends a process now, or lets it come to its next event.
  ///
  /// - Returns: Whether there was anything to end.
  func crash(_ machine: Machine<N>, _ crash: Machine<N>.Crash) -> Bool {
    guard machine.isUp, machine.pendingCrash == nil else {
      // What a killed process wrote is still in memory, where a strike at the disk finds it.
      guard machine.pendingCrash != nil || machine.isBooting || crash != .kill else {
        return false
      }
      end(machine, crash)
      return true
    }
    guard waits(crash, for: machine) else {
      end(machine, crash)
      return true
    }
    machine.pendingCrash = crash
    let patience = crash.writesNeeded > 0 ? settings.writePatience : settings.crashPatience
    queue.schedule(
      .crash, at: time + patience, node: machine.id.rawValue, generation: machine.incarnation)
    return true
  }

  private func waits(_ crash: Machine<N>.Crash, for machine: Machine<N>) -> Bool {
    guard !machine.isPaused else { return false }
    if crash.writesNeeded > 0 { return machine.disk.unsynced.count < crash.writesNeeded }
    machine.draws.crash.move(to: time)
    return machine.draws.crash.chance(settings.crashesBetweenEffects)
  }

  /// Whether a crash that waits for the node's next event comes amid these effects of it.
  @usableFromInline
  func isDue(
    _ crash: Machine<N>.Crash, amid effects: [Effect<N>], of machine: Machine<N>
  ) -> Bool {
    let needed = crash.writesNeeded
    guard crash != .shutdown else { return false }
    return needed == 0 || machine.disk.unsynced.count + effects.count(where: \.isWrite) >= needed
  }

  /// How many of an event's effects happen before the crash that waits: none, some, or all; where it
  /// waited for writes, those at least.
  @usableFromInline
  func crashPoint(of machine: Machine<N>, amid effects: [Effect<N>]) -> Int {
    var earliest = 0
    if let crash = machine.pendingCrash, crash.writesNeeded > 0 {
      earliest = effects.lastIndex(where: \.isWrite).map { $0 + 1 } ?? 0
    }
    machine.draws.crash.move(to: time)
    let point = earliest + machine.draws.crash.below(effects.count - earliest + 1)
    if 0 < point && point < effects.count { touched.crashesBetweenEffects += 1 }
    return point
  }

  /// Ends a process now.
  @usableFromInline
  func end(_ machine: Machine<N>, _ crash: Machine<N>.Crash) {
    while let event = machine.held.popFirst() { drop(event) }
    if machine.isUp && crash == .kill { touched.kills += 1 }
    if crash.isOfDisk && (machine.isUp || machine.isBooting) { machine.isDownForDisk = true }
    // Who ends the kill of a machine that is struck while it is down may leave it to the disk's end.
    if case .disk = crash { machine.isDownForDisk = true }
    machine.die()
    if case .disk(let kind) = crash { strike(machine, kind) }
    if trace != nil { writeTrace(crash.text, of: machine) }
    record?.note(.ended(machine.id, how: crash.text), at: time)
  }

  /// Gives up what was held back for a process that is gone.
  private func drop(_ event: Scheduled) {
    switch event.kind {
    case .message:
      _ = messages.remove(event.slot)
      carried.lost += 1
      recordLoss(at: event.slot, isCut: false, isDown: true)
    case .request, .read, .serviceReply:
      _ = payloads.remove(event.slot)
      recordEnd(ofPayload: event.slot, isDown: true)
    default: break
    }
  }

  private func restart(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) {
      if let crash = machine.crashOverdue { end(machine, crash) }
      guard !machine.isUp, !machine.isBooting else { continue }
      report.did[machine.id] = "restarted"
      report.tookHold = true
      report.affected = (report.affected ?? 0) + boot(machine)
    }
    return report
  }

  /// Has a process start a little later.
  ///
  /// - Returns: How many messages came while there was none, and operations that its end took.
  func boot(_ machine: Machine<N>) -> Int {
    machine.isBooting = true
    machine.isDownForDisk = false
    machine.draws.crash.move(to: time)
    queue.schedule(
      .boot, at: time + machine.draws.crash.within(settings.bootDelay),
      node: machine.id.rawValue, generation: machine.incarnation)
    touched.restarts += 1
    defer { machine.missed = 0 }
    return machine.missed
  }

  /// Starts a process on what its disk kept, which is durable from then on.
  func begin(_ machine: Machine<N>) {
    guard !machine.isUp else { return }
    machine.disk.prepareForProcess()
    if machine.damage == .latent && machine.disk.affliction?.fault.kind.damages != true {
      machine.damage = .found
    }
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
      record?.note(.paused(machine.id), at: time)
    }
    return report
  }

  /// Where nothing came for a paused process, an event of the harness's own would have been held.
  private func resume(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) where machine.isPaused && !machine.isStopping {
      machine.isPaused = false
      report.did[machine.id] = "resumed"
      record?.note(.resumed(machine.id), at: time)
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

extension Machine.Crash {
  /// Whether it is its disk's fault.
  fileprivate var isOfDisk: Bool {
    switch self {
    case .kill, .shutdown: false
    case .disk, .failed: true
    }
  }

  fileprivate var text: String {
    switch self {
    case .kill: "is killed"
    case .shutdown: "has stopped"
    case .failed: "is stopped"
    case .disk(.corrupt): "is killed, and its disk corrupted"
    case .disk(.truncate): "is killed, and a file truncated"
    case .disk(.swap): "is killed, and chunks of a file swapped"
    case .disk(.wipe): "is killed, and its disk wiped"
    case .disk: "loses power"
    }
  }
}

extension Effect {
  /// Whether it changes a file.
  fileprivate var isWrite: Bool {
    switch self {
    case .store(_, .read): false
    case .store: true
    default: false
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
