public import Nodes
public import Values

/// A flag that is on while each disable was seen by an enable: concurrent disables win.
///
/// The dual of ``MergedEWFlag``, as a remove-wins set of one element: Almeida et al., *Delta state
/// replicated data types* (2018), flags.
public struct MergedDWFlag: CausalType {
  public static let description = AlgorithmDescription(
    name: "crdt-dw-flag", summary: "A flag of merged states in which a disable wins.",
    promise: "A read is true where an enable is visible, and each visible disable was seen by one.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), flags.",
    bugs: [
      RemovalMarks.addWins, RemovalMarks.addKeepsMarks, .tombstoneCollected, .contextDropped,
      .tagReused,
    ],
    workloads: ["crdt-dw-flag"])

  public var state = Causal(RemovalMarks())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: RemovalMarks, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<RemovalMarks> {
    guard update.value == .null else { throw .malformed(update) }
    switch update.f {
    case "enable": return store.adding(dot, bugs: bugs)
    case "disable": return store.removing(dot)
    default: throw .unknown(update)
    }
  }

  public static func value(of store: RemovalMarks) -> Value { .bool(store.isIn) }

  public static func spoil(
    _ store: inout RemovalMarks, before: RemovalMarks, merged other: RemovalMarks,
    bugs: Set<String>
  ) {
    store.spoil(before: before, merged: other, bugs: bugs)
  }
}
