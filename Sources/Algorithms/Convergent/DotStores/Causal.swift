public import Values

/// What is alive of an object at a replica, and all updates that the replica has seen.
public struct Causal<Store: DotStore>: Hashable, Sendable, StablyCodable {
  public private(set) var store: Store
  public private(set) var context: CausalContext

  public init(_ store: Store, _ context: CausalContext = CausalContext()) {
    self.store = store
    self.context = context
  }

  /// Joins another state with this one.
  ///
  /// - Parameter forgets: Whether what was seen here is taken for new when it comes again; for a
  /// planted bug.
  /// - Complexity: Linear in what is alive here and there; for a delta that only adds to a map, in
  /// the delta.
  mutating func merge(_ other: Causal, forgets: Bool = false) {
    let seenHere = forgets ? CausalContext() : context
    store.join(other.store, seenHere: seenHere, seenThere: deaths(by: other))
    context.merge(other.context)
  }

  /// What another replica has seen, or, where that is little, as in a delta, only what of it may be
  /// alive here and is dead there.
  private func deaths(by other: Causal) -> CausalContext {
    guard let seen = other.context.dots(atMost: 64) else { return other.context }
    let alive = other.store.dots
    return CausalContext(seen.filter { context.contains($0) && !alive.contains($0) })
  }

  /// Changes what is alive, for planted bugs only.
  mutating func change(_ body: (inout Store) -> Void) { body(&store) }

  public func encode(into sink: inout some ByteSink) {
    store.encode(into: &sink)
    context.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let store = Store(from: &source), let context = CausalContext(from: &source) else {
      return nil
    }
    self.init(store, context)
  }
}
