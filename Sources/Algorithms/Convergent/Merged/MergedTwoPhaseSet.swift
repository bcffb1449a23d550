public import Nodes
public import Values

/// A set of which the elements come once and go once: one set of what was added, one of what was
/// removed.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.3.2.
public struct MergedTwoPhaseSet: MergedType {
  static let tombstoneDropped = PlantedBug(
    "tombstone-dropped", "a removed element is dropped with its tombstone where the remove comes",
    source:
      "Cassandra's gc_grace_seconds: what is deleted without a tombstone comes back from others.",
    violates: ["unexplained", "diverging"])
  static let addResurrects = PlantedBug(
    "add-resurrects", "what is in the set at another node is taken out of the removed ones",
    source: "Shapiro et al. (2011), 2P-Set: once removed, an element can't be added again.",
    violates: ["unexplained", "diverging"])

  public static let description = AlgorithmDescription(
    name: "crdt-2p-set", summary: "A set whose elements never return once they are removed.",
    promise: "A read holds the elements of which an add is visible at its node, and no remove.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.3.2.",
    bugs: [.mergeOverwrites, tombstoneDropped, addResurrects], workloads: ["crdt-2p-set"])

  private var added = SortedSet<Value>()
  /// The tombstones.
  private var removed = SortedSet<Value>()

  public init() {}

  /// - Complexity: Linear in all that was ever added.
  public var value: Value {
    var alive: [Value] = []
    var next = removed.elements[...]
    for element in added.elements {
      while let tombstone = next.first, tombstone < element { next.removeFirst() }
      if next.first != element { alive.append(element) }
    }
    return .list(alive)
  }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedTwoPhaseSet, result: UpdateResult) {
    var delta = MergedTwoPhaseSet()
    if origin.bugs.contains(.mergeOverwrites) { delta = self }
    let element = update.value
    switch update.f {
    case "add": delta.added.insert(element)
    case "remove":
      guard added.contains(element), !removed.contains(element) else {
        throw .refused("not in the set here")
      }
      delta.removed.insert(element)
    default: throw .unknown(update)
    }
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: MergedTwoPhaseSet, bugs: Set<String>) {
    if bugs.contains(.mergeOverwrites) {
      self = other
      return
    }
    added.formUnion(other.added)
    removed.formUnion(other.removed)
    if bugs.contains(MergedTwoPhaseSet.addResurrects) {
      removed.removeAll { other.added.contains($0) && !other.removed.contains($0) }
    }
    if bugs.contains(MergedTwoPhaseSet.tombstoneDropped) {
      added.removeAll(where: removed.contains)
      removed = SortedSet()
    }
  }

  public func encode(into sink: inout some ByteSink) {
    added.encode(into: &sink)
    removed.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let added = SortedSet<Value>(from: &source),
      let removed = SortedSet<Value>(from: &source)
    else { return nil }
    self.added = added
    self.removed = removed
  }
}
