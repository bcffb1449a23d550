public import Algorithms
public import Environments
public import NodeProcesses
public import NodeServers
import Nodes
public import Simulations
import Values

/// A bundled algorithm as a system under test: how it is simulated, and how it is a process.
public struct BundledSystem: Sendable {
  public let description: AlgorithmDescription
  /// Makes a simulated cluster of it, with the algorithm's invariants checked after every event.
  public let simulate: @Sendable (SimulationSettings) -> any SimulatedCluster
  /// Is one node of it on standard input and output; see `runNode`.
  public let run: @Sendable (NodeProcessSettings) -> Int32
  /// Is one node of it that listens on a network; see `serveNode`.
  public let serve: @Sendable (NodeProcessSettings, NodeServerSettings) -> Int32

  public init<System: Algorithm>(_: System.Type) {
    description = System.description
    simulate = {
      SpecializedCluster(Simulation<System>($0, invariants: System.invariants()))
    }
    run = { runNode(System.self, $0) }
    serve = { serveNode(System.self, $0, $1) }
  }

  /// All bundled systems, in the order in which they are listed.
  public static let all: [BundledSystem] =
    [
      BundledSystem(Echo.self), BundledSystem(UniqueIDs.self), BundledSystem(Broadcast.self),
      BundledSystem(Flood.self), BundledSystem(GSet.self), BundledSystem(GCounter.self),
      BundledSystem(PNCounter.self), BundledSystem(KVCounter.self),
      BundledSystem(Raft.self), BundledSystem(KeyValueProxy.self), BundledSystem(Relay.self),
      BundledSystem(LocalKeyValueStore.self), BundledSystem(MemoryTransactions.self),
      BundledSystem(PerKeyTransactions.self), BundledSystem(WholeTransactions.self),
      BundledSystem(ThunkTransactions.self), BundledSystem(LevelledTransactions.self),
      BundledSystem(HighlyAvailableTransactions.self),
      BundledSystem(KafkaLog.self), BundledSystem(KafkaSingle.self), BundledSystem(Ledger.self),
      BundledSystem(BestEffortBroadcast.self), BundledSystem(ReliableBroadcast.self),
      BundledSystem(FIFOBroadcast.self), BundledSystem(CausalBroadcast.self),
      BundledSystem(SequencerBroadcast.self), BundledSystem(LamportBroadcast.self),
      BundledSystem(Chat.self), BundledSystem(StampedEvents<LamportClock>.self),
      BundledSystem(StampedEvents<VectorClock>.self),
      BundledSystem(StampedEvents<DottedClock>.self),
      BundledSystem(StampedEvents<IntervalTreeClock>.self),
    ] + replicated

  /// Replicated data types, by states that are merged and by operations that are told.
  private static let replicated: [BundledSystem] = [
    BundledSystem(ReplicatedState<MergedGCounter>.self),
    BundledSystem(ReplicatedState<MergedPNCounter>.self),
    BundledSystem(ReplicatedState<MergedBoundedCounter>.self),
    BundledSystem(ReplicatedState<MergedGSet>.self),
    BundledSystem(ReplicatedState<MergedTwoPhaseSet>.self),
    BundledSystem(ReplicatedState<MergedLWWSet>.self),
    BundledSystem(ReplicatedState<MergedORSet>.self),
    BundledSystem(ReplicatedState<MergedRWSet>.self),
    BundledSystem(ReplicatedState<MergedLWWRegister>.self),
    BundledSystem(ReplicatedState<MergedMVRegister>.self),
    BundledSystem(ReplicatedState<MergedEWFlag>.self),
    BundledSystem(ReplicatedState<MergedDWFlag>.self),
    BundledSystem(ReplicatedState<MergedORMap>.self),
    BundledSystem(ReplicatedState<MergedCart>.self),
    BundledSystem(ReplicatedState<MergedCartUnion>.self),
    BundledSystem(ReplicatedOperations<ToldPNCounter>.self),
    BundledSystem(ReplicatedOperations<ToldORSet>.self),
    BundledSystem(ReplicatedOperations<ToldLWWRegister>.self),
    BundledSystem(ReplicatedOperations<ToldMVRegister>.self),
    BundledSystem(ReplicatedOperations<RGA>.self),
    BundledSystem(ReplicatedOperations<Fugue>.self),
    BundledSystem(ReplicatedOperations<MovableTree>.self),
  ]

  public static func named(_ name: String) -> BundledSystem? {
    all.first { $0.description.name == name }
  }
}

/// A simulated cluster of whatever system.
public protocol SimulatedCluster: AnyObject, Environment {
  /// How many events the nodes have handled.
  var handledCount: Int { get }
  /// A fingerprint of all that has happened so far.
  var digest: UInt64 { get }
  /// How long all messages between nodes travelled, where that is wanted.
  var delays: [MessageDelay] { get }
  /// Takes a line for each event and fault, where a trace is wanted.
  var trace: ((String) -> Void)? { get set }
  /// Takes in what happens, where that is wanted.
  var record: SimulationRecord? { get set }
}

extension Simulation: SimulatedCluster {}
