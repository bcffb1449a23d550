public import Nodes
public import Values

/// A register that holds the writes that no other write has seen, all of them.
///
/// Almeida et al., *Delta state replicated data types* (2018), multi-value register, after Dynamo
/// (DeCandia et al., 2007).
public struct MergedMVRegister: CausalType {
  static let writeKeepsSeen = PlantedBug(
    "write-keeps-seen", "a write leaves the values that it saw beside its own",
    source: "Riak's documentation on sibling explosion: writes without a context replace nothing.",
    violates: ["unexplained", "diverging"])
  static let oneSurvives = PlantedBug(
    "one-survives", "of concurrent writes only one is kept",
    source: "DeCandia et al., Dynamo (2007), section 4.4: concurrent versions are all kept for the "
      + "client to reconcile.",
    violates: ["unexplained", "diverging", "lost"])

  public static let description = AlgorithmDescription(
    name: "crdt-mv-register", summary: "A register of merged states that keeps concurrent writes.",
    promise: "A read holds the values of the visible writes that no visible write has seen.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), multi-value register.",
    bugs: [writeKeepsSeen, oneSurvives, .contextDropped, .tagReused],
    workloads: ["crdt-mv-register"])

  public var state = Causal(DotFun<Value>())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: DotFun<Value>, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<DotFun<Value>> {
    guard update.f == "write" else { throw .unknown(update) }
    return DotChange(
      DotFun(dot, update.value), removing: bugs.contains(writeKeepsSeen) ? [] : store.dots)
  }

  /// The values in ascending order, each once.
  public static func value(of store: DotFun<Value>) -> Value {
    .list(ValueSet(store.elements).elements)
  }

  public static func spoil(
    _ store: inout DotFun<Value>, before: DotFun<Value>, merged other: DotFun<Value>,
    bugs: Set<String>
  ) {
    if bugs.contains(oneSurvives) { store.keepGreatest(by: <) }
  }
}
