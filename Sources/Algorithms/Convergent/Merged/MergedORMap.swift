public import Nodes
public import Values

/// A map of nested replicated objects: what a remove saw of an object is gone, what it did not see
/// stays.
///
/// The observed-remove map of Almeida et al., *Delta state replicated data types* (2018), section
/// 7.4.5: all objects in it, at any depth, share one causal context. A key names an object together
/// with its type, so that nobody makes two objects of one key.
public struct MergedORMap: CausalType {
  static let nestedKept = PlantedBug(
    "nested-kept", "a remove forgets what is inside of nested sets and maps",
    source: "Almeida et al. (2018), observed-remove map: a remove takes all dots at any depth.",
    violates: ["unexplained"])
  static let counterFolded = PlantedBug(
    "counter-folded",
    "an update of a counter brings along what it saw of it, which a concurrent remove then misses",
    source: "Baquero et al., The problem with embedded CRDT counters and a solution (2016).",
    violates: ["unexplained"])

  public static let description = AlgorithmDescription(
    name: "crdt-or-map",
    summary: "A map of counters, sets, registers and maps: a remove takes what it saw.",
    promise:
      "A read holds of each object what its visible updates made that no visible remove saw.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Almeida et al.: Delta state replicated data types (2018), observed-remove map.",
    bugs: [nestedKept, counterFolded, .removeUnseen, .contextDropped, .tagReused],
    workloads: ["crdt-or-map"])

  /// What names an object in a map.
  public struct Key: Hashable, Comparable, Sendable, StablyCodable {
    public var key: Value
    public var type: NestedStore.Kind

    public static func < (left: Key, right: Key) -> Bool {
      left.key == right.key ? left.type < right.type : left.key < right.key
    }
  }

  public typealias Store = DotMap<Key, NestedStore>

  public var state = Causal(Store())

  public init() {}

  public static func change(
    of update: ReplicatedUpdate, in store: Store, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<Store> {
    try change(of: update, in: store, as: dot, bugs: bugs, depth: 1)
  }

  static func change(
    of update: ReplicatedUpdate, in store: Store, as dot: Dot, bugs: Set<String>, depth: Int
  ) throws(ErrorReply) -> DotChange<Store> {
    guard depth <= NestedStore.depthMax else { throw .refused("nested too deeply") }
    guard case .list(let operands) = update.value, operands.count >= 2,
      let type = operands[1].name.flatMap(NestedStore.Kind.init(name:))
    else { throw .malformed(update) }
    let key = Key(key: operands[0], type: type)
    let nested = store[key]
    switch update.f {
    case "remove":
      guard operands.count == 2 else { throw .malformed(update) }
      if bugs.contains(nestedKept), type == .orSet || type == .orMap { return DotChange(DotMap()) }
      return DotChange(DotMap(), removing: nested?.dots ?? [])
    case "update":
      guard operands.count == 4, let f = operands[2].name else { throw .malformed(update) }
      let change = try NestedStore.change(
        of: ReplicatedUpdate(f, operands[3]), in: nested ?? NestedStore(type), as: dot, bugs: bugs,
        depth: depth)
      return DotChange(DotMap(key, change.added), removing: change.removed)
    default: throw .unknown(update)
    }
  }

  /// A list of `[key, type, value]`.
  public static func value(of store: Store) -> Value {
    let objects = store.entries.map { entry -> Value in
      [entry.key.key, .string(entry.key.type.name), entry.element.value]
    }
    return .list(objects.sorted())
  }
}

extension MergedORMap.Key {
  public func encode(into sink: inout some ByteSink) {
    key.encode(into: &sink)
    sink.put(type.rawValue)
  }

  public init?(from source: inout ByteSource) {
    guard let key = Value(from: &source),
      let type = source.byte().flatMap(NestedStore.Kind.init(rawValue:))
    else { return nil }
    self.init(key: key, type: type)
  }
}
