public import Values

/// Stores by key; a key is there while something of it is alive.
public struct DotMap<Key: Comparable & Hashable & Sendable & StablyCodable, Store: DotStore>:
  DotStore
{
  private var stores = SortedMap<Key, Store>()

  public init() {}

  public init(_ key: Key, _ store: Store) {
    if !store.isEmpty { stores = SortedMap(key, store) }
  }

  public var isEmpty: Bool { stores.isEmpty }

  /// In ascending order.
  public var keys: [Key] { stores.keys }

  var entries: [SortedMap<Key, Store>.Entry] { stores.entries }

  public subscript(key: Key) -> Store? { stores[key] }

  public func appendDots(to dots: inout [Dot]) {
    for entry in stores.entries { entry.element.appendDots(to: &dots) }
  }

  /// - Complexity: Linear in both, or, where nothing here can be dead there, in the other one.
  public mutating func join(_ other: DotMap, seenHere: CausalContext, seenThere: CausalContext) {
    if seenThere.isEmpty {
      return stores.join(
        other.stores, combine: { $0.join($1, seenHere: seenHere, seenThere: seenThere) },
        admit: { $0.unseen(by: seenHere) })
    }
    stores.join(
      other.stores,
      combine: { store, other in
        store.join(other, seenHere: seenHere, seenThere: seenThere)
        return !store.isEmpty
      },
      keep: { _, store in
        store.subtract(seenThere)
        return !store.isEmpty
      },
      admit: { $0.unseen(by: seenHere) })
  }

  public mutating func subtract(_ seen: CausalContext) {
    join(DotMap(), seenHere: CausalContext(), seenThere: seen)
  }

  /// Changes each store in place, and drops those that are emptied; for planted bugs only.
  mutating func change(_ body: (Key, inout Store) -> Void) {
    stores.join(
      SortedMap(), combine: { _, _ in true },
      keep: { key, store in
        body(key, &store)
        return !store.isEmpty
      },
      admit: { $0 })
  }

  public func encode(into sink: inout some ByteSink) { stores.encode(into: &sink) }

  public init?(from source: inout ByteSource) { self.init(from: &source) { Store(from: &$0) } }

  /// Reads what `encode(into:)` wrote, each store by `read`.
  init?(from source: inout ByteSource, _ read: (inout ByteSource) -> Store?) {
    guard let stores = SortedMap<Key, Store>(from: &source, read),
      !stores.entries.contains(where: \.element.isEmpty)
    else { return nil }
    self.stores = stores
  }
}
