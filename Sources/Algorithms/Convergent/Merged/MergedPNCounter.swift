public import Nodes
public import Values

/// A counter that rises and falls: two that only grow.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.1.3. Sums wrap around.
public struct MergedPNCounter: MergedType {
  static let fallsMerged = PlantedBug(
    "falls-merged", "one sum for each node rises and falls, and merging keeps the greater one",
    source:
      "Shapiro et al. (2011), PN-Counter: sums that fall are no semilattice under the maximum.",
    violates: ["unexplained", "lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "crdt-pn-counter", summary: "A counter that rises and falls, of merged states.",
    promise: "A read is the sum of all adds that are visible at its node.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.1.3.",
    bugs: [.mergeAdds, .shareOverwritten, .oneShare, fallsMerged], workloads: ["crdt-pn-counter"])

  private var ups = CounterShares()
  private var downs = CounterShares()

  public init() {}

  public var value: Value { .integer(ups.total &- downs.total) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedPNCounter, result: UpdateResult) {
    guard update.f == "add" else { throw .unknown(update) }
    let amount = try update.integer()
    guard amount > Int.min else { throw .refused("more than can be counted") }
    var delta = MergedPNCounter()
    if amount >= 0 || origin.bugs.contains(MergedPNCounter.fallsMerged) {
      delta.ups = try ups.delta(adding: amount, at: origin)
    } else {
      delta.downs = try downs.delta(adding: -amount, at: origin)
    }
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: MergedPNCounter, bugs: Set<String>) {
    ups.merge(other.ups, bugs: bugs)
    downs.merge(other.downs, bugs: bugs)
  }

  public func encode(into sink: inout some ByteSink) {
    ups.encode(into: &sink)
    downs.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let ups = CounterShares(from: &source), let downs = CounterShares(from: &source) else {
      return nil
    }
    self.ups = ups
    self.downs = downs
  }
}
