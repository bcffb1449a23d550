import Nodes
public import Values

/// A vector clock: how many events of each node are this one or happened before it.
///
/// Mattern: Virtual time and global states of distributed systems (1989); Fidge: Timestamps in
/// message-passing systems that preserve the partial ordering (1988).
public struct VectorClock: EventClock {
  private let node: NodeID
  public private(set) var counts = VersionVector()

  public init(identity: Int, of count: Int) { node = NodeID(identity) }

  public mutating func tick() { _ = counts.advance(node) }

  public mutating func merge(_ other: VectorClock) { counts.merge(other.counts) }

  public var stamp: Value { ["vector", .list(counts.list)] }
  public var stampSize: Int { counts.compactSize }

  public func encode(into sink: inout some ByteSink) {
    sink.put(node)
    counts.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let node = source.node(), let counts = VersionVector(from: &source) else { return nil }
    self.node = node
    self.counts = counts
  }

  public static let description = AlgorithmDescription(
    name: "vector-clock", summary: "Events stamped by a vector of how many of each node they know.",
    promise: "An event has a smaller vector than another if and only if it happened before it.",
    assumptions: "A disk keeps what was synced; the nodes are known.",
    paper:
      "Mattern: Virtual time and global states of distributed systems (1989); Fidge (1988). That it "
      + "needs an entry a node: Charron-Bost (1991).",
    bugs: [
      ClockBug.noMerge(source: "Mattern (1989), section 6: the supremum of both vectors."),
      ClockBug.noTick(source: "Fidge (1988): each event counts, a receipt too."),
      ClockBug.staleMessage(
        source: "Mattern (1989), section 6: the message carries the vector of its sending."),
      ClockBug.sharedEntry(
        source:
          "Charron-Bost: Concerning the size of logical clocks (1991): fewer entries than nodes."),
      ClockBug.forgetsClock,
    ], workloads: ["clocks"], messageTypes: ["told"])
}

extension VersionVector {
  /// The numbers by the nodes' places, without zeros at the end.
  var list: [Value] {
    guard let last = nodes.last else { return [] }
    return (0...last.index).map { .integer(self[NodeID($0)]) }
  }

  /// How many bytes it takes on the wire.
  var compactSize: Int {
    list.reduce(1) { $0 + CompactBytes.count(of: $1.integer ?? 0) }
  }
}
