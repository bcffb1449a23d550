import Nodes
public import Values

/// An object inside of a map.
public enum NestedStore: DotStore {
  /// Each update's own summand.
  case counter(DotFun<Int>)
  case orSet(DotMap<Value, DotSet>)
  case mvRegister(DotFun<Value>)
  case orMap(DotMap<MergedORMap.Key, NestedStore>)

  /// The types of nested objects, in the order of their names.
  public enum Kind: UInt8, Hashable, Comparable, Sendable, CaseIterable {
    case mvRegister
    case orMap
    case orSet
    case counter

    /// What clients call it.
    public var name: String {
      switch self {
      case .mvRegister: "mv-register"
      case .orMap: "or-map"
      case .orSet: "or-set"
      case .counter: "pn-counter"
      }
    }

    init?(name: String) {
      guard let kind = Kind.allCases.first(where: { $0.name == name }) else { return nil }
      self = kind
    }

    public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
  }

  /// How many maps may be in each other.
  static let depthMax = 32

  init(_ kind: Kind) {
    self =
      switch kind {
      case .counter: .counter(DotFun())
      case .orSet: .orSet(DotMap())
      case .mvRegister: .mvRegister(DotFun())
      case .orMap: .orMap(DotMap())
      }
  }

  /// What a read of the map answers for it; sums wrap around.
  var value: Value {
    switch self {
    case .counter(let summands): .integer(summands.elements.reduce(0, &+))
    case .orSet(let store): MergedORSet.value(of: store)
    case .mvRegister(let store): MergedMVRegister.value(of: store)
    case .orMap(let store): MergedORMap.value(of: store)
    }
  }

  static func change(
    of update: ReplicatedUpdate, in store: NestedStore, as dot: Dot, bugs: Set<String>, depth: Int
  ) throws(ErrorReply) -> DotChange<NestedStore> {
    switch store {
    case .counter(let summands):
      guard update.f == "add" else { throw .unknown(update) }
      let amount = try update.integer()
      guard bugs.contains(MergedORMap.counterFolded) else {
        return DotChange(.counter(DotFun(dot, amount)))
      }
      let sum = summands.elements.reduce(amount, &+)
      return DotChange(.counter(DotFun(dot, sum)), removing: summands.dots)
    case .orSet(let store):
      let change = try MergedORSet.change(of: update, in: store, as: dot, bugs: bugs)
      return DotChange(.orSet(change.added), removing: change.removed)
    case .mvRegister(let store):
      let change = try MergedMVRegister.change(of: update, in: store, as: dot, bugs: bugs)
      return DotChange(.mvRegister(change.added), removing: change.removed)
    case .orMap(let store):
      let change = try MergedORMap.change(
        of: update, in: store, as: dot, bugs: bugs, depth: depth + 1)
      return DotChange(.orMap(change.added), removing: change.removed)
    }
  }
}

extension NestedStore {
  public var isEmpty: Bool {
    switch self {
    case .counter(let store): store.isEmpty
    case .orSet(let store): store.isEmpty
    case .mvRegister(let store): store.isEmpty
    case .orMap(let store): store.isEmpty
    }
  }

  public func appendDots(to dots: inout [Dot]) {
    switch self {
    case .counter(let store): store.appendDots(to: &dots)
    case .orSet(let store): store.appendDots(to: &dots)
    case .mvRegister(let store): store.appendDots(to: &dots)
    case .orMap(let store): store.appendDots(to: &dots)
    }
  }

  public mutating func join(
    _ other: NestedStore, seenHere: CausalContext, seenThere: CausalContext
  ) {
    switch (self, other) {
    case (.counter(var store), .counter(let other)):
      store.join(other, seenHere: seenHere, seenThere: seenThere)
      self = .counter(store)
    case (.orSet(var store), .orSet(let other)):
      store.join(other, seenHere: seenHere, seenThere: seenThere)
      self = .orSet(store)
    case (.mvRegister(var store), .mvRegister(let other)):
      store.join(other, seenHere: seenHere, seenThere: seenThere)
      self = .mvRegister(store)
    case (.orMap(var store), .orMap(let other)):
      store.join(other, seenHere: seenHere, seenThere: seenThere)
      self = .orMap(store)
    // A key names objects of one type.
    default: break
    }
  }

  public mutating func subtract(_ seen: CausalContext) {
    switch self {
    case .counter(var store):
      store.subtract(seen)
      self = .counter(store)
    case .orSet(var store):
      store.subtract(seen)
      self = .orSet(store)
    case .mvRegister(var store):
      store.subtract(seen)
      self = .mvRegister(store)
    case .orMap(var store):
      store.subtract(seen)
      self = .orMap(store)
    }
  }

  private var kind: Kind {
    switch self {
    case .counter: .counter
    case .orSet: .orSet
    case .mvRegister: .mvRegister
    case .orMap: .orMap
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(kind.rawValue)
    switch self {
    case .counter(let store): store.encode(into: &sink)
    case .orSet(let store): store.encode(into: &sink)
    case .mvRegister(let store): store.encode(into: &sink)
    case .orMap(let store): store.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) { self.init(from: &source, depth: 1) }

  private init?(from source: inout ByteSource, depth: Int) {
    guard depth <= NestedStore.depthMax, let kind = source.byte().flatMap(Kind.init(rawValue:))
    else { return nil }
    let store: NestedStore? =
      switch kind {
      case .counter: DotFun(from: &source).map { .counter($0) }
      case .orSet: DotMap(from: &source).map { .orSet($0) }
      case .mvRegister: DotFun(from: &source).map { .mvRegister($0) }
      case .orMap:
        DotMap(from: &source) { NestedStore(from: &$0, depth: depth + 1) }.map { .orMap($0) }
      }
    guard let store else { return nil }
    self = store
  }
}
