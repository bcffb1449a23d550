import Nodes
public import Values

/// One node's share of a replicated counter, which only that node changes: a join-semilattice.
public protocol CounterEntry: Hashable, Sendable, StablyCodable {
  /// The counter that is made of such entries.
  static var counter: AlgorithmDescription { get }

  /// The share of a node that has added nothing.
  init()

  var total: Int { get }

  mutating func add(_ delta: Int)

  /// The least upper bound of two states of one share: the later one.
  mutating func merge(_ other: Self)

  /// Adds two states up, which is no join.
  mutating func accumulate(_ other: Self)
}

/// A share that only grows: the sum of what its node added.
///
/// It takes negative numbers too, as a plain integer does, and is wrong then: the greater of two
/// states is not the later one any more.
public struct GrowOnlyEntry: CounterEntry {
  public private(set) var total = 0

  public static let counter = AlgorithmDescription(
    name: "g-counter", summary: "A grow-only counter, replicated by gossip of its state.",
    promise: "Every node eventually reads the sum of all acknowledged increments.",
    assumptions:
      "Nodes that fail come back; a disk keeps what was synced; nothing negative is added.",
    paper: "Shapiro et al.: Conflict-free replicated data types (2011), G-Counter.",
    options: CounterOptions.all, bugs: CounterOptions.bugs, workloads: ["g-counter"],
    messageTypes: CounterOptions.messageTypes)

  public init() {}

  public mutating func add(_ delta: Int) { total &+= delta }
  public mutating func merge(_ other: GrowOnlyEntry) { total = max(total, other.total) }
  public mutating func accumulate(_ other: GrowOnlyEntry) { total &+= other.total }

  public func encode(into sink: inout some ByteSink) { sink.put(total) }

  public init?(from source: inout ByteSource) {
    guard let total = source.integer() else { return nil }
    self.total = total
  }
}

/// A share that rises and falls: two sums that only grow.
public struct UpDownEntry: CounterEntry {
  private var ups = GrowOnlyEntry()
  private var downs = GrowOnlyEntry()

  public static let counter = AlgorithmDescription(
    name: "pn-counter",
    summary: "A counter that rises and falls, replicated by gossip of its state.",
    promise: "Every node eventually reads the sum of all acknowledged changes.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: Conflict-free replicated data types (2011), PN-Counter.",
    options: CounterOptions.all, bugs: CounterOptions.bugs,
    workloads: ["pn-counter", "g-counter"], messageTypes: CounterOptions.messageTypes)

  public init() {}

  public var total: Int { ups.total &- downs.total }

  public mutating func add(_ delta: Int) {
    if delta < 0 { downs.add(0 &- delta) } else { ups.add(delta) }
  }

  public mutating func merge(_ other: UpDownEntry) {
    ups.merge(other.ups)
    downs.merge(other.downs)
  }

  public mutating func accumulate(_ other: UpDownEntry) {
    ups.accumulate(other.ups)
    downs.accumulate(other.downs)
  }

  public func encode(into sink: inout some ByteSink) {
    ups.encode(into: &sink)
    downs.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let ups = GrowOnlyEntry(from: &source), let downs = GrowOnlyEntry(from: &source) else {
      return nil
    }
    self.ups = ups
    self.downs = downs
  }
}
