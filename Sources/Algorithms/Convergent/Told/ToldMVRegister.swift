public import Nodes
public import Values

/// A register of operations that holds the writes that no other write has seen.
///
/// Shapiro et al., *A comprehensive study of CRDTs* (2011), section 3.2.2, with the names of the
/// writes that it replaces told with a write, in place of version vectors.
public struct ToldMVRegister: ToldType {
  static let replacesUnseen = PlantedBug(
    "replaces-unseen", "a write replaces all values that are there where it comes",
    source: "DeCandia et al., Dynamo (2007), section 4.4: concurrent versions are all kept.",
    violates: ["unexplained", "diverging", "lost"])
  static let replacesOne = PlantedBug(
    "replaces-one", "a write replaces only one of the values that it saw",
    source: "Shapiro et al. (2011), MV-Register: a write dominates all values that it saw.",
    violates: ["unexplained"])

  public static let description = AlgorithmDescription(
    name: "crdt-mv-register-op",
    summary: "A register of operations that are told, which keeps concurrent writes.",
    promise: "A read holds the values of the visible writes that no visible write has seen.",
    assumptions:
      "Operations are delivered once, after all that they have seen. Nodes that fail come "
      + "back; a disk keeps what was synced.",
    paper: "Shapiro et al.: A comprehensive study of CRDTs (2011), section 3.2.2.",
    bugs: [MergedMVRegister.writeKeepsSeen, replacesUnseen, replacesOne],
    workloads: ["crdt-mv-register"])

  /// A value, and the writes that it replaces.
  public struct Effect: Hashable, Sendable, StablyCodable {
    var value: Value
    var replaced: [Dot]

    init(value: Value, replaced: [Dot]) {
      self.value = value
      self.replaced = replaced
    }

    public func encode(into sink: inout some ByteSink) {
      value.encode(into: &sink)
      sink.put(replaced)
    }

    public init?(from source: inout ByteSource) {
      guard let value = Value(from: &source), let replaced = source.elements(Dot.self) else {
        return nil
      }
      self.init(value: value, replaced: replaced)
    }
  }

  private var values = SortedMap<Dot, Value>()

  public init() {}

  /// The values in ascending order, each once.
  public var value: Value { .list(ValueSet(values.entries.map(\.element)).elements) }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Effect, result: UpdateResult) {
    guard update.f == "write" else { throw .unknown(update) }
    var replaced = values.keys
    if origin.bugs.contains(MergedMVRegister.writeKeepsSeen) { replaced = [] }
    if origin.bugs.contains(ToldMVRegister.replacesOne) { replaced = Array(replaced.prefix(1)) }
    return (Effect(value: update.value, replaced: replaced), UpdateResult())
  }

  public mutating func apply(_ effect: Effect, of dot: Dot, bugs: Set<String>) {
    if bugs.contains(ToldMVRegister.replacesUnseen) { values = SortedMap() }
    for write in effect.replaced { values[write] = nil }
    values[dot] = effect.value
  }

  public func encode(into sink: inout some ByteSink) { values.encode(into: &sink) }
}
