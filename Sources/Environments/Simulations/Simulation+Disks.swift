import Environments
import Nodes
public import Values

/// What faults do to disks, and no more of it than the system claims to survive.
extension Simulation {
  /// Strikes or afflicts disks; a strike that waits for the node's next event can't be averted.
  ///
  /// What came of it is known, and reported, when the disks are mended; but that the power failed is
  /// known at once.
  func damage(_ nodes: [NodeID], by fault: DiskFault) -> FaultReport {
    var report = FaultReport()
    let wanted = machines(of: nodes)
    let struck = damageable(wanted, by: fault.kind)
    for machine in wanted where !struck.contains(where: { $0 === machine }) {
      report.did[machine.id] = FaultReport.spared
      touched.spared += 1
    }
    if struck.isEmpty && !wanted.isEmpty { report.tookHold = false }
    let lostBefore = touched.lostOperations
    for machine in struck {
      apply(fault, to: machine)
      report.did[machine.id] = fault.kind.did
    }
    if fault.kind == .powerLoss && !struck.isEmpty {
      report.tookHold = true
      if struck.allSatisfy({ $0.pendingCrash == nil }) {
        report.affected = touched.lostOperations - lostBefore
      }
    }
    return report
  }

  private func apply(_ fault: DiskFault, to machine: Machine<N>) {
    if !fault.kind.isStrike { replaceAffliction(of: machine) }
    machine.diskFaults.append(.init(fault: fault, before: machine.disk.tally[fault.kind]))
    if fault.kind.damages { machine.damage = .latent }
    if fault.kind.isStrike {
      _ = crash(machine, .disk(fault.kind))
    } else {
      machine.disk.afflict(fault, machine.draws.affliction.child(UInt64(bitPattern: time)))
    }
  }

  /// Strikes the disk of a machine on which no process runs any more.
  func strike(_ machine: Machine<N>, _ kind: DiskFault.Kind) {
    machine.draws.damage.move(to: time)
    let loss = machine.disk.strike(
      kind, &machine.draws.damage, tornAppends: settings.tornAppends)
    if kind.cutsPower { touched.powerLosses += 1 }
    touched.lostOperations += loss.lost
    touched.tornAppends += loss.isTorn ? 1 : 0
    machine.missed += loss.lost
  }

  /// A sync failed: its node is told, where it asked to be told, and else ended by its host.
  @usableFromInline
  func failSync(of machine: Machine<N>) {
    recordSync(of: machine, isDurable: false)
    let tokens = machine.barrier.syncFailed()
    guard tokens.isEmpty else {
      for token in tokens where machine.isUp { handle(.completed(token, .failed), on: machine) }
      return
    }
    touched.stops += 1
    end(machine, machine.pendingCrash ?? .failed)
  }

  /// Puts off the end of an operation, if the disk stalls.
  @usableFromInline
  func stall(
    _ kind: Scheduled.Kind, after latency: Nanoseconds, slot: Int32, of machine: Machine<N>
  ) -> Bool {
    let delay = machine.disk.stall()
    guard delay > 0 else { return false }
    let due = time + latency + delay
    machine.stalled.append(
      Scheduled(
        time: due, sequence: 0, kind: kind, node: machine.id.rawValue, slot: slot,
        generation: machine.incarnation))
    queue.schedule(.stalled, at: due, node: machine.id.rawValue)
    return true
  }

  /// Ends the stalled operations that are due.
  func endStalled(of machine: Machine<N>) {
    while let place = machine.stalled.firstIndex(where: { $0.time <= time }) {
      take(machine.stalled.remove(at: place))
    }
  }

  /// Has a disk that no longer stalls end what it put off.
  private func release(_ machine: Machine<N>) {
    for operation in machine.stalled {
      queue.schedule(
        operation.kind, at: time, node: operation.node, slot: operation.slot,
        generation: operation.generation)
    }
    machine.stalled.removeAll()
  }

  func mendDisks(_ nodes: [NodeID]) -> FaultReport {
    var report = FaultReport()
    for machine in machines(of: nodes) {
      if let crash = machine.pendingCrash, case .disk = crash { end(machine, crash) }
      guard !machine.diskFaults.isEmpty || machine.isDownForDisk else { continue }
      let wasDown = machine.isDownForDisk
      let affected = mend(machine)
      report.affected = (report.affected ?? 0) + affected
      if affected > 0 || showProbe(machine) { report.tookHold = true }
      machine.diskFaults.removeAll()
      report.did[machine.id] = "mended"
      if machine.isDownForDisk {
        _ = boot(machine)
        report.did[machine.id] = wasDown ? "restarted" : "mended and restarted"
      }
    }
    if !report.did.isEmpty { report.tookHold = report.tookHold ?? false }
    return report
  }

  /// Ends what afflicts a disk; a process that it deceived is gone afterwards.
  ///
  /// - Returns: How many operations the machine's faults have touched.
  private func mend(_ machine: Machine<N>) -> Int {
    replaceAffliction(of: machine)
    let touched = machine.diskFaults.map { machine.disk.tally[$0.fault.kind] - $0.before }
    if machine.damage == .latent && machine.isUp {
      // No process was ended just now: one has started on the damage before, or there is none.
      let hasDamaged = zip(machine.diskFaults, touched).contains { $0.fault.kind.damages && $1 > 0 }
      machine.damage = hasDamaged ? .found : .none
    }
    return touched.reduce(0, +)
  }

  private func replaceAffliction(of machine: Machine<N>) {
    switch machine.disk.aftermath {
    case .none: break
    case .powerLoss: end(machine, .disk(.powerLoss))
    case .restart: if machine.isUp { end(machine, .failed) }
    }
    machine.disk.mend()
    release(machine)
  }

  /// Where a fault touched none of the system's operations, one of the harness's own would have been.
  private func showProbe(_ machine: Machine<N>) -> Bool {
    machine.diskFaults.contains { force in
      Disk.showsProbe(of: force.fault, machine.draws.affliction.child(.max))
    }
  }

  // MARK: The ledger

  /// Those of the machines whose disks may be damaged, so that no more nodes are damaged at a time
  /// than the limit says, and none twice.
  private func damageable(
    _ wanted: [Machine<N>], by kind: DiskFault.Kind
  ) -> [Machine<N>] {
    guard kind.damages, let limits = settings.damageLimits else { return wanted }
    for machine in machines where machine.damage == .found && machine.isUp {
      if machine.cell.node.isWhole { machine.damage = .none }
    }
    let free = limits[kind, default: 0] - machines.count { $0.damage != .none }
    let sound = wanted.filter { $0.damage == .none }
    ledgerDraws.move(to: time)
    let chosen = ledgerDraws.shuffled(sound).prefix(max(0, free))
    return sound.filter { machine in chosen.contains { $0 === machine } }
  }
}

extension DiskFault.Kind {
  /// What it did to a node, for reports.
  fileprivate var did: String {
    switch self {
    case .powerLoss: "power-lost"
    case .torn: "torn"
    case .reorder: "reordered"
    case .corrupt: "corrupted"
    case .truncate: "truncated"
    case .swap: "swapped"
    case .wipe: "wiped"
    case .lostSync, .syncError, .misdirect, .stale, .crashAtSync, .full, .stall, .readOnly,
      .readError, .writeError, .slowIO:
      rawValue
    }
  }
}
