public import Nodes
public import Values

/// A flag that is on while some enable was seen by no disable: concurrent enables win.
///
/// Almeida et al., *Delta state replicated data types* (2018), flags; as Riak has it.
public struct MergedEWFlag: CausalType {
  static let disableWins = PlantedBug(
    "disable-wins", "a state in which the flag is off turns it off wherever it is merged",
    source: "Riak's data types: enable-wins and disable-wins flags are two types.",
    violates: ["unexplained", "diverging", "lost"])

  public static let description = AlgorithmDescription(
    name: "crdt-ew-flag", summary: "A flag of merged states in which an enable wins.",
    promise: "A read is true where an enable is visible that no visible disable has seen.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), flags.",
    bugs: [disableWins, .removeUnseen, .contextDropped, .tagReused, .removeOneTag],
    workloads: ["crdt-ew-flag"])

  public var state = Causal(DotSet())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: DotSet, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<DotSet> {
    guard update.value == .null else { throw .malformed(update) }
    switch update.f {
    case "enable":
      return DotChange(DotSet(dot), removing: bugs.contains(.removeOneTag) ? [] : store.dots)
    case "disable":
      let removed = bugs.contains(.removeOneTag) ? Array(store.dots.prefix(1)) : store.dots
      return DotChange(DotSet(), removing: removed)
    default: throw .unknown(update)
    }
  }

  public static func value(of store: DotSet) -> Value { .bool(!store.isEmpty) }

  public static func spoil(
    _ store: inout DotSet, before: DotSet, merged other: DotSet, bugs: Set<String>
  ) {
    if bugs.contains(disableWins), other.isEmpty { store = DotSet() }
  }
}
