import Glibc
package import Hosts
import Processes
package import SSHHosts
import Values

/// Hosts that are machines, reached over SSH.
///
/// On each of them runs an agent behind a relay: whatever ends the connection ends the agent, and with
/// it all that it has started. Files stay in a directory of the run's own until it is over.
package final class RemoteMachines: HostNetwork {
  /// Which machines, and how to get there.
  package struct Settings: Sendable {
    /// For each node `[user@]host[:port]` or an alias of the user's configuration, and after `=` the
    /// address by which the others reach it, where that is not the one of its SSH server.
    package var targets: [String]
    package var options: SSHOptions
    /// Whether agents run as root, by sudo where the user is not root.
    package var asRoot: Bool
    /// The program of agents and bundled nodes on this machine, and a name that no other build has.
    package var program: String
    package var programName: String

    package init(
      targets: [String], options: SSHOptions, asRoot: Bool, program: String, programName: String
    ) {
      self.targets = targets
      self.options = options
      self.asRoot = asRoot
      self.program = program
      self.programName = programName
    }
  }

  package let isThisMachine = false
  package private(set) var controlAgent: AgentConnection?
  package var networkDescriptor: Int32? { nil }

  private let settings: Settings
  private let directories: HostDirectories
  /// Holds all that is on a machine for this run.
  private let base: String
  private let arrival: Arrival
  private var machines: [Arrival.Machine] = []
  /// The agents of machines, from when they are up, and what carries their words.
  private var running: [String: (stream: SSHStream, agent: AgentConnection)] = [:]
  private var controlProcess: pid_t?

  package init(_ settings: Settings, _ directories: HostDirectories) {
    self.settings = settings
    self.directories = directories
    base = RunDirectory.new().path
    arrival = Arrival(settings, base: base)
  }

  deinit { tearDown() }

  package var program: String { "\(base)/shrike" }

  package func home(of name: String) -> String { "\(base)/\(name)" }

  private func logs(of name: String) -> String { "\(base)/\(name).logs" }

  package func addresses(of names: [String]) throws -> [String] {
    try reach(names)
    return machines.map(\.address)
  }

  package func bringUp(_ names: [String]) throws -> [Host] {
    try reach(names)
    try startControlAgent()
    for machine in machines {
      let stream = try machine.connection.start(
        [machine.program, "relay", base], asRoot: settings.asRoot)
      let agent = AgentConnection(name: machine.name, descriptor: stream.descriptor)
      running[machine.name] = (stream, agent)
    }
    return try machines.map(host)
  }

  /// Connects to all machines at once, and brings there what is needed.
  private func reach(_ names: [String]) throws {
    guard machines.isEmpty else { return }
    guard names.count == settings.targets.count else {
      throw HostError.machines("there are \(names.count) nodes and \(settings.targets.count) hosts")
    }
    let places = try settings.targets.map(RemoteMachines.target)
    let arrival = arrival
    let reached = concurrently(names.count) { try arrival.reach(names[$0], places[$0]) }
    arrival.unpack()
    machines = reached.compactMap { try? $0.get() }
    for result in reached { _ = try result.get() }
    let addresses = machines.map(\.address)
    if let twice = addresses.indices.first(where: { addresses[..<$0].contains(addresses[$0]) }) {
      let other = machines[addresses.firstIndex(of: addresses[twice]) ?? 0].name
      throw HostError.machines(
        "hosts \(other) and \(machines[twice].name) have the same address \(addresses[twice])")
    }
  }

  /// A target, and the address that is named for it.
  package static func target(_ text: String) throws -> (target: SSHTarget, address: String?) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    return (try SSHTarget(parts[0]), parts.count > 1 ? parts[1] : nil)
  }

  /// Starts an agent on this machine, for clients that are programs.
  private func startControlAgent() throws {
    let pair = try SocketPair()
    defer { close(pair.theirs) }
    let agent = AgentConnection(name: "control", descriptor: pair.ours)
    controlAgent = agent
    controlProcess = try AgentConnection.launch(
      settings.program, AgentSettings(), sockets: [pair.theirs])
    try agent.awaitReady()
  }

  /// A machine as a host, whose agent was started.
  private func host(_ machine: Arrival.Machine) throws -> Host {
    let name = machine.name
    guard let (stream, agent) = running[name] else { throw HostError.agentLost(name) }
    do throws(HostError) {
      try agent.awaitReady()
    } catch {
      guard case .agentLost = error else { throw error }
      throw HostError.machines("host \(name): \(why(machine.connection, stream))")
    }
    try agent.run(["mkdir", "-p", "\(home(of: name))/data", logs(of: name)]).checked(on: name)
    return Host(
      name: name, address: machine.address, home: home(of: name), logs: logs(of: name),
      agent: agent)
  }

  /// Why an agent is gone.
  private func why(_ connection: SSHConnection, _ stream: SSHStream) -> String {
    if let problem = connection.problem { return "\(problem)" }
    let said = String(decoding: stream.errorOutput, as: UTF8.self)
      .split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
    return "its agent is gone, and all that ran there with it" + (said.isEmpty ? "" : ": \(said)")
  }

  package func whyLost(_ name: String) -> String? {
    guard let machine = machines.first(where: { $0.name == name }) else { return nil }
    return running[name].map { why(machine.connection, $0.stream) }
  }

  package func collect() -> [String] {
    var problems: [String] = []
    for machine in machines {
      do {
        var connection = machine.connection
        if connection.problem != nil {
          connection = try SSHConnection.connect(machine.target, settings.options)
        }
        defer { if connection !== machine.connection { connection.close() } }
        for file in [Host.logName, Host.captureName] {
          let path = "\(logs(of: machine.name))/\(file)"
          guard try connection.run(["test", "-e", path]).succeeded else { continue }
          let target = "\(directories.logs)/\(machine.name)/\(file)"
          try connection.download(path, to: "\(target).there")
          try append("\(target).there", to: target)
        }
      } catch {
        problems.append("host \(machine.name): its logs could not be fetched: \(error)")
      }
    }
    return problems
  }

  /// Adds a file to one that may have lines already, and removes it.
  private func append(_ source: String, to target: String) throws {
    let (input, output) = (
      open(source, O_RDONLY | O_CLOEXEC),
      open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    )
    defer {
      close(input)
      close(output)
      unlink(source)
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = read(input, &chunk, chunk.count), count > 0 {
      guard write(output, chunk, count) == count else {
        throw SystemCallError("can't write \(target)")
      }
    }
  }

  package func tearDown() {
    for machine in machines {
      running[machine.name]?.agent.close()
      if machine.connection.problem == nil {
        // The relay ends the agent first, which has its mounts in the directory.
        _ = try? running[machine.name]?.stream.wait(within: .seconds(5))
        arrival.leave(machine.connection, machine.name)
      }
      machine.connection.close()
    }
    machines = []
    running = [:]
    controlAgent?.close()
    controlAgent = nil
    if let controlProcess { waitpid(controlProcess, nil, 0) }
    controlProcess = nil
  }
}
