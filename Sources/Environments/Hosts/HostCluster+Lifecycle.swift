import CProcess
import ClientTransports
import Environments
import Glibc
import Nodes
import Processes
import Values

extension HostCluster {
  /// Brings up the hosts, installs the system and starts all nodes, and waits until each is ready.
  ///
  /// - Throws: When a host, a package or a program can't be had, or a node does not get ready: with its
  ///   status and its last lines.
  public func start() throws {
    precondition(nodes.isEmpty, "a cluster can be started only once")
    signal(SIGPIPE, SIG_IGN)
    do {
      let packages = PackageInstallation(packages: system.packages, programs: system.programs)
      if network.isThisMachine {
        try checkUsers()
        try packages.run()
      }
      try bringUp()
      if !network.isThisMachine {
        for process in nodes {
          try packages.run(on: process.host.agent)
          // It may have taken minutes, in which the others heard nothing.
          for other in nodes { try other.host.agent.send(.heartbeat) }
        }
      }
      try install()
      try capturePackets()
      try openTransport()
      for process in nodes { try spawn(process) }
      try awaitReady()
      try syncDisks()
      isStarted = true
    } catch {
      stop()
      throw error
    }
  }

  /// Refuses users whom this namespace does not have.
  private func checkUsers() throws(HostError) {
    let users = UserMap.ofThisProcess
    for (node, name) in zip(system.nodes, names.names) {
      guard let user = node.user else { continue }
      var (number, group): (uid_t, gid_t) = (0, 0)
      guard process_find_user(user, &number, &group) == 0 else {
        throw .user(name, "there is no user \"\(user)\" to run it as")
      }
      guard users.contains(number) else {
        throw .user(
          name,
          "it is to run as \"\(user)\", and without root there is only one user; run Shrike as root,"
            + " or leave \"user\" out")
      }
    }
  }

  private func bringUp() throws {
    for name in names.names { try makeDirectories("\(settings.logDirectory)/\(name)") }
    let hosts = try network.bringUp(names.names)
    for (number, host) in hosts.enumerated() {
      nodes.append(
        try HostedProcess(
          node: NodeID(number), system: system.nodes[number], host: host,
          logPath: "\(settings.logDirectory)/\(host.name)/log"))
    }
    for process in nodes {
      poller.watch(process.host.agent.descriptor, as: UInt64(process.node.index))
    }
    if let agent = network.controlAgent { poller.watch(agent.descriptor, as: .max) }
    poller.watch(mailbox.descriptor, as: .max - 1)
  }

  /// Prepares each node's home, and what its processes join.
  private func install() throws {
    for process in nodes {
      let agent = process.host.agent
      let joined = try agent.ask(.groups, ["join"])
      process.hasFreezer = joined.first == "true"
      process.groups = Array(joined.dropFirst())
      for file in process.system.files {
        try agent.write(file.content, to: "\(process.host.home)/\(file.path)", mode: file.mode)
      }
      guard let user = process.system.user else { continue }
      try process.host.agent.run(["chown", "-R", user, process.homeOnHost])
        .checked(on: process.host.name)
    }
    try furnishDisks()
    // Step by step on all hosts at once.
    let stepCount = nodes.map(\.system.preparations.count).max() ?? 0
    for step in 0..<stepCount {
      let tools = try nodes.map { process -> RunningTool? in
        guard step < process.system.preparations.count else { return nil }
        return try process.host.agent.begin(
          process.system.preparations[step], environment: process.environment,
          user: process.system.user, directory: process.homeOnHost)
      }
      for (process, tool) in zip(nodes, tools) {
        guard let tool else { continue }
        let result = try process.host.agent.end(tool, within: .seconds(120))
        for line in result.output + result.errorOutput { process.log(line) }
        try result.checked(on: process.host.name)
      }
    }
  }

  /// Starts a node's process.
  func spawn(_ process: HostedProcess) throws(HostError) {
    let task = try process.taskOnHost()
    try thaw(process)
    process.memoryStrikes =
      limits[.memory]?[process.node] == nil ? 0 : try strikes(process, .memory)
    process.begin(try process.host.agent.start(task))
    networkProbes[process.node]?.forget()
  }

  private func awaitReady() throws {
    let begin = now
    watchProbes()
    while let waiting = nodes.first(where: { !$0.isReachable }) {
      if let failure { throw failure }
      guard waiting.isRunning else {
        throw HostError.neverReady(
          waiting.host.name, within: waiting.system.readyTimeout,
          problem: "its process ended: \(waiting.lastStatus ?? "")", lastLines: waiting.lastLines)
      }
      let deadline = begin + waiting.system.readyTimeout
      guard now < deadline else {
        throw HostError.neverReady(
          waiting.host.name, within: waiting.system.readyTimeout, problem: waiting.whyUnreachable,
          lastLines: waiting.lastLines)
      }
      turn(until: min(deadline, now + .milliseconds(20)))
    }
    if let failure { throw failure }
    // One that was ready may have ended since.
    guard let ended = nodes.first(where: { !$0.isRunning }) else { return }
    throw HostError.neverReady(
      ended.host.name, within: ended.system.readyTimeout,
      problem: "its process ended: \(ended.lastStatus ?? "")", lastLines: ended.lastLines)
  }

  /// Ends all nodes and gives back hosts and what belongs to them; the homes stay.
  public func stop() {
    guard !isStopped else { return }
    isStopped = true
    transport?.close()
    probes?.end()
    for probes in networkProbes.values { probes.close() }
    reach?.end()
    endCaptures()
    if !network.isThisMachine {
      for process in nodes where process.isRunning { try? process.host.agent.signalAll(SIGKILL) }
    }
    for line in network.collect() { warn(line) }
    network.tearDown()
    for process in nodes where process.isRunning { process.end("stopped") }
  }
}
