import Environments
import Glibc
import Processes
import Values

extension LocalProcesses {
  /// How long the supervisor may take to do as it is told.
  static let supervisorTimeout: Nanoseconds = .seconds(10)

  /// Starts all nodes and waits until each has answered `init`.
  ///
  /// - Throws: When a program can't be started, or a node does not come up: with its status and its
  ///   last lines.
  public func start() throws {
    precondition(supervisor == nil, "a cluster can be started only once")
    signal(SIGPIPE, SIG_IGN)
    try openFiles()
    let programs = try names.nodes.map { try program(of: $0) }
    let supervisor = try SupervisorConnection(command: settings.supervisor, channels: channels)
    self.supervisor = supervisor
    poller.watch(supervisor.descriptor, as: DescriptorSource.control.number)
    for channel in channels {
      poller.watch(
        channel.outputDescriptor, as: DescriptorSource.output(node: channel.node.index).number)
      poller.watch(
        channel.errorDescriptor, as: DescriptorSource.error(node: channel.node.index).number)
    }
    do {
      spawn(channels, programs)
      try awaitInit()
      isStarted = true
    } catch {
      stop()
      throw error
    }
  }

  private func openFiles() throws {
    messageLog = try settings.messageLog.map { try MessageLog($0) }
    channels = try names.nodes.map { try NodeChannel(node: $0, name: names[$0]) }
    for channel in channels {
      try makeDirectories("\(settings.dataDirectory)/\(channel.name)")
      guard let logs = settings.logDirectory.map({ "\($0)/\(channel.name)" }) else { continue }
      try makeDirectories(logs)
      channel.log = open("\(logs)/log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard channel.log >= 0 else { throw SystemCallError("can't write \(logs)/log") }
    }
  }

  private func awaitInit() throws {
    while let waiting = channels.first(where: { $0.state != .up }) {
      if let failure { throw failure }
      guard waiting.isRunning else {
        throw LocalProcessesError.nodeNeverCameUp(
          node: waiting.name, status: waiting.lastStatus ?? "it was not started",
          lastLines: waiting.lastLines)
      }
      turn(until: now + settings.initTimeout, isImpatient: false)
    }
    if let failure { throw failure }
  }

  /// A node that is not up in time is ended, and then told of as one that died.
  func endThoseThatNeverCameUp() {
    for channel in channels {
      guard case .starting(let deadline) = channel.state, deadline <= now else { continue }
      let status =
        channel.lastStatus ?? "it did not answer init within \(settings.initTimeout.durationText)"
      // Told of once: what ends it now is the controller.
      channel.isEndExpected = true
      command(.signal(node: channel.node.index, .kill))
      awaitNotices { !channel.isRunning }
      channel.lastStatus = status
      if isStarted { reportDeath(channel, status) }
    }
  }

  func program(of node: NodeID) throws -> Program {
    let command = command(of: node)
    guard let path = canonicalPath(command.executable) ?? searchPath(command.executable) else {
      throw LocalProcessesError.programNotFound(command.executable)
    }
    let directory = "\(settings.dataDirectory)/\(names[node])"
    let data = canonicalPath(directory) ?? directory
    var environment = ["SHRIKE_DATA=\(data)"]
    environment += command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let replaced = Set(environment.map { $0.prefix { $0 != "=" } })
    let inherited = inheritedEnvironment().filter { !replaced.contains($0.prefix { $0 != "=" }) }
    return Program(
      path: path,
      arguments: [path] + command.arguments + (command.isBundled ? ["--data", data] : []),
      environment: inherited + environment, directory: settings.workingDirectory)
  }

  private func searchPath(_ name: String) -> String? {
    guard !name.contains("/"), let path = getenv("PATH") else { return nil }
    return String(cString: path).split(separator: ":").lazy.map { "\($0)/\(name)" }
      .first { access($0, X_OK) == 0 }
  }

  /// Starts processes, and returns when all run or could not be started.
  func spawn(_ channels: [NodeChannel], _ programs: [Program]) {
    for (channel, program) in zip(channels, programs) {
      channel.lastStatus = nil
      channel.isEndExpected = false
      command(.start(node: channel.node.index, program))
    }
    awaitNotices { channels.allSatisfy { $0.isRunning || $0.lastStatus != nil } }
    for channel in channels where channel.isRunning { sendInit(to: channel) }
  }

  // MARK: The supervisor

  func command(_ command: SupervisorCommand) {
    if supervisor?.send(command) == false { supervisorDied() }
  }

  /// Reads notices until `isDone`, or the supervisor is gone or out of time.
  func awaitNotices(_ isDone: () -> Bool) {
    let deadline = now + LocalProcesses.supervisorTimeout
    while !isDone(), failure == nil, now < deadline { receiveNotices(within: deadline - now) }
  }

  func receiveNotices(within time: Nanoseconds) {
    guard let supervisor else { return }
    guard let notices = supervisor.receive(within: time) else { return supervisorDied() }
    for notice in notices { handle(notice) }
  }

  private func handle(_ notice: SupervisorNotice) {
    switch notice {
    case .started(let node, let process):
      channels[node].begin(process, deadline: now + settings.initTimeout)
      setClocks(of: channels[node])
    case .notStarted(let node, let error):
      let path = (try? program(of: NodeID(node)))?.path ?? settings.command.executable
      channels[node].lastStatus = error.explanation(path)
    case .signalled(let node): channels[node].signalsSent += 1
    case .exited(let node, let status): handleEnd(of: channels[node], "\(status)")
    }
  }

  private func handleEnd(of channel: NodeChannel, _ status: String) {
    // What it printed before it ended is under way all the same.
    while readOutput(channel) {}
    while readError(channel) {}
    // Before the cluster is up, a death is an error of `start`.
    let isNews = isStarted && !channel.isEndExpected
    channel.end(status)
    if channel.isBlocked {
      channel.isBlocked = false
      poller.forget(channel.inputDescriptor)
    }
    if isNews { reportDeath(channel, status) }
  }

  private func reportDeath(_ channel: NodeChannel, _ status: String) {
    events.append(.died(channel.node, status: status, lastLines: channel.lastLines))
  }

  /// Kills the groups that the supervisor would have.
  private func supervisorDied() {
    guard failure == nil else { return }
    failure = LocalProcessesError.supervisorDied
    for channel in channels {
      if let process = channel.process, process.exists { kill(-process.pid, SIGKILL) }
      channel.end("killed when the supervisor died")
    }
    if let supervisor { poller.forget(supervisor.descriptor) }
    for channel in channels {
      poller.forget(channel.outputDescriptor)
      poller.forget(channel.errorDescriptor)
    }
  }

  /// Ends all nodes; their directories stay.
  public func stop() {
    supervisor?.end()
    supervisor = nil
    messageLog?.flush()
    for channel in channels where channel.isRunning { channel.end("stopped") }
  }
}
