public import Nodes
public import Values

/// A set that only grows: states are united.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.3.1.
public struct MergedGSet: MergedType {
  static let mergeAppends = PlantedBug(
    "merge-appends", "merging appends what is told, be it here already, but for what is here twice",
    source: "Shapiro et al. (2011), G-Set: a merge is a union, and idempotent.",
    violates: ["duplicated", "unexplained", "diverging"])
  static let largerWins = PlantedBug(
    "larger-wins", "of two states the one with more elements is kept",
    source: "Shapiro et al. (2011), section 2.2: a merge is an upper bound of both states.",
    violates: ["unexplained", "lost", "diverging"])

  public static let description = AlgorithmDescription(
    name: "crdt-g-set", summary: "A grow-only set of merged states.",
    promise: "A read holds all elements of which an add is visible at its node.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.3.1.",
    bugs: [.mergeOverwrites, mergeAppends, largerWins], workloads: ["crdt-g-set"])

  private var added = SortedSet<Value>()

  public init() {}

  public var value: Value { .list(added.elements) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedGSet, result: UpdateResult) {
    guard update.f == "add" else { throw .unknown(update) }
    var delta = MergedGSet()
    if origin.bugs.contains(.mergeOverwrites) || origin.bugs.contains(MergedGSet.largerWins) {
      delta = self
    }
    delta.added.insert(update.value)
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: MergedGSet, bugs: Set<String>) {
    if bugs.contains(.mergeOverwrites) {
      self = other
    } else if bugs.contains(MergedGSet.mergeAppends) {
      added.append(other.added)
    } else if bugs.contains(MergedGSet.largerWins) {
      if other.added.elements.count > added.elements.count { self = other }
    } else {
      added.formUnion(other.added)
    }
  }

  public func encode(into sink: inout some ByteSink) { added.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let added = SortedSet<Value>(from: &source) else { return nil }
    self.added = added
  }
}
