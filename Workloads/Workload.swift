public import Generators
public import Histories
public import Nodes
public import Values
public import Verdicts

/// What a test does to a system, and what it expects of the answers.
public protocol Workload: Sendable {
  static var name: String { get }
  /// What it tests, in a sentence.
  static var summary: String { get }
  /// Its operations, a line each: `f`, value, and what an `ok` answers.
  static var operations: [String] { get }

  init(_ options: WorkloadOptions)

  /// Why no test can be made of the options, where none can.
  var refusal: String? { get }

  /// Requests that are answered before the first operation, a round at all nodes.
  var setup: [Request] { get }

  /// The client of one thread.
  func makeClient() -> any Client

  /// The operations, without rate and time limit.
  func makeGenerator() -> any Generator

  /// What is done when the faults are over.
  var finalPhase: FinalOperations { get }

  /// Whether final reads, the last of each node, are acceptable given all that happened before.
  func accepts(finalReads: [Value], after history: [Operation]) -> Bool

  var checkers: [any Checker] { get }

  /// How long a client waits for a reply, where the user does not say.
  var standardTimeout: Nanoseconds { get }

  /// Whether an operation that was not answered in time counts as failed, for it changes nothing.
  func failsOnTimeout(_ f: String) -> Bool

  /// Whether a node owes an answer to each operation while no fault is in force.
  var demandsReplies: Bool { get }
}

extension Workload {
  public var refusal: String? { nil }
  public var setup: [Request] { [] }
  public var finalPhase: FinalOperations { .none }
  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool { true }
  public var standardTimeout: Nanoseconds { .seconds(5) }
  public var demandsReplies: Bool { false }
  public func failsOnTimeout(_ f: String) -> Bool { false }
}

/// What a workload does when the faults are over.
public enum FinalOperations: Sendable {
  /// Nothing: the run ends with its last operation.
  case none
  /// This operation is asked of each node, again and again until the answers have settled: all
  /// nodes answer, alike, and as `accepts` wants. Its lines are marked `"final":true` and carry the
  /// node's name as `"node"`.
  case reads(f: String)
  /// Operations on the clients' threads, at no rate, from `recovery` after the faults until the
  /// generator is exhausted, or until it had `timeLimit`.
  case generator(
    recovery: Nanoseconds, timeLimit: Nanoseconds,
    make: @Sendable (_ history: [Operation]) -> any Generator)
}

/// What a workload needs to know of the test that it is part of.
public struct WorkloadOptions: Hashable, Sendable {
  public var seed: UInt64
  public var nodes: [NodeID]
  public var concurrency: Int
  /// How many keys are in use at a time.
  public var keyCount: Int?
  /// How often a key is written before another takes its place.
  public var maxWritesPerKey: Int?
  /// The most micro-operations of a transaction.
  public var maxTransactionLength: Int?
  /// The consistency models that transactions are judged by; none leaves it to the workload.
  public var consistencyModels: [String] = []
  /// Whether the workload must act and judge as Maelstrom's does, bug for bug.
  public var isCompatible = false
  public var topology: Topology
  /// The mean latency between nodes.
  public var latency: Nanoseconds

  public init(
    seed: UInt64, nodes: [NodeID], concurrency: Int, keyCount: Int? = nil,
    maxWritesPerKey: Int? = nil, topology: Topology = .grid, latency: Nanoseconds = 0
  ) {
    self.seed = seed
    self.nodes = nodes
    self.concurrency = concurrency
    self.keyCount = keyCount
    self.maxWritesPerKey = maxWritesPerKey
    self.topology = topology
    self.latency = latency
  }
}
