public import Nodes
public import Values

/// A remove-wins set: an element is in while each remove of it was seen by an add.
///
/// Almeida et al., *Delta state replicated data types* (2018), remove-wins set: adds and removes
/// both leave marks, and each takes the place of all marks of the element that it saw. An element
/// is in where the marks that are left are adds.
public struct MergedRWSet: CausalType {
  public static let description = AlgorithmDescription(
    name: "crdt-rw-set",
    summary: "A set of merged states in which a remove wins over concurrent adds.",
    promise:
      "A read holds the elements with a visible add, of which an add saw each visible remove.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), remove-wins set.",
    bugs: [
      RemovalMarks.addWins, RemovalMarks.addKeepsMarks, .tombstoneCollected, .contextDropped,
      .tagReused,
    ],
    workloads: ["crdt-rw-set"])

  public var state = Causal(DotMap<Value, RemovalMarks>())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: DotMap<Value, RemovalMarks>, as dot: Dot,
    bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<DotMap<Value, RemovalMarks>> {
    let marks = store[update.value] ?? RemovalMarks()
    switch update.f {
    case "add":
      let change = marks.adding(dot, bugs: bugs)
      return DotChange(DotMap(update.value, change.added), removing: change.removed)
    case "remove":
      let change = marks.removing(dot)
      return DotChange(DotMap(update.value, change.added), removing: change.removed)
    default: throw .unknown(update)
    }
  }

  public static func value(of store: DotMap<Value, RemovalMarks>) -> Value {
    .list(store.entries.filter(\.element.isIn).map(\.key))
  }

  public static func spoil(
    _ store: inout DotMap<Value, RemovalMarks>, before: DotMap<Value, RemovalMarks>,
    merged other: DotMap<Value, RemovalMarks>, bugs: Set<String>
  ) {
    store.change { element, marks in
      marks.spoil(before: before[element], merged: other[element], bugs: bugs)
    }
  }
}
