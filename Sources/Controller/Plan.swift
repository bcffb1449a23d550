public import Values

/// Everything that is needed to run a test again, in the terms in which people ask for it.
///
/// A plan is what `plan.json` holds. People can edit it; `faults`, where present, takes the place of
/// the schedule that the seed would give.
public struct Plan: Hashable, Sendable {
  /// Where the nodes run.
  public enum Place: String, Hashable, Sendable, CaseIterable {
    case simulated
    case local
    /// On hosts in network namespaces of this machine.
    case lab
    /// On machines that are reached over SSH.
    case ssh

    /// Whether each node has a host of its own.
    public var hasHosts: Bool { self == .lab || self == .ssh }
  }

  /// Which machines the nodes run on, and how to reach them over SSH.
  public struct Machines: Hashable, Sendable {
    /// For each node `[user@]host[:port]` or an alias, and after `=` its address for the others.
    public var hosts: [String] = []
    /// The file of SSH's configuration; nothing for the user's.
    public var configuration: String?
    /// The file of known hosts' keys; nothing for the user's.
    public var knownHosts: String?
    /// The file of the private key; nothing for those that the configuration names.
    public var identity: String?
    /// Whether the keys of hosts that are not known are added.
    public var acceptsNewHostKeys = false
    /// Whether the `ssh` program is used in the place of libssh2.
    public var usesProgram = false
    /// Whether agents run as root by sudo.
    public var usesSudo = false
    /// Whether faults of clocks set those of the machines.
    public var setsClocks = false

    public init() {}
  }

  /// The name of a bundled system, or of one whose manifest comes with Shrike or is at `manifest`;
  /// nothing where `binary` names a program.
  public var system: String?
  /// The file of the system's manifest, where it is the user's.
  public var manifest: String?
  /// The program that is a node, with its arguments.
  public var binary: String?
  public var arguments: [String] = []
  public var workload: String
  public var place: Place = .local
  public var nodes: [String]
  public var machines = Machines()
  /// Whether the packets of hosts are kept.
  public var capturesPackets = false
  public var seed: UInt64 = 0
  public var concurrency: Int
  /// Operations a second over all clients.
  public var rate: Double = 5
  public var timeLimit: Nanoseconds = .seconds(60)
  /// The mean latency between nodes; nothing leaves it to the environment.
  public var latency: Nanoseconds?
  public var latencyDistribution = "constant"
  public var topology = "grid"
  public var nemesis: [String] = []
  public var nemesisInterval: Nanoseconds = .seconds(10)
  /// Whether faults come when nodes reach marks, and not at times.
  public var strikesAtMarks = false
  /// `total`, or a lower bound of the share of operations that succeed.
  public var availability: String?
  public var keyCount: Int?
  public var maxWritesPerKey: Int?
  public var maxTransactionLength: Int?
  /// What transactions are judged by; none leaves it to the workload.
  public var consistencyModels: [String] = []
  /// Bounds of what is measured, as `--expect` has them: `msgs-per-op<30`.
  public var expectations: [String] = []
  /// Whether all is done and judged as by Maelstrom, bug for bug.
  public var isCompatible = false
  public var timeout: Nanoseconds?
  /// Whether disks may lose more than the system claims to survive.
  public var goesBeyondClaims = false
  /// Whether each seed draws a configuration of its own, within what the plan says.
  public var isSwarm = false
  /// How soon a quorum must make progress once the faults are over; nothing demands none.
  public var liveness: Nanoseconds?
  public var bugs: [String] = []
  public var options: [String: String] = [:]
  /// The operations to invoke in place of the workload's, as ``Timetable/Line`` writes them.
  public var operations: [Value]?
  /// The schedule to follow, as `faults.jsonl` writes its lines.
  public var faults: [Value]?
  /// Delays of single messages and answers to single choices of nodes, in place of those that the seed
  /// would give, as ``NumberedChoices`` writes them.
  public var delays: [Value]?
  public var choices: [Value]?
  /// The moment in the simulation's time from which all chance comes from another seed.
  public var reseeding: Value?
  /// The build of Shrike that made the plan.
  public var build: String = ""

  public init(system: String?, workload: String, nodes: [String], concurrency: Int) {
    self.system = system
    self.workload = workload
    self.nodes = nodes
    self.concurrency = concurrency
  }

  /// The system as people call it: the bundled one's name, or the program's file name.
  public var systemName: String {
    system ?? binary?.split(separator: "/").last.map(String.init) ?? "system"
  }
}
