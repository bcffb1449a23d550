public import Environments
import Glibc
import Nodes
import ProcessClocks
import Processes
import Values

extension LocalProcesses {
  /// How long a process may take to be seen stopped or running after a signal.
  static let signalTimeout: Nanoseconds = .seconds(2)
  /// How long a process may take to end that is asked to.
  static let stopPatience: Nanoseconds = .seconds(2)

  public func support(for family: FaultFamily) -> FaultSupport {
    LocalProcesses.support(for: family)
  }

  package static func support(for family: FaultFamily) -> FaultSupport {
    switch family {
    case .partition, .kill, .pause, .delay, .loss, .duplicate, .reorder: .supported
    case .clock: ProcessClocks.problem.map { .unsupported($0) } ?? .supported
    case .disk: .unsupported(LocalProcesses.diskRefusal)
    case .corrupt, .rate, .clog: .unsupported(LocalProcesses.networkRefusal)
    case .cpu, .memory: .unsupported(LocalProcesses.limitRefusal)
    }
  }

  private static let upgradeRefusal =
    "a local process is always of the version that is installed; simulate the system "
    + "(--env simulated) for two versions in one cluster"
  private static let limitRefusal =
    "local processes are in no control groups of their own; --env lab limits what nodes may use"
  private static let networkRefusal =
    "the network between local processes can't; simulate the system (--env simulated) for it"
  private static let diskRefusal =
    "local processes share this machine's disk, which can't lose power or fail for one of them; "
    + "simulate the system (--env simulated) for faults of its disks"

  public func apply(_ fault: Fault) -> FaultReport {
    switch fault {
    case .cut(let links): report(faults.cut(links))
    case .mend: report(faults.cut([]))
    case .disturb(let disturbance, let links): report(faults.disturb(disturbance, links))
    case .calm(let kind): report(faults.calm(kind))
    case .kill(.kill, let nodes): kill(nodes.map { channels[$0.index] })
    case .kill(.stop, let nodes): stop(nodes.map { channels[$0.index] })
    case .kill(.upgrade, let nodes): refuse(nodes, LocalProcesses.upgradeRefusal)
    case .restart(let nodes): restart(nodes.map { channels[$0.index] })
    case .pause(let nodes): pause(nodes.map { channels[$0.index] })
    case .resume(let nodes): resume(nodes.map { channels[$0.index] })
    case .disk(let fault, let nodes):
      refuse(nodes, "no disk:\(fault.kind.rawValue) here: \(LocalProcesses.diskRefusal)")
    case .mendDisks: FaultReport()
    case .skew(let changes): skew(changes)
    case .resetClocks: resetClocks()
    case .limit(_, let nodes): refuse(nodes, LocalProcesses.limitRefusal)
    case .unlimit: FaultReport()
    }
  }

  private func report(_ outcome: LinkFaults.Outcome?) -> FaultReport {
    guard let outcome else { return FaultReport() }
    return FaultReport(
      tookHold: outcome.tookHold, affected: outcome.affected, exercised: outcome.exercised)
  }

  func refuse(_ nodes: [NodeID], _ reason: String) -> FaultReport {
    FaultReport(
      did: Dictionary(nodes.map { ($0, "nothing: \(reason)") }, uniquingKeysWith: { $1 }),
      tookHold: false)
  }

  /// - Parameter effects: For each of the channels, what was done and whether it was seen.
  func report(
    _ effects: [(channel: NodeChannel, did: String, tookHold: Bool?)]
  ) -> FaultReport {
    let did = Dictionary(effects.map { ($0.channel.node, $0.did) }, uniquingKeysWith: { $1 })
    let seen = effects.map(\.tookHold)
    // Nothing is known of the fault as a whole while one part of it isn't.
    let tookHold: Bool? =
      seen.contains(false) ? false : seen.contains { $0 == nil } ? nil : !seen.isEmpty
    return FaultReport(did: did, tookHold: tookHold)
  }

  // MARK: Kill and restart

  private func kill(_ channels: [NodeChannel]) -> FaultReport {
    let running = channels.filter(\.isRunning)
    let processes = running.map(\.process)
    for channel in running {
      channel.isEndExpected = true
      command(.signal(node: channel.node.index, .kill))
    }
    awaitNotices { running.allSatisfy { !$0.isRunning } }
    let idle = channels.filter { channel in !running.contains { $0 === channel } }
    return report(
      zip(running, processes).map { channel, process in
        (channel, "killed", !channel.isRunning && process?.exists == false)
      } + idle.map { ($0, "was not running", false) })
  }

  /// Asks processes to end, as a service manager would, and kills those that don't.
  private func stop(_ channels: [NodeChannel]) -> FaultReport {
    let asked = channels.filter(\.isRunning)
    for channel in asked {
      channel.isEndExpected = true
      command(.signal(node: channel.node.index, .term))
      // What is paused can't hear of it before it runs on.
      command(.signal(node: channel.node.index, .cont))
    }
    let deadline = now + LocalProcesses.stopPatience
    while asked.contains(where: \.isRunning), failure == nil, now < deadline {
      turn(until: deadline, isImpatient: false)
    }
    let deaf = asked.filter(\.isRunning)
    let killed = deaf.isEmpty ? nil : kill(deaf).tookHold
    return report(
      channels.map { channel in
        guard asked.contains(where: { $0 === channel }) else {
          return (channel, "was not running", false)
        }
        guard deaf.contains(where: { $0 === channel }) else { return (channel, "stopped", true) }
        let patience = LocalProcesses.stopPatience.durationText
        return (channel, "killed: it had not stopped after \(patience)", killed)
      })
  }

  private func restart(_ channels: [NodeChannel]) -> FaultReport {
    let idle = channels.filter { !$0.isRunning }
    let programs = idle.compactMap { try? program(of: $0.node) }
    if programs.count == idle.count { spawn(idle, programs) }
    let deadline = now + settings.restartPatience
    while idle.contains(where: { $0.isRunning && $0.state != .up }), failure == nil, now < deadline
    {
      turn(until: deadline, isImpatient: false)
    }
    return report(
      channels.map { channel in
        guard idle.contains(where: { $0 === channel }) else {
          return (channel, "was running", false)
        }
        switch channel.state {
        case .up: return (channel, "restarted", true)
        case .starting: return (channel, "restarted", nil)
        case .down:
          return (channel, "not restarted: \(channel.lastStatus ?? "no such program")", false)
        }
      })
  }

  // MARK: Pause and resume

  private func pause(_ channels: [NodeChannel]) -> FaultReport {
    report(
      signal(channels, .stop) { state, group in
        state.isStopped && states(ofGroup: group).allSatisfy(\.isStopped)
      }.map { channel, isSeen in
        channel.isPaused = isSeen ?? false
        return (channel, isSeen == nil ? "was not running" : "paused", isSeen ?? false)
      })
  }

  private func resume(_ channels: [NodeChannel]) -> FaultReport {
    report(
      signal(channels, .cont) { state, _ in !state.isStopped }
        .map { channel, isSeen in
          channel.isPaused = false
          return (channel, isSeen == nil ? "was not running" : "resumed", isSeen ?? false)
        })
  }

  /// Signals nodes' process groups and waits until that is seen.
  ///
  /// - Returns: Whether it was; nothing for nodes that don't run.
  private func signal(
    _ channels: [NodeChannel], _ signal: SupervisorCommand.Signal,
    isSeen: (ProcessState, pid_t) -> Bool
  ) -> [(NodeChannel, Bool?)] {
    let signalled = channels.map { channel in channel.isRunning ? channel.signalsSent + 1 : nil }
    for channel in channels where channel.isRunning {
      command(.signal(node: channel.node.index, signal))
    }
    awaitNotices {
      zip(channels, signalled).allSatisfy { channel, count in
        count.map { channel.signalsSent >= $0 } ?? true
      }
    }
    let deadline = now + LocalProcesses.signalTimeout
    return channels.map { channel in
      guard let process = channel.process else { return (channel, nil) }
      while let state = ProcessState(process.pid), state.startTime == process.startTime {
        if isSeen(state, process.pid) { return (channel, true) }
        guard now < deadline else { break }
        usleep(200)
      }
      return (channel, false)
    }
  }
}
