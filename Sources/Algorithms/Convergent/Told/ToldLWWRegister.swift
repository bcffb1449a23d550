public import Nodes
public import Values

/// A register of operations that holds what was written with the greatest stamp.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.2.1: the same as of states,
/// with each write told.
public struct ToldLWWRegister: ToldType {
  public static let description = AlgorithmDescription(
    name: "crdt-lww-register-op",
    summary: "A register of operations that are told, of which the latest write counts.",
    promise: "A read is the latest write that is visible at its node, null where there is none.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced. Clocks may be wrong, "
      + "unless they are used as they are.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.2.1.",
    options: [StampClock.option], bugs: [.clockNotAdvanced, .tieUnbroken, .lastArrivalWins],
    workloads: ["crdt-lww-register"])

  /// A value with the stamp of its write.
  public struct Effect: Hashable, Sendable, StablyCodable {
    var write: StampedValue

    init(write: StampedValue) { self.write = write }

    public func encode(into sink: inout some ByteSink) { write.encode(into: &sink) }

    public init?(from source: inout ByteSource) {
      guard let write = StampedValue(from: &source) else { return nil }
      self.write = write
    }
  }

  private var latest: StampedValue?

  public init() {}

  public var value: Value { latest?.value ?? .null }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Effect, result: UpdateResult) {
    guard update.f == "write" else { throw .unknown(update) }
    let stamp = origin.stamp(after: latest?.stamp.time)
    return (
      Effect(write: StampedValue(stamp: stamp, value: update.value)), UpdateResult(stamp: stamp)
    )
  }

  public mutating func apply(_ effect: Effect, of dot: Dot, bugs: Set<String>) {
    latest = latest?.merged(with: effect.write, bugs: bugs) ?? effect.write
  }

  public func encode(into sink: inout some ByteSink) { sink.put(latest) }
}
