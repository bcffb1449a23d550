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
  public var latency: Latency = .uniform(.microseconds(200)...(.milliseconds(2)))
  /// Between clients and nodes, each way.
  public var clientLatency: Latency = .uniform(.microseconds(20)...(.microseconds(200)))
  /// How long a sync takes.
  public var syncLatency: ClosedRange<Nanoseconds> = .microseconds(50)...(.microseconds(500))
  /// From the end of a process to the first event of the next.
  public var bootDelay: ClosedRange<Nanoseconds> = .milliseconds(1)...(.milliseconds(20))
  /// How often a crash waits for the node's next event, to fall between two of its effects.
  public var crashesBetweenEffects = 0.5
  /// Answers to nodes' choices in place of drawn ones: node → number of the choice → answer.
  public var choices: [NodeID: [UInt64: Int]] = [:]
  /// Whether every message is encoded and decoded, and the result compared.
  public var checksEncoding = false

  public init(names: NodeNames, seed: UInt64) {
    self.names = names
    self.seed = seed
  }
}

/// The streams of chance; each consumer has its own, so that none disturbs another's.
@usableFromInline
enum Stream {
  @usableFromInline static let network: UInt64 = 1
  @usableFromInline static let clients: UInt64 = 2
  @usableFromInline static let crashes: UInt64 = 3
  @usableFromInline static let services: UInt64 = 16
  /// Streams of single nodes follow: choices, timers, disk.
  @usableFromInline static let nodes: UInt64 = 1024

  @inlinable
  static func choices(_ node: Int) -> UInt64 { nodes + 4 * UInt64(node) }
  @inlinable
  static func timers(_ node: Int) -> UInt64 { nodes + 4 * UInt64(node) + 1 }
  @inlinable
  static func disk(_ node: Int) -> UInt64 { nodes + 4 * UInt64(node) + 2 }
}
