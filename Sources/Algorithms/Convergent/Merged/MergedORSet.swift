public import Nodes
public import Values

/// An observed-remove set without tombstones: a remove takes away the adds that it saw, and no
/// other.
///
/// Bieniusa et al., *An optimized conflict-free replicated set* (2012); as a causal dot store:
/// Almeida et al. (2018), add-wins set. An add takes the place of the adds that it saw.
public struct MergedORSet: CausalType {
  public static let description = AlgorithmDescription(
    name: "crdt-or-set",
    summary: "An observed-remove set of merged states, without tombstones: adds win.",
    promise:
      "A read holds the elements of which an add is visible that no visible remove has seen.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper:
      "Bieniusa et al.: An optimized conflict-free replicated set (2012); Almeida et al.: Delta "
      + "state replicated data types (2018), add-wins set.",
    bugs: [.removeUnseen, .contextDropped, .tagReused, .removeOneTag], workloads: ["crdt-or-set"])

  public var state = Causal(DotMap<Value, DotSet>())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: DotMap<Value, DotSet>, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<DotMap<Value, DotSet>> {
    let observed = store[update.value]?.dots ?? []
    switch update.f {
    case "add":
      // Where removes take one tag only, adds must leave several.
      return DotChange(
        DotMap(update.value, DotSet(dot)), removing: bugs.contains(.removeOneTag) ? [] : observed)
    case "remove":
      let removed = bugs.contains(.removeOneTag) ? Array(observed.prefix(1)) : observed
      return DotChange(DotMap(), removing: removed)
    default: throw .unknown(update)
    }
  }

  public static func value(of store: DotMap<Value, DotSet>) -> Value { .list(store.keys) }
}
