import ClientTransports
public import Environments
public import Values

/// A system whose nodes run on hosts: all that is needed to install, start, watch and stop each.
public struct HostedSystem: Hashable, Sendable {
  public var names: NodeNames
  /// By the nodes' numbers.
  public var nodes: [HostedNode]
  /// Debian's packages that are installed where a program is missing.
  public var packages: [String] = []
  /// Programs that must be there.
  public var programs: [String] = []

  public init(names: NodeNames, nodes: [HostedNode]) {
    self.names = names
    self.nodes = nodes
  }
}

/// One node of a system that runs on hosts, with nothing left to be filled in.
public struct HostedNode: Hashable, Sendable {
  /// What is executed, a word each; no shell ever sees it.
  public var command: [String]
  public var environment: [String: String] = [:]
  /// Whom it runs as; nothing for the user who runs Shrike.
  public var user: String?
  /// The most files that it may have open; nothing for as many as Shrike.
  public var openFiles: Int?
  /// Where it starts; nothing for its home.
  public var directory: String?
  /// What is written to its home before anything is run.
  public var files: [HostedFile] = []
  /// What is run, one after the other, before its first start.
  public var preparations: [[String]] = []
  /// The signal that asks it to end, and how long it may take.
  public var stopSignal: Int32 = 15
  public var stopPatience: Nanoseconds = .seconds(2)
  public var ports: [String: Int] = [:]
  /// How to know that it is ready; nothing for as soon as its transport reaches it.
  public var ready: Probe?
  /// How to know that it leads; nothing where its transport tells, or nobody knows.
  public var leader: Probe?
  /// How long it may take to be ready at first.
  public var readyTimeout: Nanoseconds = .seconds(10)
  /// Whether it is one of Shrike's own nodes: the marks that it prints are heeded.
  public var isBundled = false

  public init(command: [String]) { self.command = command }
}

extension HostedNode {
  /// What is asked of it over the network; nothing where its transport or programs tell.
  var networkProbes: HTTPProbes.Settings? {
    var leader = leader
    if case .command = leader { leader = nil }
    switch ready {
    case .command: return nil
    case .port, .http: return ready.map { HTTPProbes.Settings(ready: $0, leader: leader) }
    case nil:
      guard !isBundled, let port = ports["client"] ?? ports.values.min() else { return nil }
      return HTTPProbes.Settings(ready: .port(port), leader: leader)
    }
  }
}

/// A file that a node needs.
public struct HostedFile: Hashable, Sendable {
  /// Below the node's home.
  public var path: String
  public var content: String
  public var mode: UInt32

  public init(path: String, content: String, mode: UInt32 = 0o644) {
    self.path = path
    self.content = content
    self.mode = mode
  }
}

/// How to run a cluster on hosts.
public struct HostSettings: Sendable {
  /// Gets what each node prints, appended to `<node>/log`.
  public var logDirectory: String
  /// Whether nodes' standard error also goes to ours, each line after its node's name.
  public var echoesStandardError = false
  /// Whether partitions are made by iptables though there is nftables.
  public var usesChains = false
  /// Whether nodes are paused by signals though there is a freezer.
  public var usesSignals = false
  /// Gets how wrong nodes' clocks were, as long as one was; nothing to record none.
  public var clockRecord: String?
  /// Whether faults of clocks set those of whole machines, in place of what single processes read.
  public var setsMachineClocks = false
  /// Whether the packets that each node sends and receives are written to `<node>/packets.pcap` beside
  /// its log.
  public var capturesPackets = false
  /// Whether packets are disturbed by netem where that works and can do it; nothing for on all hosts but
  /// those of this machine.
  public var usesNetem: Bool?
  /// The kinds of disk faults that hosts are made ready for.
  public var diskFaults: Set<DiskFault.Kind> = []
  /// How many nodes' files each kind may damage at a time; nothing where any may be.
  public var damageLimits: [DiskFault.Kind: Int]?
  /// What chance comes from, where faults need it.
  public var seed: UInt64 = 0
  /// How long a restart waits before it reports; what comes later is told as an event.
  public var restartPatience: Nanoseconds = .milliseconds(50)

  public init(logDirectory: String) { self.logDirectory = logDirectory }
}
