public import Environments
public import Values

/// What a simulated cluster is made of, and how its world behaves while no fault is injected.
public struct SimulationSettings: Sendable {
  public var names: NodeNames
  /// All chance comes from here.
  public var seed: UInt64
  /// The system's own options.
  public var options: [String: String] = [:]
  public var bugs: Set<String> = []
  /// How many versions of the system's code there are, numbered from 1.
  public var versionCount = 1
  /// Which version a node's first process runs; the newest where nothing is said.
  public var versions: [NodeID: Int] = [:]

  /// How long messages travel between nodes, and between nodes and services, each way.
  public var latency: Latency = .uniform(.microseconds(200)...(.milliseconds(2)))
  /// The share of messages between nodes that is lost, whatever the faults.
  public var loss = 0.0
  /// Between clients and nodes, each way.
  public var clientLatency: Latency = .uniform(.microseconds(20)...(.microseconds(200)))

  /// How long a sync takes, and a read.
  public var syncLatency: ClosedRange<Nanoseconds> = .microseconds(50)...(.microseconds(500))
  /// How long a sync takes that has nothing to make durable.
  public var emptySyncLatency: Nanoseconds = .microseconds(10)
  /// How often power loss tears the append that it interrupted.
  public var tornAppends = 0.5

  /// From the end of a process to the first event of the next.
  public var bootDelay: ClosedRange<Nanoseconds> = .milliseconds(1)...(.milliseconds(20))
  /// How often a crash waits for the node's next event, to fall between two of its effects.
  public var crashesBetweenEffects = 0.5
  /// How long such a crash waits at most.
  public var crashPatience: Nanoseconds = .milliseconds(10)

  /// How long a process that is to stop may take for what it has begun, before it is killed.
  public var stopPatience: Nanoseconds = .seconds(2)

  /// How long a strike that tears or reorders writes waits at most for there to be some.
  public var writePatience: Nanoseconds = .seconds(1)
  /// By kind of fault, how many nodes' files may be damaged at a time, those that it strikes among
  /// them.
  ///
  /// Kinds that are not named strike nobody; where there are no limits, each strikes whom it wants.
  /// A node is damaged from the strike until a process has started on what is left and is whole
  /// (``Node/isWhole``), and is not damaged again before.
  public var damageLimits: [DiskFault.Kind: Int]?

  /// How much each node's clocks gain from the start, in nanoseconds a second.
  public var drifts: ClosedRange<Int64> = 0...0
  /// By how much each node's wall clock is off from the start.
  public var wallOffsets: ClosedRange<Nanoseconds> = 0...0

  /// Whether the services do as Maelstrom's, bug for bug.
  public var hasCompatibleServices = false

  /// Answers to nodes' choices in place of drawn ones: node → number of the choice → answer.
  public var choices: [NodeID: [UInt64: Int]] = [:]
  /// Delays of single messages between nodes, in place of drawn ones.
  public var delays: [MessageDelay] = []
  /// Whether the delays of all messages are to be known afterwards.
  public var recordsDelays = false
  /// Whether marks are events of the environment.
  public var reportsMarks = false
  /// When all chance comes from another seed, and from which.
  public var reseeding: Reseeding?
  /// Whether every message is encoded and decoded, and the result compared.
  public var checksEncoding = false
  /// Whether the digest covers what events carry and what nodes ask for, and not only which nodes
  /// they reach and when.
  public var digestsContents = false

  public init(names: NodeNames, seed: UInt64) {
    self.names = names
    self.seed = seed
  }
}

/// How long one message between nodes travels, where nothing disturbs it.
public struct MessageDelay: Hashable, Sendable {
  public var link: Link
  /// Which message of the link it is, from 1.
  public var number: Int
  public var delay: Nanoseconds

  public init(_ link: Link, number: Int, delay: Nanoseconds) {
    self.link = link
    self.number = number
    self.delay = delay
  }
}

/// The moment from which all chance comes from another seed.
public struct Reseeding: Hashable, Sendable {
  public var time: Nanoseconds
  public var seed: UInt64

  public init(at time: Nanoseconds, seed: UInt64) {
    self.time = time
    self.seed = seed
  }
}

/// The streams of chance: each consumer has its own, a number each node, link or client, so that
/// none disturbs another's.
@usableFromInline
enum Stream: UInt64 {
  case choices = 1
  case timers
  case latencies
  case disturbances
  case probes
  case clients
  case services
  case serviceLatencies
  case disks
  case damage
  case crashes
  case clocks
  case afflictions
  case ledger

  @usableFromInline
  func draws(seed: UInt64, _ number: Int = 0) -> Draws {
    Draws(seed: seed, stream: rawValue).child(UInt64(bitPattern: Int64(number)))
  }

  /// The stream of a node, or of a link from it to another, by names: it is the same in a cluster
  /// without some of the other nodes.
  func draws(seed: UInt64, of node: String, to peer: String? = nil) -> Draws {
    var hasher = StableHasher()
    hasher.put(Array(node.utf8))
    if let peer { hasher.put(Array(peer.utf8)) }
    return Draws(seed: seed, stream: rawValue).child(hasher.value)
  }
}
