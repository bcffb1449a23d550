public import Nodes
public import Values

/// A set in which the latest add or remove of an element counts.
///
/// The LWW-element-Set of Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.3.3:
/// for each element the greatest stamp, and what it did.
public struct MergedLWWSet: MergedType {
  public static let description = AlgorithmDescription(
    name: "crdt-lww-set", summary: "A set in which the latest add or remove of an element counts.",
    promise: "A read holds the elements of which the latest update that is visible is an add.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced. Clocks may be wrong, "
      + "unless they are used as they are.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.3.3.",
    options: [StampClock.option],
    bugs: [.clockNotAdvanced, .tieUnbroken, .lastArrivalWins, .tombstoneCollected],
    workloads: ["crdt-lww-set"])

  /// The latest update of an element.
  private struct Latest: Hashable, Comparable, Sendable, StablyCodable {
    var stamp: Stamp
    var isIn: Bool

    static func < (left: Latest, right: Latest) -> Bool {
      left.stamp == right.stamp ? !left.isIn && right.isIn : left.stamp < right.stamp
    }

    func encode(into sink: inout some ByteSink) {
      stamp.encode(into: &sink)
      sink.put(isIn)
    }

    init(stamp: Stamp, isIn: Bool) {
      self.stamp = stamp
      self.isIn = isIn
    }

    init?(from source: inout ByteSource) {
      guard let stamp = Stamp(from: &source), let isIn = source.flag() else { return nil }
      self.init(stamp: stamp, isIn: isIn)
    }
  }

  private var latest = SortedMap<Value, Latest>()
  /// The greatest time of all stamps; follows from them.
  private var greatest: Int?

  public init() {}

  public var value: Value { .list(latest.entries.filter(\.element.isIn).map(\.key)) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedLWWSet, result: UpdateResult) {
    guard update.f == "add" || update.f == "remove" else { throw .unknown(update) }
    let stamp = origin.stamp(after: greatest)
    var delta = MergedLWWSet()
    delta.latest = SortedMap(update.value, Latest(stamp: stamp, isIn: update.f == "add"))
    delta.greatest = stamp.time
    return (delta, UpdateResult(stamp: stamp))
  }

  public mutating func merge(_ other: MergedLWWSet, bugs: Set<String>) {
    var collected: [Value] = []
    if bugs.contains(.tombstoneCollected) {
      collected = latest.entries.filter { !$0.element.isIn && other.latest[$0.key] == $0.element }
        .map(\.key)
    }
    latest.merge(other.latest) { own, told in
      if bugs.contains(.lastArrivalWins) {
        own = told
      } else if bugs.contains(.tieUnbroken) {
        if own.stamp.time < told.stamp.time { own = told }
      } else {
        own = max(own, told)
      }
    }
    for element in collected { latest[element] = nil }
    if let time = other.greatest { greatest = max(greatest ?? time, time) }
  }

  public func encode(into sink: inout some ByteSink) {
    latest.encode(into: &sink)
    sink.put(greatest)
  }

  public init?(from source: inout ByteSource) {
    guard let latest = SortedMap<Value, Latest>(from: &source),
      let greatest = source.optional(Int.self)
    else { return nil }
    self.latest = latest
    self.greatest = greatest
  }
}
