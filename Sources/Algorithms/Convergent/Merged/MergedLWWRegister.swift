public import Nodes
public import Values

/// A register that holds what was written with the greatest stamp.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.2.1; first in Johnson and
/// Thomas, *The maintenance of duplicate databases* (RFC 677, 1975).
public struct MergedLWWRegister: MergedType {
  static let tornMerge = PlantedBug(
    "torn-merge", "merging keeps the greater stamp and the greater value, be they of two writes",
    source: "Jepsen, Cassandra (2013): a row's cells are merged one by one, and mix two writes.",
    violates: ["unexplained"])

  public static let description = AlgorithmDescription(
    name: "crdt-lww-register", summary: "A register of which the latest write counts.",
    promise: "A read is the latest write that is visible at its node, null where there is none.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced. Clocks may be wrong, "
      + "unless they are used as they are.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.2.1.",
    options: [StampClock.option],
    bugs: [.clockNotAdvanced, .tieUnbroken, .lastArrivalWins, tornMerge],
    workloads: ["crdt-lww-register"])

  private var latest: StampedValue?

  public init() {}

  public var value: Value { latest?.value ?? .null }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: MergedLWWRegister, result: UpdateResult) {
    guard update.f == "write" else { throw .unknown(update) }
    let stamp = origin.stamp(after: latest?.stamp.time)
    var delta = MergedLWWRegister()
    delta.latest = StampedValue(stamp: stamp, value: update.value)
    return (delta, UpdateResult(stamp: stamp))
  }

  public mutating func merge(_ other: MergedLWWRegister, bugs: Set<String>) {
    guard let told = other.latest else { return }
    guard let own = latest else {
      latest = told
      return
    }
    latest = own.merged(with: told, bugs: bugs)
    if bugs.contains(MergedLWWRegister.tornMerge) {
      latest?.value = max(own.value, told.value)
    }
  }

  public func encode(into sink: inout some ByteSink) { sink.put(latest) }

  public init?(from source: inout ByteSource) {
    guard let latest = source.optional(StampedValue.self) else { return nil }
    self.latest = latest
  }
}
