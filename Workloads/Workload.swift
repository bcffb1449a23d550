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

  /// Requests that are answered before the first operation, a round at all nodes.
  var setup: [Request] { get }

  /// The client of one thread.
  func makeClient() -> any Client

  /// The operations, without rate and time limit.
  func makeGenerator() -> any Generator

  /// What is read from each node when the faults are over, until the answers have settled.
  var finalRead: String? { get }

  /// Whether final reads, the last of each node, are acceptable given all that happened before.
  func accepts(finalReads: [Value], after history: [Operation]) -> Bool

  var checkers: [any Checker] { get }

  /// How long a client waits for a reply, where the user does not say.
  var standardTimeout: Nanoseconds { get }

  /// Whether a node owes an answer to each operation while no fault is in force.
  var demandsReplies: Bool { get }
}

extension Workload {
  public var setup: [Request] { [] }
  public var finalRead: String? { nil }
  public func accepts(finalReads: [Value], after history: [Operation]) -> Bool { true }
  public var standardTimeout: Nanoseconds { .seconds(5) }
  public var demandsReplies: Bool { false }
}

/// What a workload needs to know of the test that it is part of.
public struct WorkloadOptions: Hashable, Sendable {
  public var seed: UInt64
  public var nodes: [NodeID]
  public var concurrency: Int
  /// How many keys are in use at a time.
  public var keyCount: Int?
  /// How many operations a key sees before another takes its place.
  public var operationsPerKey: Int?
  public var topology: Topology
  /// The mean latency between nodes.
  public var latency: Nanoseconds

  public init(
    seed: UInt64, nodes: [NodeID], concurrency: Int, keyCount: Int? = nil,
    operationsPerKey: Int? = nil, topology: Topology = .grid, latency: Nanoseconds = 0
  ) {
    self.seed = seed
    self.nodes = nodes
    self.concurrency = concurrency
    self.keyCount = keyCount
    self.operationsPerKey = operationsPerKey
    self.topology = topology
    self.latency = latency
  }
}
