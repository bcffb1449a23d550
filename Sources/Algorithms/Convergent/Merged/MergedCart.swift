public import Nodes
public import Values

/// A shopping cart of which concurrent adds, changes and removes all keep what they mean.
///
/// A map from items to the quantities that are alive, each named by its update: an add brings its
/// own, a change takes the place of those that it saw, a remove takes them away. It is the cart
/// that Dynamo (DeCandia et al., 2007, section 4.4) is missing, by the observed-remove map of
/// Almeida et al. (2018), observed-remove map.
public struct MergedCart: CausalType {
  static let changeAdds = PlantedBug(
    "change-adds", "a change leaves the quantities that it saw beside its own",
    source: "Amazon's cart in Dynamo (DeCandia et al., 2007): what was changed reappears.",
    violates: ["unexplained"])
  static let largerQuantityWins = PlantedBug(
    "larger-quantity-wins", "of an item's quantities only the largest is kept",
    source: "DeCandia et al., Dynamo (2007), section 4.4: carts are merged by union.",
    violates: ["unexplained", "diverging", "lost"])

  public static let description = AlgorithmDescription(
    name: "crdt-cart", summary: "A shopping cart that keeps adds, changes and removes apart.",
    promise:
      "A read holds for each item the sum of the quantities that no visible change or remove saw.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), observed-remove map.",
    bugs: [changeAdds, largerQuantityWins, .removeUnseen, .contextDropped, .tagReused],
    workloads: ["crdt-cart"])

  public typealias Store = DotMap<Value, DotFun<Int>>

  public var state = Causal(Store())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: Store, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<Store> {
    if update.f == "remove" {
      return DotChange(DotMap(), removing: store[update.value]?.dots ?? [])
    }
    guard update.f == "add" || update.f == "change" else { throw .unknown(update) }
    let operands = try update.elements(2)
    guard let quantity = operands[1].integer, quantity >= 1 else { throw .malformed(update) }
    let keeps = update.f == "add" || bugs.contains(changeAdds)
    return DotChange(
      DotMap(operands[0], DotFun(dot, quantity)),
      removing: keeps ? [] : store[operands[0]]?.dots ?? [])
  }

  /// Sums wrap around.
  public static func value(of store: Store) -> Value {
    .list(store.entries.map { [$0.key, .integer($0.element.elements.reduce(0, &+))] })
  }

  public static func spoil(
    _ store: inout Store, before: Store, merged other: Store, bugs: Set<String>
  ) {
    if bugs.contains(largerQuantityWins) { store.change { $1.keepGreatest(by: <) } }
  }
}
