public import Nodes
public import Values

/// A counter that grows: a version vector of which the nodes count what they added.
///
/// Shapiro et al., *A comprehensive study of convergent and commutative replicated data types*
/// (2011), section 3.1.2. Sums wrap around.
public struct MergedGCounter: MergedType {
  public static let description = AlgorithmDescription(
    name: "crdt-g-counter", summary: "A grow-only counter of merged states.",
    promise: "A read is the sum of all adds that are visible at its node.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.1.2.",
    bugs: [.mergeAdds, .shareOverwritten, .oneShare], workloads: ["crdt-g-counter"])

  private var shares = CounterShares()

  public init() {}

  public var value: Value { .integer(shares.total) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedGCounter, result: UpdateResult) {
    guard update.f == "add" else { throw .unknown(update) }
    let amount = try update.integer()
    guard amount >= 0 else { throw .refused("a grow-only counter adds nothing negative") }
    var delta = MergedGCounter()
    delta.shares = try shares.delta(adding: amount, at: origin)
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: MergedGCounter, bugs: Set<String>) {
    shares.merge(other.shares, bugs: bugs)
  }

  public func encode(into sink: inout some ByteSink) { shares.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let shares = CounterShares(from: &source) else { return nil }
    self.shares = shares
  }
}
