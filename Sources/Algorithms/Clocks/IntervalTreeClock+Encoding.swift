import Nodes
public import Values

extension IntervalTreeClock: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    identity.encode(into: &sink)
    events.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let identity = IntervalIdentity(from: &source),
      let events = IntervalEvents(from: &source)
    else { return nil }
    self.init(identity, events)
  }
}

/// How deep a tree may be that is read back: each fork can add a level.
private let depthLimit = 256

extension IntervalIdentity: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .none: sink.put(UInt8(0))
    case .whole: sink.put(UInt8(1))
    case .halves(let left, let right):
      sink.put(UInt8(2))
      left.encode(into: &sink)
      right.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) { self.init(from: &source, depth: depthLimit) }

  private init?(from source: inout ByteSource, depth: Int) {
    guard depth > 0 else { return nil }
    switch source.byte() {
    case 0: self = .none
    case 1: self = .whole
    case 2:
      guard let left = IntervalIdentity(from: &source, depth: depth - 1),
        let right = IntervalIdentity(from: &source, depth: depth - 1)
      else { return nil }
      self = .halves(left, right)
    default: return nil
    }
  }
}

extension IntervalEvents: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    switch self {
    case .leaf(let base):
      sink.put(UInt8(0))
      sink.put(base)
    case .node(let base, let left, let right):
      sink.put(UInt8(1))
      sink.put(base)
      left.encode(into: &sink)
      right.encode(into: &sink)
    }
  }

  public init?(from source: inout ByteSource) { self.init(from: &source, depth: depthLimit) }

  private init?(from source: inout ByteSource, depth: Int) {
    guard depth > 0, let tag = source.byte(), let base = source.integer() else { return nil }
    switch tag {
    case 0: self = .leaf(base)
    case 1:
      guard let left = IntervalEvents(from: &source, depth: depth - 1),
        let right = IntervalEvents(from: &source, depth: depth - 1)
      else { return nil }
      self = .node(base, left, right)
    default: return nil
    }
  }
}

extension IntervalTreeClock: EventClock {
  /// A leaf of the tree of identities that forking the seed again and again, breadth first, gives.
  public init(identity: Int, of count: Int) {
    var clocks = [IntervalTreeClock.seed]
    while clocks.count < count {
      let (left, right) = clocks.removeFirst().forked()
      clocks += [left, right]
    }
    self = clocks[identity % clocks.count]
  }

  public mutating func tick() { event() }

  public mutating func merge(_ other: IntervalTreeClock) { join(other.peeked) }

  public var stamp: Value { ["interval-tree", events.value] }
  public var stampSize: Int { (events.bitCount + 7) / 8 }

  public static let description = AlgorithmDescription(
    name: "interval-tree-clock",
    summary: "Events stamped by a tree of counts over an interval that the nodes have shared out.",
    promise: "An event has a smaller stamp than another if and only if it happened before it.",
    assumptions:
      "A disk keeps what was synced; here the members are forked from one seed at the start.",
    paper:
      "Almeida, Baquero and Fonte: Interval tree clocks: a logical clock for dynamic systems (2008), "
      + "section 5.",
    bugs: [
      ClockBug.noMerge(source: "Almeida et al. (2008), section 3: receive is join, then event."),
      ClockBug.noTick(source: "Almeida et al. (2008), section 3: receive is join, then event."),
      ClockBug.staleMessage(source: "Almeida et al. (2008), section 3: send is event, then peek."),
      ClockBug.sharedEntry(
        source: "Almeida et al. (2008), section 3: identities that exist at a time never overlap."),
      ClockBug.forgetsClock,
    ], workloads: ["clocks"], messageTypes: ["told"])
}

extension IntervalEvents {
  /// A number, or [number, left, right].
  var value: Value {
    switch self {
    case .leaf(let base): .integer(base)
    case .node(let base, let left, let right): [.integer(base), left.value, right.value]
    }
  }

  /// The size on the wire: a bit for the shape, another for whether there is a number, and the number.
  fileprivate var bitCount: Int {
    let number = base == 0 ? 1 : 1 + 8 * CompactBytes.count(of: base)
    switch self {
    case .leaf: return 1 + number
    case .node(_, let left, let right): return 1 + number + left.bitCount + right.bitCount
    }
  }
}
