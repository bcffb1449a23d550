import Disks
public import Environments
import Glibc
import Nodes
import ProcessClocks
import Processes
package import Values

extension HostCluster {
  /// How long a process may take to be seen stopped, running or gone.
  static let signalPatience: Nanoseconds = .seconds(2)
  /// How long a packet of the harness's own may take to be counted.
  package static let probePatience: Nanoseconds = .seconds(2)
  /// The port to which probes go: nobody listens there.
  package static let probePort = 9

  public func support(for family: FaultFamily) -> FaultSupport {
    // Of other machines it is known when they are there.
    network.isThisMachine ? HostCluster.support(for: family) : .supported
  }

  /// Whether hosts of this machine can have a fault.
  package static func support(for family: FaultFamily) -> FaultSupport {
    let problem: String? =
      switch family {
      case .kill, .pause: nil
      case .partition:
        ["nft", "iptables"].contains { findProgram($0) != nil }
          ? nil : "there is neither nft nor iptables; apt-get install nftables"
      case .cpu: ControlGroups.problem(with: .cpu)
      case .memory: ControlGroups.problem(with: .memory)
      case .clock: ProcessClocks.problem
      case .disk: Volume.problem == nil ? nil : DiskWatch.problem
      case .delay, .loss, .duplicate, .reorder, .corrupt, .rate, .clog: packetProblem
      }
    return problem.map { .unsupported($0) } ?? .supported
  }

  public func apply(_ fault: Fault) -> FaultReport {
    // Who has ended before a fault was not ended by it.
    takeNotices()
    do throws(HostError) {
      switch fault {
      case .cut(let links): return try cut(links)
      case .mend: return try mend()
      case .kill(.kill, let nodes): return try kill(processes(nodes))
      case .kill(.stop, let nodes): return try stop(processes(nodes))
      case .kill(.upgrade, let nodes):
        return refuse(nodes, "a process on a host is always of the version that is installed")
      case .restart(let nodes): return try restart(processes(nodes))
      case .pause(let nodes): return try pause(processes(nodes))
      case .resume(let nodes): return try resume(processes(nodes))
      case .limit(let limit, let nodes): return try self.limit(limit, processes(nodes))
      case .unlimit(let kind): return try unlimit(kind)
      case .disturb(let disturbance, let links): return try disturb(disturbance, links)
      case .calm(let kind): return try calm(kind)
      case .disk(let fault, let nodes): return try disk(fault, nodes)
      case .mendDisks(let nodes): return try mendDisks(nodes)
      case .skew(let changes): return try skew(changes)
      case .resetClocks: return try resetClocks()
      }
    } catch {
      failure = failure ?? explained(error)
      return FaultReport(tookHold: false)
    }
  }

  func processes(_ nodes: [NodeID]) -> [HostedProcess] {
    nodes.map { self.nodes[$0.index] }
  }

  func refuse(_ nodes: [NodeID], _ reason: String) -> FaultReport {
    FaultReport(
      did: Dictionary(nodes.map { ($0, "nothing: \(reason)") }, uniquingKeysWith: { $1 }),
      tookHold: false)
  }

  func report(
    _ effects: [(process: HostedProcess, did: String, tookHold: Bool?)]
  ) -> FaultReport {
    let did = Dictionary(effects.map { ($0.process.node, $0.did) }, uniquingKeysWith: { $1 })
    let seen = effects.map(\.tookHold)
    // Nothing is known of the fault as a whole while one part of it isn't.
    let tookHold: Bool? =
      seen.contains(false) ? false : seen.contains { $0 == nil } ? nil : !seen.isEmpty
    return FaultReport(did: did, tookHold: tookHold)
  }

  // MARK: Partitions

  private func cut(_ links: [Link]) throws(HostError) -> FaultReport {
    var report = try outcomeOfCut() ?? FaultReport()
    if self.filter == nil { self.filter = try installedFilter() }
    guard var filter else { return report }
    try filter.cut(links, watching: [])
    self.filter = filter
    cutLinks = links
    report.tookHold = try loseProbes()
    return report
  }

  /// A table on the bridge, or on each host where there is no bridge of ours; where there is no nft or
  /// the kernel refuses its tables, a chain of iptables on each host.
  private func installedFilter() throws(HostError) -> any PacketFilter {
    if !settings.usesChains, let table = try table() {
      do throws(HostError) {
        try table.install()
        return table
      } catch {
        guard case .toolFailed = error, try has("iptables") else { throw error }
      }
    }
    let chains = HostChains(hosts: nodes.map(\.host))
    try chains.install()
    return chains
  }

  private func table() throws(HostError) -> (any PacketFilter)? {
    guard try has("nft") else { return nil }
    let ports = nodes.compactMap(\.host.port)
    if ports.count == nodes.count, let agent = network.controlAgent {
      return BridgeTable(agent: agent, ports: ports)
    }
    return HostTables(hosts: nodes.map(\.host))
  }

  /// Whether every host has a program.
  private func has(_ program: String) throws(HostError) -> Bool {
    for process in nodes {
      guard try process.host.agent.missing([program]).isEmpty else { return false }
    }
    return true
  }

  /// Whether partitions are made by nftables, as far as there have been any.
  package var cutsByTable: Bool { filter is BridgeTable }

  private func mend() throws(HostError) -> FaultReport {
    guard var filter, let report = try outcomeOfCut() else { return FaultReport() }
    let mended = cutLinks
    try filter.cut([], watching: mended)
    self.filter = filter
    cutLinks = []
    // The rules are gone; that packets pass on each link again shows that they were all.
    try probe(mended)
    let passes = try sees { () throws(HostError) in
      let passed = try filter.counts().passed
      return mended.allSatisfy { passed[$0, default: 0] > 0 }
    }
    guard passes else {
      throw .notHealed(
        "packets did not pass again within \(HostCluster.probePatience.durationText)"
          + " after the partition had ended; other rules drop them")
    }
    return report
  }

  /// What came of the cut that is in force, if one is.
  private func outcomeOfCut() throws(HostError) -> FaultReport? {
    guard !cutLinks.isEmpty, let filter else { return nil }
    let counts = try filter.counts()
    // One packet of each link was the harness's own.
    let lost = counts.lost.values.reduce(0) { $0 + max(0, $1 - 1) }
    return FaultReport(
      tookHold: cutLinks.allSatisfy { counts.lost[$0, default: 0] > 0 }, affected: lost,
      exercised: lost + counts.carried)
  }

  /// Sends a packet over each link that is cut, and sees whether all are dropped.
  private func loseProbes() throws(HostError) -> Bool {
    guard let filter, !cutLinks.isEmpty else { return false }
    try probe(cutLinks)
    let links = cutLinks
    return try sees { () throws(HostError) in
      let lost = try filter.counts().lost
      return links.allSatisfy { lost[$0, default: 0] > 0 }
    }
  }

  private func probe(_ links: [Link]) throws(HostError) {
    for process in nodes {
      let targets = links.filter { $0.source == process.node }
        .map { nodes[$0.destination.index].host.address }
      if !targets.isEmpty { try process.host.agent.probe(targets, port: HostCluster.probePort) }
    }
  }

  /// Whether something is seen before the patience ends.
  func sees(
    _ isSeen: () throws(HostError) -> Bool
  ) throws(HostError) -> Bool {
    let deadline = monotonicTime() + HostCluster.probePatience
    repeat {
      if try isSeen() { return true }
      usleep(2_000)
    } while monotonicTime() < deadline
    return false
  }

  // MARK: Kill and restart

  func kill(_ processes: [HostedProcess]) throws(HostError) -> FaultReport {
    let running = processes.filter(\.isRunning)
    for process in running {
      process.expectedEnd = process.expectedEnd ?? .kill
      try process.host.agent.signalAll(SIGKILL)
      // What is frozen ends when it is thawed.
      if process.isPaused { _ = try unfreeze(process) }
    }
    let deadline = now + HostCluster.signalPatience
    while running.contains(where: \.isRunning), failure == nil, now < deadline {
      turnForNotices(until: deadline)
    }
    var effects: [(HostedProcess, String, Bool?)] = []
    for process in processes {
      guard running.contains(where: { $0 === process }) else {
        effects.append((process, "was not running", false))
        continue
      }
      let isEmpty = try sees { () throws(HostError) in
        try process.host.agent.states().isEmpty
      }
      effects.append((process, "killed", !process.isRunning && isEmpty))
    }
    return report(effects)
  }

  /// Takes in what agents tell, but leaves events to whoever asks for them.
  func turnForNotices(until deadline: Nanoseconds) {
    turn(until: min(deadline, now + .milliseconds(5)))
  }

  /// Asks processes to end, as a service manager would, and kills those that don't.
  private func stop(_ processes: [HostedProcess]) throws(HostError) -> FaultReport {
    let asked = processes.filter(\.isRunning)
    for process in asked {
      process.expectedEnd = .stop
      guard let task = process.task else { continue }
      try process.host.agent.send(.signal(task, process.system.stopSignal))
      // What is paused can't hear of it before it runs on.
      if process.isPaused { _ = try wake(process) }
    }
    let patience = asked.map(\.system.stopPatience).max() ?? 0
    let deadline = now + patience
    while asked.contains(where: \.isRunning), failure == nil, now < deadline {
      turnForNotices(until: deadline)
    }
    let deaf = asked.filter(\.isRunning)
    let killed = deaf.isEmpty ? nil : try kill(deaf).tookHold
    return report(
      processes.map { process in
        guard asked.contains(where: { $0 === process }) else {
          return (process, "was not running", false)
        }
        guard deaf.contains(where: { $0 === process }) else { return (process, "stopped", true) }
        return (process, "killed: it had not stopped after \(patience.durationText)", killed)
      })
  }

  func restart(_ processes: [HostedProcess]) throws(HostError) -> FaultReport {
    let idle = processes.filter { !$0.isRunning }
    for process in idle {
      do throws(HostError) {
        try spawn(process)
        process.restarted = now
      } catch {
        switch error {
        case .notStarted, .noTool: process.lastStatus = "\(error)"
        default: throw error
        }
      }
    }
    let deadline = now + settings.restartPatience
    while idle.contains(where: { $0.isRunning && !$0.isReachable }), failure == nil, now < deadline
    {
      turnForNotices(until: deadline)
    }
    return report(
      processes.map { process in
        guard idle.contains(where: { $0 === process }) else {
          return (process, "was running", false)
        }
        guard process.isRunning else {
          return (process, "not restarted: \(process.lastStatus ?? "no such program")", false)
        }
        return (process, "restarted", process.isReachable ? true : nil)
      })
  }

  // MARK: Pause and resume

  private func hasFreezer(_ process: HostedProcess) -> Bool {
    process.hasFreezer && !settings.usesSignals
  }

  /// Freezes a node's processes.
  ///
  /// - Returns: Why they are not frozen; nothing where they are.
  private func freeze(_ process: HostedProcess) throws(HostError) -> String? {
    guard hasFreezer(process) else { return "there is no freezer" }
    return try process.host.agent.ask(.groups, ["freeze", "\(process.pid)"]).first
  }

  /// Ends the freeze of a node's processes, where there is a freezer.
  ///
  /// - Returns: Whether none is frozen any longer.
  private func unfreeze(_ process: HostedProcess) throws(HostError) -> Bool {
    guard hasFreezer(process) else { return true }
    return try process.host.agent.ask(.groups, ["thaw"]) == ["true"]
  }

  /// Thaws what a process that ended while it was paused has left frozen: who joins it would be, too.
  func thaw(_ process: HostedProcess) throws(HostError) {
    guard try !unfreeze(process) else { return }
    throw .notHealed("host \(process.host.name): its processes could not be thawed")
  }

  private func pause(_ processes: [HostedProcess]) throws(HostError) -> FaultReport {
    var effects: [(HostedProcess, String, Bool?)] = []
    for process in processes {
      guard process.isRunning else {
        effects.append((process, "was not running", false))
        continue
      }
      guard let reason = try freeze(process) else {
        process.isPaused = true
        effects.append((process, "frozen", true))
        continue
      }
      // Some may be frozen, who could not be stopped.
      _ = try unfreeze(process)
      try process.host.agent.signalAll(SIGSTOP)
      let isStopped = try sees { () throws(HostError) in
        // Where there is no process left, none was stopped.
        let states = try process.host.agent.states()
        return !states.isEmpty && states.allSatisfy { $0 == UInt8(ascii: "T") }
      }
      process.isPaused = isStopped
      // Else what a disk holds up would be stopped by it later, unseen.
      if !isStopped { try process.host.agent.signalAll(SIGCONT) }
      effects.append(
        (
          process,
          isStopped ? "stopped by a signal" : "goes on: \(reason), nor does a signal stop it",
          isStopped
        ))
    }
    return report(effects)
  }

  private func resume(_ processes: [HostedProcess]) throws(HostError) -> FaultReport {
    var effects: [(HostedProcess, String, Bool?)] = []
    for process in processes {
      guard process.isRunning else {
        effects.append((process, "was not running", false))
        continue
      }
      effects.append((process, "resumed", try wake(process)))
    }
    return report(effects)
  }

  /// - Returns: Whether all its processes run again.
  private func wake(_ process: HostedProcess) throws(HostError) -> Bool {
    process.isPaused = false
    let isThawed = try unfreeze(process)
    try process.host.agent.signalAll(SIGCONT)
    guard isThawed else { return false }
    return try sees { () throws(HostError) in
      try process.host.agent.states().allSatisfy { $0 != UInt8(ascii: "T") }
    }
  }

  // MARK: Limits

  private func limit(
    _ limit: ResourceLimit, _ processes: [HostedProcess]
  ) throws(HostError) -> FaultReport {
    var effects: [(HostedProcess, String, Bool?)] = []
    for process in processes {
      let before = try strikes(process, limit.kind)
      let isInForce = try process.host.agent.ask(.groups, ["limit"] + limit.words) == ["true"]
      if isInForce { limits[limit.kind, default: [:]][process.node] = before }
      effects.append((process, isInForce ? "limited" : "not limited", isInForce))
    }
    return report(effects)
  }

  /// How often a limit of a node's was at work.
  func strikes(
    _ process: HostedProcess, _ kind: ResourceLimit.Kind
  ) throws(HostError) -> Int {
    try process.host.agent.ask(.groups, ["strikes", kind.rawValue]).first.flatMap(Int.init) ?? 0
  }

  private func unlimit(_ kind: ResourceLimit.Kind) throws(HostError) -> FaultReport {
    guard let limited = limits[kind] else { return FaultReport() }
    var report = FaultReport(tookHold: true, affected: 0)
    for node in limited.keys.sorted() {
      let agent = nodes[node.index].host.agent
      guard try agent.ask(.groups, ["unlimit", kind.rawValue]) == ["true"] else {
        throw .notHealed("the \(kind.rawValue) limit of \(names[node]) could not be lifted")
      }
    }
    if kind == .memory { awaitEnds(of: limited.keys.map { nodes[$0.index] }) }
    limits[kind] = nil
    for (node, before) in limited.sorted(by: { $0.key < $1.key }) {
      let process = nodes[node.index]
      report.affected = (report.affected ?? 0) + (try strikes(process, kind)) - before
      report.did[node] = "unlimited"
      if kind == .memory, process.wasKilledByLimit {
        process.wasKilledByLimit = false
        _ = try restart([process])
        report.did[node] = "unlimited, and restarted: the limit had killed it"
      }
    }
    return report
  }

  /// Waits until it is told that those have ended whom a limit has killed already.
  private func awaitEnds(of processes: [HostedProcess]) {
    // What the limit killed may have been a child of a process that lives on.
    let deadline = now + .milliseconds(300)
    while processes.contains(where: { $0.isRunning && isStruckByLimit($0) }), failure == nil,
      now < deadline
    {
      turnForNotices(until: deadline)
    }
  }

  /// Whether a process that has ended was killed by a limit on its memory, which is a fault's doing.
  func wasKilledByLimit(_ process: HostedProcess) -> Bool {
    process.wasKilledByLimit = isStruckByLimit(process)
    return process.wasKilledByLimit
  }

  /// Whether a limit on a node's memory that is in force has killed since its process was started.
  private func isStruckByLimit(_ process: HostedProcess) -> Bool {
    guard let before = limits[.memory]?[process.node],
      let strikes = try? strikes(process, .memory)
    else { return false }
    return strikes > max(before, process.memoryStrikes)
  }
}
