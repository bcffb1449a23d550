public import Nodes
public import Values

/// A counter that never falls below zero: nodes hold rights to decrement it, and may give them
/// away.
///
/// Balegas et al., *Extending eventually consistent cloud databases for enforcing numeric
/// invariants* (2015), the bounded counter: who increments gets as many rights; who decrements uses
/// up its own, and is refused where they don't suffice, whatever the others have.
public struct MergedBoundedCounter: MergedType {
  static let rightsKept = PlantedBug(
    "rights-kept", "who gives rights away keeps them, so that they are counted twice",
    source:
      "Balegas et al. (2015): rights that are transferred are subtracted at the giver.",
    violates: ["below-bound"])
  static let valueChecked = PlantedBug(
    "value-checked", "a decrement is checked by the value that its node sees, not by its rights",
    source:
      "Balegas et al. (2015): concurrent decrements, each allowed, break the bound.",
    violates: ["below-bound"])

  public static let description = AlgorithmDescription(
    name: "crdt-bounded-counter",
    summary: "A counter that stays at zero or above, by rights that nodes hold in escrow.",
    promise: "A read is the sum of all adds that are visible at its node, and never negative.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Balegas et al.: Extending eventually consistent cloud databases for enforcing numeric "
      + "invariants (2015), the bounded counter.",
    bugs: [rightsKept, valueChecked, .mergeAdds, .shareOverwritten],
    workloads: ["crdt-bounded-counter"])

  /// What each node incremented.
  private var ups = CounterShares()
  /// What each node decremented.
  private var downs = CounterShares()
  /// The rights that were given, by giver and receiver; sums that only grow.
  private var transfers = SortedMap<Gift, Int>()

  /// Who gives rights to whom.
  private struct Gift: Hashable, Comparable, Sendable, StablyCodable {
    var giver: NodeID
    var receiver: NodeID

    static func < (left: Gift, right: Gift) -> Bool {
      (left.giver, left.receiver) < (right.giver, right.receiver)
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(giver)
      sink.put(receiver)
    }

    init(giver: NodeID, receiver: NodeID) {
      self.giver = giver
      self.receiver = receiver
    }

    init?(from source: inout ByteSource) {
      guard let giver = source.node(), let receiver = source.node() else { return nil }
      self.init(giver: giver, receiver: receiver)
    }
  }

  public init() {}

  public var value: Value { .integer(ups.total &- downs.total) }

  /// How far a node may decrement the counter.
  private func rights(of node: NodeID, bugs: Set<String>) -> Int {
    var rights = ups[node] &- downs[node]
    for transfer in transfers.entries {
      if transfer.key.receiver == node { rights = rights &+ transfer.element }
      if transfer.key.giver == node && !bugs.contains(MergedBoundedCounter.rightsKept) {
        rights = rights &- transfer.element
      }
    }
    return rights
  }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedBoundedCounter, result: UpdateResult) {
    var delta = MergedBoundedCounter()
    switch update.f {
    case "add":
      let amount = try update.integer()
      if amount >= 0 {
        delta.ups = try ups.delta(adding: amount, at: origin)
      } else {
        let limit =
          origin.bugs.contains(MergedBoundedCounter.valueChecked)
          ? ups.total &- downs.total : rights(of: origin.dot.node, bugs: origin.bugs)
        guard amount > Int.min, -amount <= limit else { throw .refused("not enough rights here") }
        delta.downs = try downs.delta(adding: -amount, at: origin)
      }
    case "transfer": delta.transfers = try transfer(update, at: origin)
    default: throw .unknown(update)
    }
    return (delta, UpdateResult())
  }

  private func transfer(
    _ update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> SortedMap<Gift, Int> {
    let operands = try update.elements(2)
    guard let receiver = operands[0].integer.flatMap({ Int32(exactly: $0) }), receiver >= 0,
      let amount = operands[1].integer, amount >= 0
    else { throw .malformed(update) }
    let giver = origin.dot.node
    guard amount <= rights(of: giver, bugs: origin.bugs) else {
      throw .refused("not enough rights here")
    }
    let gift = Gift(giver: giver, receiver: NodeID(Int(receiver)))
    guard amount > 0, gift.receiver != giver else { return SortedMap() }
    let base = origin.bugs.contains(.mergeAdds) ? 0 : transfers[gift] ?? 0
    let (sum, overflows) = base.addingReportingOverflow(amount)
    guard !overflows else { throw .refused("more than can be counted") }
    return SortedMap(gift, sum)
  }

  public mutating func merge(_ other: MergedBoundedCounter, bugs: Set<String>) {
    ups.merge(other.ups, bugs: bugs)
    downs.merge(other.downs, bugs: bugs)
    transfers.merge(other.transfers) { $0 = bugs.contains(.mergeAdds) ? $0 &+ $1 : max($0, $1) }
  }

  public func encode(into sink: inout some ByteSink) {
    ups.encode(into: &sink)
    downs.encode(into: &sink)
    transfers.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let ups = CounterShares(from: &source), let downs = CounterShares(from: &source),
      let transfers = SortedMap<Gift, Int>(from: &source)
    else { return nil }
    self.ups = ups
    self.downs = downs
    self.transfers = transfers
  }
}
