import Algorithms
import ArgumentParser
import Controller
import Glibc
import Manifests
import NodeCommands
import SystemPackage
import Systems
import Values
import Workloads

/// The options of `test` that make up a plan.
struct TestOptions: ParsableArguments {
  @Argument(help: "A bundled system; see `shrike list`. With --bin there is none.")
  var words: [String] = []

  @Option(help: "A program that is a node in the Maelstrom protocol; what follows -- goes to it.")
  var bin: String?

  @Argument(parsing: .postTerminator, help: .hidden)
  var binArguments: [String] = []

  @Option(name: [.customShort("w"), .long], help: "What to do to the system; see `shrike list`.")
  var workload: String?

  @Option(
    name: .customLong("env"),
    help: "Where nodes run: simulated, local, lab: hosts in network namespaces, or ssh: machines.")
  var environment: String?

  @Option(help: "With ssh, a host for each node by comma: [user@]host[:port] or an alias.")
  var hosts: String?

  @Option(help: "The configuration of SSH, in place of ~/.ssh/config.")
  var sshConfig: String?

  @Option(help: "The keys of known hosts, in place of ~/.ssh/known_hosts.")
  var knownHosts: String?

  @Option(help: "The private key to log in with over SSH.")
  var identity: String?

  @Flag(help: "Add the keys of hosts that are not known; keys that changed are refused.")
  var acceptNewHostKeys = false

  @Flag(help: "Use the ssh program in the place of libssh2.")
  var sshProgram = false

  @Flag(help: "Be root on hosts by sudo; its password is SHRIKE_SUDO_PASSWORD.")
  var sudo = false

  @Flag(help: "Keep the packets of each host, as nodes/NODE/packets.pcap.")
  var pcap = false

  @Flag(help: "Let faults of clocks set those of whole machines, in place of single processes'.")
  var machineClocks = false

  @Option(help: "How many nodes: n1…, or n0… with --bin as Maelstrom's.")
  var nodeCount: Int?

  @Option(help: "The nodes' names, by comma.")
  var nodes: String?

  @Option(help: "Client threads: a number, or a multiple of the nodes such as 2n.")
  var concurrency = "1n"

  @Option(help: "Operations a second, over all clients.")
  var rate = 5.0

  @Option(help: "How long operations are generated: 30, 30s, 5m.")
  var timeLimit = "60s"

  @Option(help: "The mean latency between nodes, in milliseconds, or 100us, 5ms.")
  var latency: String?

  @Option(help: "constant, uniform or exponential.")
  var latencyDist = "constant"

  @Option(
    help: "Who a broadcast's nodes are told to talk to: grid, line, tree2, tree3, tree4, total.")
  var topology = "grid"

  @Option(
    help: "Faults, by comma: partition:ring,kill:majority,pause,loss,disk:power-loss; all, none.")
  var nemesis: [String] = []

  @Option(help: "The mean time between the beginning and the end of a fault.")
  var nemesisInterval = "10s"

  @Flag(
    help: "Simulated faults strike when nodes reach marks, such as an election, and not at times.")
  var nemesisAtMarks = false

  @Option(help: "The share of operations that must succeed: total, or 0 to 1.")
  var availability: String?

  @Option(help: "How many keys are in use at a time.")
  var keyCount: Int?

  @Option(help: "How often a key is written before another takes its place.")
  var maxWritesPerKey: Int?

  @Option(help: "The most micro-operations of a transaction.")
  var maxTxnLength: Int?

  @Option(help: "What transactions are judged by, by comma; strict-serializable without it.")
  var consistencyModels: [String] = []

  @Option(help: "Bounds of what is measured, by comma: msgs-per-op<30,p50<400ms,max<600ms.")
  var expect: [String] = []

  @Flag(help: "Do and judge everything as Maelstrom does, bug for bug.")
  var maelstromCompat = false

  @Option(help: "How long a client waits for a reply.")
  var timeout: String?

  @Flag(help: "Let disks lose more than the system claims to survive.")
  var beyondClaims = false

  @Flag(
    help: "Draw each seed's faults, their strength, nodes, clients and options (simulated only).")
  var swarm = false

  @Option(
    help: "How soon a random quorum must make progress once faults are over and the rest is dead.")
  var liveness: String?

  @Option(help: "A planted bug to switch on; see `shrike list system NAME`.")
  var bug: [String] = []

  @Option(name: .customLong("option"), help: "One of the system's own options, as name=value.")
  var options: [String] = []

  @Option(help: "Everything random follows from it. Without it one is chosen and printed.")
  var seed: UInt64?

  @Flag(help: "Derive the seed from the commit: GITHUB_SHA, CI_COMMIT_SHA, or git's HEAD.")
  var seedFromCommit = false

  /// The bundled system that was named.
  var system: String? { bin == nil ? words.first : nil }

  /// Words that stand where only a system may; Maelstrom hands them to the node.
  var strayWords: [String] { Array(bin == nil ? words.dropFirst() : words[...]) }

  /// The plan that the options describe.
  func plan() throws -> Plan {
    let names = try nodeNames()
    let workload = try self.workload ?? standardWorkload()
    var plan = Plan(
      system: system, workload: workload, nodes: names, concurrency: try threadCount(names.count))
    plan.manifest = try manifestPath
    if plan.manifest != nil { plan.system = try manifest?.name }
    plan.binary = try bin.map(TestOptions.absolutePath)
    if bin == nil, let word = binArguments.first {
      throw PlanError("\"\(word)\" after --: only a program that --bin names gets words of its own")
    }
    plan.arguments = (maelstromCompat ? strayWords : []) + binArguments
    // A system with a manifest runs on hosts and nowhere else.
    let environment =
      try environment ?? (hosts != nil ? "ssh" : manifest == nil ? "local" : "lab")
    guard let place = Plan.Place(rawValue: environment) else {
      throw PlanError(
        "there is no environment \"\(environment)\"; there are "
          + Plan.Place.allCases.map(\.rawValue).joined(separator: ", "))
    }
    plan.place = place
    plan.machines = machines
    plan.capturesPackets = pcap
    plan.seed = try givenSeed() ?? UInt64.random(in: 0..<1 << 53)
    plan.rate = rate
    plan.timeLimit = try duration(timeLimit, "time-limit")
    plan.latency = try latency.map { (text) throws -> Nanoseconds in
      try duration(Int64(text) == nil ? text : text + "ms", "latency")
    }
    plan.latencyDistribution = latencyDist
    plan.topology = topology
    plan.nemesis = TestOptions.words(nemesis).filter { $0 != "none" }
    plan.nemesisInterval = try duration(nemesisInterval, "nemesis-interval")
    plan.strikesAtMarks = nemesisAtMarks
    plan.availability = availability
    plan.keyCount = keyCount
    plan.maxWritesPerKey = maxWritesPerKey
    plan.maxTransactionLength = maxTxnLength
    plan.consistencyModels = TestOptions.words(consistencyModels)
    if plan.consistencyModels.isEmpty, plan.judgesTransactions {
      let promise = try manifest?.workloads.first { $0.name == plan.workload }
      plan.consistencyModels = promise?.consistency ?? []
    }
    plan.expectations = TestOptions.words(expect)
    plan.isCompatible = maelstromCompat
    plan.timeout = try timeout.map { try duration($0, "timeout") }
    plan.goesBeyondClaims = beyondClaims
    plan.isSwarm = swarm
    plan.liveness = try liveness.map { try duration($0, "liveness") }
    plan.bugs = bug
    plan.options = Dictionary(options: options)
    plan.build = BuildID.current
    return plan
  }

  private var machines: Plan.Machines {
    var machines = Plan.Machines()
    machines.hosts = hosts.map { $0.split(separator: ",").map(String.init) } ?? []
    machines.configuration = sshConfig.map(TestOptions.fromRoot)
    machines.knownHosts = knownHosts.map(TestOptions.fromRoot)
    machines.identity = identity.map(TestOptions.fromRoot)
    machines.acceptsNewHostKeys = acceptNewHostKeys
    machines.usesProgram = sshProgram
    machines.usesSudo = sudo
    machines.setsClocks = machineClocks
    return machines
  }

  /// The seed, where one is given or to be derived.
  func givenSeed() throws -> UInt64? {
    guard seedFromCommit else { return seed }
    guard seed == nil else {
      throw PlanError("--seed and --seed-from-commit: one of them says what the seed is")
    }
    return try Commit.current().seed
  }

  private func nodeNames() throws -> [String] {
    guard system != nil || bin != nil else {
      throw PlanError("name a bundled system, or a program with --bin")
    }
    if let word = strayWords.first, bin == nil || !maelstromCompat {
      throw PlanError(
        (bin == nil ? "" : "with --bin there is no system: ")
          + "\"\(word)\" is one word too many"
          + (word.hasPrefix("\u{2013}") ? "; it begins with a dash that is no hyphen" : ""))
    }
    if let nodes {
      let names = nodes.split(separator: ",").map(String.init)
      guard !names.isEmpty, Set(names).count == names.count else {
        throw PlanError("--nodes \(nodes): names must be there, and different")
      }
      return names
    }
    guard let nodeCount = nodeCount ?? hosts?.split(separator: ",").count else {
      return NodeNames.numbered(count: try manifest?.nodeCount ?? 5).names
    }
    guard nodeCount > 0 else { throw PlanError("--node-count \(nodeCount): at least 1") }
    guard nodeCount <= Plan.nodesMax else {
      throw PlanError("--node-count \(nodeCount): at most \(Plan.nodesMax)")
    }
    return NodeNames.numbered(count: nodeCount, from: bin == nil ? 1 : 0).names
  }

  private func standardWorkload() throws -> String {
    guard let system else { return LinKVWorkload.name }
    if let manifest = try manifest {
      guard let first = manifest.workloads.first else {
        throw PlanError("\(manifest.name) answers no workload")
      }
      return first.name
    }
    guard let bundled = BundledSystem.named(system), let first = bundled.description.workloads.first
    else {
      throw PlanError(
        "there is no system \"\(system)\"; there are "
          + (BundledSystem.all.map(\.description.name) + SystemManifest.builtInNames)
          .joined(separator: ", ") + "; or name the file of a manifest, as ./system.yaml")
    }
    return first
  }

  /// The file of a manifest, where the system is named by one.
  private var manifestPath: String? {
    get throws {
      guard let system, system.contains("/") || system.hasSuffix(".yaml") else { return nil }
      guard let resolved = realpath(system, nil) else {
        throw PlanError("\(system): \(String(cString: strerror(errno)))")
      }
      defer { free(resolved) }
      return String(cString: resolved)
    }
  }

  /// The manifest of the system, where it has one.
  private var manifest: SystemManifest? {
    get throws {
      if let path = try manifestPath { return try SystemManifest.read(FilePath(path)) }
      return system.flatMap { SystemManifest.builtIn(named: $0, vocabulary: .full) }
    }
  }

  private func threadCount(_ nodeCount: Int) throws -> Int {
    let isMultiple = concurrency.hasSuffix("n")
    let digits = isMultiple ? concurrency.dropLast() : concurrency[...]
    guard let number = Int(digits.isEmpty ? "1" : digits), number > 0, number < 100_000 else {
      throw PlanError("--concurrency \(concurrency): a number such as 10, or a multiple such as 2n")
    }
    return isMultiple ? number * nodeCount : number
  }

  private func duration(_ text: String, _ option: String) throws -> Nanoseconds {
    guard let duration = Nanoseconds(duration: text) else {
      throw PlanError("--\(option) \(text): a duration such as 30, 30s, 5m or 250ms")
    }
    return duration
  }

  /// A path that means the same wherever it is read.
  private static func fromRoot(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return "\(String(cString: here))/\(path)"
  }

  private static func absolutePath(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else {
      throw PlanError("--bin \(path): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    guard access(resolved, X_OK) == 0 else {
      throw PlanError("--bin \(path): not executable; chmod +x it")
    }
    return String(cString: resolved)
  }

  /// The words of options that can be given by comma and again and again.
  private static func words(_ texts: [String]) -> [String] {
    texts.flatMap { $0.split(separator: ",").map { String($0.trimmed) } }
  }
}

extension Substring {
  /// The text without the spaces around it.
  fileprivate var trimmed: Substring {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }
}
