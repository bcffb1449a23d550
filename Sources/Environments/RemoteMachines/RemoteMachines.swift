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
  private let base = RunDirectory.new().path
  private var machines: [Machine] = []
  private var controlProcess: pid_t?

  /// One machine, from when it is reached.
  private struct Machine {
    var name: String
    var target: SSHTarget
    var connection: SSHConnection
    /// The program of agents there.
    var program: String
    var address: String
    /// Its agent, from when it is up, and what carries its words.
    var running: (stream: SSHStream, agent: AgentConnection)?
  }

  package init(_ settings: Settings, _ directories: HostDirectories) {
    self.settings = settings
    self.directories = directories
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
    return try machines.indices.map { try startAgent(of: $0) }
  }

  /// Connects to all machines, and brings there what is needed.
  private func reach(_ names: [String]) throws {
    guard machines.isEmpty else { return }
    guard names.count == settings.targets.count else {
      throw HostError.machines("there are \(names.count) nodes and \(settings.targets.count) hosts")
    }
    for (name, text) in zip(names, settings.targets) {
      machines.append(try reach(name, RemoteMachines.target(text)))
    }
    let addresses = machines.map(\.address)
    if let twice = addresses.indices.first(where: { addresses[..<$0].contains(addresses[$0]) }) {
      let other = machines[addresses.firstIndex(of: addresses[twice]) ?? 0].name
      throw HostError.machines(
        "hosts \(other) and \(machines[twice].name) have the same address \(addresses[twice])")
    }
  }

  /// A target, and the address that is named for it.
  package static func target(_ text: String) throws -> (target: SSHTarget, address: String?) {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    return (try SSHTarget(parts.first ?? ""), parts.count > 1 ? parts[1] : nil)
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

  private func reach(
    _ name: String, _ place: (target: SSHTarget, address: String?)
  ) throws -> Machine {
    let connection = try SSHConnection.connect(place.target, settings.options)
    let (program, own): (String, String)
    do {
      (program, own) = try furnish(connection, name)
    } catch {
      remove(connection, name)
      throw error
    }
    let address = place.address ?? own
    var number = in_addr()
    guard inet_pton(AF_INET, address, &number) == 1 else {
      remove(connection, name)
      throw HostError.machines(
        "host \(name): \(address) is no IPv4 address; name one by which the others reach it: "
          + "\(place.target.text)=10.0.0.1")
    }
    return Machine(
      name: name, target: place.target, connection: connection, program: program, address: address)
  }

  private func startAgent(of number: Int) throws -> Host {
    let (name, connection) = (machines[number].name, machines[number].connection)
    let stream = try connection.start(
      [machines[number].program, "relay", base], asRoot: settings.asRoot)
    let agent = AgentConnection(name: name, descriptor: stream.descriptor)
    do throws(HostError) {
      try agent.awaitReady()
    } catch {
      guard case .agentLost = error else { throw error }
      throw HostError.machines("host \(name): \(why(connection, stream))")
    }
    machines[number].running = (stream, agent)
    try agent.run(["mkdir", "-p", "\(home(of: name))/data", logs(of: name)]).checked(on: name)
    return Host(
      name: name, address: machines[number].address, home: home(of: name), logs: logs(of: name),
      agent: agent)
  }

  /// Brings the program and the run's directory to a machine.
  ///
  /// - Returns: The program there, and the address of the machine's SSH server.
  private func furnish(
    _ connection: SSHConnection, _ name: String
  ) throws -> (program: String, address: String) {
    let script =
      "umask 022; cd && mkdir -p .cache/shrike $0 && cd .cache/shrike && ln -sfn \"$PWD/$1\" $0/shrike"
      + " && pwd && echo \"$SSH_CONNECTION\" && if test -x $1; then echo there; fi"
    let result = try connection.run(["sh", "-c", script, base, settings.programName])
      .checked()
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
    // The client's address and port, then the server's.
    let ends = lines.count > 1 ? lines[1].split(separator: " ").map(String.init) : []
    guard ends.count == 4 else {
      throw HostError.machines("host \(name): its SSH server does not set SSH_CONNECTION")
    }
    let program = "\(lines[0])/\(settings.programName)"
    if lines.count < 3 {
      try connection.upload(settings.program, to: program, mode: 0o755)
    }
    let trial = try connection.run([program, "relay", "--help"])
    guard trial.succeeded else {
      let said =
        String(decoding: trial.errorOutput, as: UTF8.self)
        .split(separator: "\n").last.map(String.init) ?? "\(trial.status)"
      throw HostError.machines(
        "host \(name): shrike was uploaded and can't run there: \(said); build one that needs no "
          + "libraries of Swift: swift build -c release --static-swift-stdlib")
    }
    return (program, ends[2])
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
    return machine.running.map { why(machine.connection, $0.stream) }
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

  /// Removes what is on a machine for this run.
  private func remove(_ connection: SSHConnection, _ name: String) {
    do {
      try connection.run(["rm", "-rf", base], asRoot: settings.asRoot).checked()
    } catch {
      warn("host \(name): \(base) stays there: \(error)")
    }
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
      machine.running?.agent.close()
      if machine.connection.problem == nil {
        // The relay ends the agent first, which has its mounts in the directory.
        _ = try? machine.running?.stream.wait(within: .seconds(5))
        remove(machine.connection, machine.name)
      }
      machine.connection.close()
    }
    machines = []
    controlAgent?.close()
    controlAgent = nil
    if let controlProcess { waitpid(controlProcess, nil, 0) }
    controlProcess = nil
  }
}
