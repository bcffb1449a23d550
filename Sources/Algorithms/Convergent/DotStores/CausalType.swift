public import Nodes
public import Values

/// What an update does to a dot store.
public struct DotChange<Store: DotStore> {
  /// What comes alive.
  public var added: Store
  /// The dots of what dies, all of which the update has seen.
  public var removed: [Dot]

  init(_ added: Store, removing removed: [Dot] = []) {
    self.added = added
    self.removed = removed
  }
}

/// A replicated data type of which the state is a causal dot store: it says what its updates add
/// and remove, and the rest is the same for all.
///
/// Every delta has seen its own update, be it one that leaves nothing alive; so a replica has seen
/// all updates that it has merged, and its context is a version vector.
public protocol CausalType: MergedType {
  associatedtype Store: DotStore

  var state: Causal<Store> { get set }

  /// - Parameter dot: The name of what the update adds.
  static func change(
    of update: ReplicatedUpdate, in store: Store, as dot: Dot, bugs: Set<String>
  ) throws(ErrorReply) -> DotChange<Store>

  static func value(of store: Store) -> Value

  /// What planted bugs of the type's own make of a store that was merged.
  static func spoil(
    _ store: inout Store, before: Store, merged other: Store, bugs: Set<String>)
}

extension CausalType {
  public static func spoil(
    _ store: inout Store, before: Store, merged other: Store, bugs: Set<String>
  ) {}

  public var value: Value { Self.value(of: state.store) }

  public func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: Self, result: UpdateResult) {
    var dot = origin.dot
    if origin.bugs.contains(.tagReused) { dot.number = (dot.number + 1) / 2 }
    let change = try Self.change(of: update, in: state.store, as: dot, bugs: origin.bugs)
    var seen = CausalContext(change.removed)
    seen.insert(dot)
    seen.insert(origin.dot)
    if change.added.isEmpty && origin.bugs.contains(.removeUnseen) {
      for next in state.context.nextOfOthers(than: origin.dot.node) { seen.insert(next) }
    }
    var delta = Self()
    delta.state = Causal(change.added, seen)
    return (delta, UpdateResult())
  }

  public mutating func merge(_ other: Self, bugs: Set<String>) {
    guard !bugs.isEmpty else { return state.merge(other.state) }
    let before = state.store
    state.merge(other.state, forgets: bugs.contains(.contextDropped))
    state.change { Self.spoil(&$0, before: before, merged: other.state.store, bugs: bugs) }
  }

  public func encode(into sink: inout some ByteSink) { state.encode(into: &sink) }

  public init?(from source: inout ByteSource) {
    guard let state = Causal<Store>(from: &source) else { return nil }
    self.init()
    self.state = state
  }
}
