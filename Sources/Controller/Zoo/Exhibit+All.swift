import Algorithms
import Values

/// The configurations of all systems.
///
/// Clients wait only briefly for a node that is down, so that it is asked again once it is back; and
/// faults come often, so that several meet in one run.
extension Exhibit {
  private static let network = [
    "partition", "kill", "pause", "loss", "delay", "duplicate", "reorder", "clock",
    "disk:power-loss",
  ]
  /// What there is to break of a single node.
  private static let process = ["kill", "pause", "clock", "disk:power-loss"]

  public static let all: [Exhibit] =
    messaging + convergent + replicated + keyValue + transactions + logs + broadcasts + clocks

  private static let messaging = [
    // Silence is held against a node only where no fault excuses it.
    Exhibit(
      Echo.self, rate: 50, timeLimit: .seconds(20), timeout: .milliseconds(500),
      nemesis: ["kill", "pause"], interval: .seconds(2)),
    Exhibit(
      UniqueIDs.self, rate: 200, timeLimit: .seconds(5), timeout: .milliseconds(200),
      nemesis: process),
    Exhibit(
      Broadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: ["partition", "kill", "pause", "loss", "disk:power-loss"]),
    // Without confirmations a flood survives only what loses no message.
    Exhibit(
      Flood.self, rate: 20, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: ["pause", "delay", "duplicate", "reorder", "clock"]
    ) { $0.expectations = ["msgs-per-op<20"] },
  ]

  private static let convergent = [
    Exhibit(
      GSet.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500), nemesis: network),
    Exhibit(
      GCounter.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      PNCounter.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      KVCounter.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network,
      hidden: [
        "stale-read":
          "needs the seq-kv of --maelstrom-compat; ours lets no client read the past for ever"
      ]),
  ]

  private static let replicated = [
    replica(ReplicatedState<MergedGCounter>.self),
    replica(ReplicatedState<MergedPNCounter>.self),
    replica(ReplicatedState<MergedBoundedCounter>.self),
    replica(ReplicatedState<MergedGSet>.self),
    replica(ReplicatedState<MergedTwoPhaseSet>.self),
    replica(ReplicatedState<MergedLWWSet>.self),
    replica(ReplicatedState<MergedORSet>.self),
    replica(ReplicatedState<MergedRWSet>.self),
    replica(ReplicatedState<MergedLWWRegister>.self),
    replica(ReplicatedState<MergedMVRegister>.self),
    replica(ReplicatedState<MergedEWFlag>.self),
    replica(ReplicatedState<MergedDWFlag>.self),
    replica(ReplicatedState<MergedORMap>.self),
    replica(ReplicatedState<MergedCart>.self),
    replica(ReplicatedOperations<ToldPNCounter>.self),
    replica(ReplicatedOperations<ToldORSet>.self),
    replica(
      ReplicatedOperations<ToldLWWRegister>.self,
      hidden: [
        "deliver-twice": "the greater stamp wins twice as it does once",
        "skipped-gap": "of a node's writes only the last can win",
      ]),
    replica(ReplicatedOperations<ToldMVRegister>.self),
    replica(ReplicatedOperations<RGA>.self),
    replica(ReplicatedOperations<Fugue>.self),
    replica(
      ReplicatedOperations<MovableTree>.self,
      hidden: ["deliver-twice": "a move to where a node is changes nothing"]),
  ]

  private static func replica(
    _ type: any Algorithm.Type, hidden: [String: String] = [:],
    change: (inout Plan) -> Void = { _ in }
  ) -> Exhibit {
    Exhibit(
      type, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500), nemesis: network,
      hidden: hidden, change: change)
  }

  private static let keyValue = [
    // One entry a message and elections without pre-votes make what is rare likely. Some bugs show
    // among all faults only, and some where there are hardly any, so each run draws its own.
    Exhibit(
      Raft.self, rate: 400, timeLimit: .seconds(15), timeout: .milliseconds(500),
      nemesis: [
        "partition", "kill:primaries", "pause", "loss", "duplicate", "reorder", "clock",
        "disk:power-loss", "disk:torn", "disk:corrupt",
      ],
      interval: .milliseconds(80), runsMax: 10_000
    ) {
      $0.isSwarm = true
      $0.liveness = .seconds(5)
      $0.latency = .milliseconds(3)
      $0.latencyDistribution = "exponential"
      $0.options = [
        "pre-vote": "false", "entries-per-message": "1", "election-timeout": "50ms",
        "heartbeat": "20ms",
      ]
    },
    // The service takes longer than the proxy waits, now and then.
    Exhibit(
      KeyValueProxy.self, rate: 200, timeLimit: .seconds(10), timeout: .milliseconds(100),
      nemesis: ["kill", "pause", "delay", "clock"]
    ) { $0.options = ["timeout": "3ms"] },
    Exhibit(
      LocalKeyValueStore.self, nodes: 1, clients: 5, rate: 200, timeLimit: .seconds(5),
      timeout: .milliseconds(200), nemesis: process),
  ]

  private static let transactions = [
    Exhibit(
      MemoryTransactions.self, nodes: 1, clients: 5, rate: 100, timeLimit: .seconds(10),
      timeout: .milliseconds(200), nemesis: process),
    // Each micro-operation is linearizable, and a transaction of one is one.
    Exhibit(
      PerKeyTransactions.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network
    ) { $0.maxTransactionLength = 1 },
    // The service takes longer than nodes wait, now and then.
    Exhibit(
      WholeTransactions.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network
    ) { $0.options = ["timeout": "3ms"] },
    Exhibit(
      ThunkTransactions.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network
    ) { $0.options = ["thunk-store": "lww-kv"] },
    Exhibit(
      LevelledTransactions.self, nodes: 3, rate: 100, timeLimit: .seconds(10),
      timeout: .milliseconds(500), nemesis: network),
    // Commits are whole wherever they are seen, so more is kept than the promised read committed.
    Exhibit(
      HighlyAvailableTransactions.self, rate: 100, timeLimit: .seconds(10),
      timeout: .milliseconds(500), nemesis: network,
      hidden: [
        "no-replication": "breaks no isolation level: no transaction says how old a read may be"
      ]
    ) { $0.consistencyModels = ["read-atomic"] },
    Exhibit(
      Ledger.self, nodes: 1, clients: 5, rate: 100, timeLimit: .seconds(10),
      timeout: .milliseconds(200), nemesis: process),
  ]

  private static let logs = [
    Exhibit(
      KafkaLog.self, rate: 100, timeLimit: .seconds(10), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      KafkaSingle.self, nodes: 1, clients: 5, rate: 100, timeLimit: .seconds(10),
      timeout: .milliseconds(200), nemesis: process),
  ]
  private static let broadcasts = [
    Exhibit(
      BestEffortBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: ["pause", "delay", "duplicate", "reorder", "clock"]),
    Exhibit(
      ReliableBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      FIFOBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      CausalBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      SequencerBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: network),
    Exhibit(
      LamportBroadcast.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500),
      nemesis: network),
    // Clients ask often, so that a reply leaves while what it replies to is on its way.
    Exhibit(
      Chat.self, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500), nemesis: network),
  ]

  private static let clocks: [Exhibit] = [
    StampedEvents<LamportClock>.self, StampedEvents<VectorClock>.self,
    StampedEvents<DottedClock>.self, StampedEvents<IntervalTreeClock>.self,
  ].map { (type: any Algorithm.Type) in
    Exhibit(
      type, rate: 100, timeLimit: .seconds(5), timeout: .milliseconds(500), nemesis: network)
  }
}
