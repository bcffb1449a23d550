import CProcess
import Glibc
import Processes

/// Owns the processes of a cluster's nodes, so that none outlives the controller.
///
/// This is the life of a process of its own, which the controller starts with the descriptors of
/// ``SupervisorDescriptors``. It does what it is told over the control socket; when that ends,
/// however the controller died, it kills all nodes' process groups and whatever descends from them,
/// and ends. It is in a session of its own and ignores the terminal's signals.
///
/// - Returns: The status to exit with.
public func runSupervisor() -> Int32 {
  for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE] { Glibc.signal(signal, SIG_IGN) }
  let childSignals = process_child_signals()
  guard childSignals >= 0, process_become_subreaper() == 0 else { return 70 }
  var supervisor = Supervisor(childSignals: childSignals)
  supervisor.serve()
  return supervisor.killAll() ? 0 : 70
}

private struct Supervisor {
  /// How long the members of a killed process group may take to be gone.
  static let groupEndTimeout: Int64 = 2_000_000_000

  let childSignals: Int32
  var control = LineChannel(descriptor: SupervisorDescriptors.control)
  /// The process of each node that runs.
  var processes: [Int: pid_t] = [:]

  init(childSignals: Int32) { self.childSignals = childSignals }

  /// Obeys the controller until it is gone.
  mutating func serve() {
    var watched = [
      pollfd(fd: control.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: childSignals, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else { return }
      if watched[1].revents != 0 { reap() }
      if watched[0].revents != 0 {
        guard let lines = control.receive() else { return }
        for line in lines {
          guard let command = SupervisorCommand(words: line), obey(command) else { return }
        }
      }
    }
  }

  /// - Returns: Whether the controller is still there.
  private mutating func obey(_ command: SupervisorCommand) -> Bool {
    switch command {
    case .start(let node, let program): return tell(start(node, program))
    case .signal(let node, let signal):
      if let process = processes[node] { kill(-process, signal.number) }
      return tell(.signalled(node: node))
    }
  }

  private mutating func start(_ node: Int, _ program: Program) -> SupervisorNotice {
    drain(SupervisorDescriptors.node(node, stream: 0))
    let streams: [Int32] = [0, 1, 2]
    do throws(SpawnError) {
      let process = try program.spawn(
        descriptors: streams.map { (SupervisorDescriptors.node(node, stream: $0), $0) },
        closingFrom: 3)
      processes[node] = process
      // Not waited for before `reap`, so that its state can be read even if it has ended.
      let startTime = ProcessState(process)?.startTime ?? 0
      return .started(node: node, ProcessIdentity(pid: process, startTime: startTime))
    } catch {
      return .notStarted(node: node, error)
    }
  }

  /// Drops what an earlier process of a node has not read.
  private func drain(_ descriptor: Int32) {
    var rest = [UInt8](repeating: 0, count: 65_536)
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while poll(&watched, 1, 0) > 0, watched.revents & Int16(POLLIN) != 0 {
      guard read(descriptor, &rest, rest.count) > 0 else { return }
    }
  }

  private func tell(_ notice: SupervisorNotice) -> Bool { control.send(notice.words) }

  /// Waits for all children that have ended, nodes and orphans of nodes.
  private mutating func reap() {
    var signals = [UInt8](repeating: 0, count: 4_096)
    while read(childSignals, &signals, signals.count) > 0 {}
    while case let ended = process_ended_child(), ended > 0 {
      guard let node = processes.first(where: { $0.value == ended })?.key else {
        waitpid(ended, nil, 0)
        continue
      }
      // While the leader is a zombie, the group's number can't be another's.
      kill(-ended, SIGKILL)
      var status: Int32 = 0
      waitpid(ended, &status, 0)
      processes[node] = nil
      awaitEnd(ofGroup: ended)
      _ = tell(.exited(node: node, ExitStatus(waitStatus: status)))
    }
  }

  /// Waits until nobody is left in a killed group who could still write to the node's pipes.
  private func awaitEnd(ofGroup group: pid_t) {
    let deadline = monotonicTime() + Supervisor.groupEndTimeout
    while kill(-group, 0) == 0, monotonicTime() < deadline {
      waitpid(-group, nil, WNOHANG)
      usleep(200)
    }
  }

  /// Kills the nodes, and then whoever left their groups and was orphaned to this process.
  ///
  /// - Returns: Whether nobody is left.
  mutating func killAll() -> Bool {
    let deadline = monotonicTime() + Supervisor.groupEndTimeout
    for process in processes.values { kill(-process, SIGKILL) }
    repeat {
      for child in childrenOfThisProcess() { kill(child, SIGKILL) }
      while waitpid(-1, nil, WNOHANG) > 0 {}
      if waitpid(-1, nil, WNOHANG) < 0, errno == ECHILD { return true }
      usleep(200)
    } while monotonicTime() < deadline
    return false
  }
}
