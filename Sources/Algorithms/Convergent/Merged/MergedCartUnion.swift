public import Nodes
public import Values

/// The naive shopping cart: carts are united, and of two quantities of an item the larger is kept.
///
/// DeCandia et al., *Dynamo* (2007), section 4.4: an add is never lost, but items that were removed
/// come back, as do those whose quantity was lowered; and of concurrent adds only the larger
/// counts. It makes no promise that the workload's reads would keep.
///
/// A remove or a change empties an item's entry where its own delta is merged, as at its node, and
/// leaves nothing by which another state could tell that it had.
public struct MergedCartUnion: MergedType {
  public static let description = AlgorithmDescription(
    name: "crdt-cart-union",
    summary: "The naive shopping cart: a union that keeps the larger quantity of each item.",
    promise: "Items that nobody removes are in every cart in the end; nothing more.",
    assumptions: "Nobody changes or removes anything, or adds to an item while others do.",
    paper:
      "DeCandia et al.: Dynamo: Amazon's highly available key-value store (2007), section 4.4.",
    workloads: ["crdt-cart"])

  private var quantities = SortedMap<Value, Int>()
  /// In a delta: the item whose entry is emptied first.
  private var emptied: Value?

  public init() {}

  public var value: Value { .list(quantities.entries.map { [$0.key, .integer($0.element)] }) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedCartUnion, result: UpdateResult) {
    var delta = MergedCartUnion()
    switch update.f {
    case "remove": delta.emptied = update.value
    case "add", "change":
      let operands = try update.elements(2)
      let item = operands[0]
      guard let quantity = operands[1].integer, quantity >= 1 else { throw .malformed(update) }
      if update.f == "add" {
        delta.quantities[item] = (quantities[item] ?? 0) &+ quantity
      } else {
        delta.quantities[item] = quantity
        delta.emptied = item
      }
    default: throw .unknown(update)
    }
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: MergedCartUnion, bugs: Set<String>) {
    if let item = other.emptied { quantities[item] = nil }
    quantities.merge(other.quantities) { $0 = max($0, $1) }
  }

  public func encode(into sink: inout some ByteSink) {
    quantities.encode(into: &sink)
    sink.put(emptied)
  }

  public init?(from source: inout ByteSource) {
    guard let quantities = SortedMap<Value, Int>(from: &source),
      let emptied = source.optional(Value.self)
    else { return nil }
    self.quantities = quantities
    self.emptied = emptied
  }
}
