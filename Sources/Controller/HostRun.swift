import Algorithms
import ClientTransports
import Environments
import Glibc
import Hosts
import Manifests
import NamespaceLab
import NodeServers
import Nodes
import Processes
import RemoteMachines
import SSHHosts
import SystemPackage
import Systems
public import Values

/// A test of a system whose nodes run on hosts: in namespaces of this machine, or reached over SSH.
public struct HostRun {
  /// The port of bundled nodes.
  private static let port = 7_400

  private let test: Test
  private let plan: Plan
  private let surroundings: LocalRun.Surroundings
  private let subject: SystemUnderTest

  /// - Throws: When the plan names something that does not exist or asks for what can't be.
  public init(_ plan: Plan, _ surroundings: LocalRun.Surroundings) throws {
    self.plan = plan
    self.surroundings = surroundings
    test = try Test(plan)
    subject = try plan.subject
    if let problem = plan.nodes.lazy.compactMap(NamespaceLab.problem(withName:)).first {
      throw PlanError("nodes: \(problem)")
    }
  }

  /// Refuses what can't be done on this machine's hosts, before anything is made.
  public func check() throws {
    let network = network(HostDirectories(homes: "/data", logs: "/data"))
    let addresses = test.names.nodes.map { NamespaceLab.address($0.index) }
    try test.check(against: makeCluster(on: network, addresses))
  }

  /// Runs to the end, in real time.
  public func run(
    journal: any RunJournal, interrupted: @escaping @Sendable () -> Bool,
    watch: @escaping (Progress, Nanoseconds) -> Void
  ) throws -> Outcome {
    if plan.place == .lab { try NamespaceLab.becomeRoot() }
    try makeDirectories(surroundings.folder.data)
    let folder = surroundings.folder.data.string
    let network = network(
      HostDirectories(
        homes: canonicalPath(folder) ?? folder, logs: surroundings.folder.nodes.string))
    defer { network.tearDown() }
    let addresses = try network.addresses(of: test.names.names)
    return try test.run(
      in: makeCluster(on: network, addresses), journal: journal, interrupted: interrupted,
      watch: watch)
  }

  /// - Parameter addresses: Of the hosts, by their nodes' numbers.
  private func makeCluster(
    on network: any HostNetwork, _ addresses: [String]
  ) throws -> HostCluster {
    var settings = HostSettings(logDirectory: surroundings.folder.nodes.string)
    settings.seed = plan.seed
    settings.echoesStandardError = surroundings.echoesStandardError
    settings.capturesPackets = plan.capturesPackets
    settings.setsMachineClocks = plan.machines.setsClocks
    settings.clockRecord = surroundings.folder.clocks.string
    settings.diskFaults = Set(try test.diskFaults.map(\.kind))
    settings.damageLimits = try plan.damageLimits
    let members = test.names.nodes.map { node in
      SystemCluster.Member(
        Endpoint(
          node: node, name: test.names[node], address: addresses[node.index], ports: ports),
        home: network.home(of: test.names[node]))
    }
    // Strangers are kept out by what only this run knows.
    let token = "shrike-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    switch subject {
    case .bundled(let system):
      let hosted = HostedSystem(
        names: test.names,
        nodes: members.map {
          bundledNode(system, $0, among: members, program: network.program, token: token)
        })
      let seed = plan.seed
      return try HostCluster(hosted, settings, on: network) { surroundings in
        FrameTransport(
          on: surroundings.loop, through: surroundings.door, names: surroundings.names,
          token: token, seed: seed)
      }
    case .program:
      preconditionFailure("a program that speaks on its standard streams has no place in the lab")
    case .manifest(let manifest, let manifestFolder):
      let cluster = SystemCluster(
        members: members, token: token,
        options: try manifest.options(given: plan.options, workload: plan.workload),
        manifestFolder: manifestFolder)
      var hosted = HostedSystem(
        names: test.names,
        nodes: try test.names.nodes.map { HostedNode(try manifest.resolved(for: $0, in: cluster)) })
      hosted.packages = manifest.packages
      hosted.programs = manifest.programs
      return try HostCluster(
        hosted, settings, on: network, transport: try transport(of: manifest, in: cluster))
    }
  }

  private func network(_ directories: HostDirectories) -> any HostNetwork {
    guard plan.place == .ssh else {
      return NamespaceLab(program: surroundings.executable, directories)
    }
    var options = SSHOptions()
    options.usesProgram = plan.machines.usesProgram
    options.acceptsNewHostKeys = plan.machines.acceptsNewHostKeys
    options.identityFile = plan.machines.identity
    options.configurationFile = plan.machines.configuration
    options.knownHostsFile = plan.machines.knownHosts
    options.secrets = .fromEnvironment
    let settings = RemoteMachines.Settings(
      targets: plan.machines.hosts, options: options, asRoot: plan.machines.usesSudo,
      program: surroundings.executable, programName: "shrike-\(BuildID.current)")
    return RemoteMachines(settings, directories)
  }

  private var ports: [String: Int] {
    if case .manifest(let manifest, _) = subject { return manifest.portNumbers }
    return ["client": HostRun.port]
  }

  private func bundledNode(
    _ system: BundledSystem, _ member: SystemCluster.Member, among members: [SystemCluster.Member],
    program: String, token: String
  ) -> HostedNode {
    let own = member.endpoint
    func place(_ endpoint: Endpoint) -> String { "\(endpoint.address):\(HostRun.port)" }
    var words = [
      program, "node", system.description.name, "--name", own.name,
      "--listen", place(own), "--peers",
      members.map { "\($0.endpoint.name)=\(place($0.endpoint))" }.joined(separator: ","),
      "--data", "\(member.home)/data",
    ]
    for bug in plan.bugs { words += ["--bug", bug] }
    for (option, value) in plan.options.sorted(by: { $0.key < $1.key }) {
      words += ["--option", "\(option)=\(value)"]
    }
    var node = HostedNode(command: words)
    node.environment = ["SHRIKE_TOKEN": token]
    node.ports = own.ports
    node.isBundled = true
    return node
  }

  private func transport(
    of manifest: SystemManifest, in cluster: SystemCluster
  ) throws -> (HostCluster.Surroundings) throws -> any ClientTransport {
    let seed = plan.seed
    switch manifest.client {
    case .maelstrom(let port):
      return { surroundings in
        FrameTransport(
          on: surroundings.loop, through: surroundings.door, names: surroundings.names,
          port: port, token: cluster.token, seed: seed)
      }
    case .etcd(let port): return http(.raw, port)
    case .redis(let port):
      let settings = RedisTransport.Settings(port: port, timeout: test.timeout)
      return { RedisTransport(on: $0.loop, through: $0.door, settings) }
    case .http(let port, let path): return http(.operations(path: path), port)
    case .program:
      let commands = try test.names.nodes.map { node in
        try manifest.clientCommand(for: node, in: cluster) ?? []
      }
      let settings = ProgramTransport.Settings(
        commands: commands, workerCount: plan.concurrency,
        logDirectory: surroundings.folder.path.appending("clients").string)
      return { ProgramTransport($0.programs, settings) }
    }
  }
}

extension HostRun {
  private func http(
    _ mode: HTTPTransport.Mode, _ port: String
  ) -> (HostCluster.Surroundings) throws -> any ClientTransport {
    let settings = HTTPTransport.Settings(mode: mode, port: port, timeout: test.timeout)
    return { HTTPTransport(on: $0.loop, through: $0.door, settings) }
  }
}

extension HostedNode {
  /// A node as its manifest has it.
  fileprivate init(_ node: ResolvedNode) {
    self.init(command: node.start.words)
    environment = node.start.environment
    user = node.start.user
    openFiles = node.start.openFiles
    directory = node.start.directory
    files = node.files.map {
      HostedFile(
        path: String($0.path.dropFirst(node.home.count + 1)), content: $0.content,
        mode: UInt32($0.mode))
    }
    preparations = node.prepare.map(\.words)
    stopSignal = node.stop.signal.number
    stopPatience = node.stop.patience
    ports = node.endpoint.ports
    ready = node.ready?.probe
    readyTimeout = node.ready?.limit ?? readyTimeout
    leader = node.leader
  }
}
