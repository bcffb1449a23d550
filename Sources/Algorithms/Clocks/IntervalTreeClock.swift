/// An interval tree clock: an identity that can be split, and how many events each part of the interval
/// from 0 to 1 has seen.
///
/// Who stamps events need not be known beforehand: a stamp is forked for a newcomer and joined when one
/// leaves.
///
/// Almeida, Baquero and Fonte: Interval tree clocks: a logical clock for dynamic systems (2008),
/// section 5.
public struct IntervalTreeClock: Hashable, Sendable {
  /// Which parts of the interval are its own.
  public private(set) var identity: IntervalIdentity
  public private(set) var events: IntervalEvents

  init(_ identity: IntervalIdentity, _ events: IntervalEvents) {
    self.identity = identity
    self.events = events
  }

  /// The first stamp, to which the whole interval belongs.
  public static let seed = IntervalTreeClock(.whole, .leaf(0))

  /// Splits what is its own into two, which know the same.
  public func forked() -> (IntervalTreeClock, IntervalTreeClock) {
    let (left, right) = identity.split()
    return (IntervalTreeClock(left, events), IntervalTreeClock(right, events))
  }

  /// A stamp that knows the same and owns nothing: what a message carries.
  public var peeked: IntervalTreeClock { IntervalTreeClock(.none, events) }

  /// Takes over what another owns, and learns what it knows.
  public mutating func join(_ other: IntervalTreeClock) {
    identity = identity.sum(other.identity)
    events = events.joined(other.events)
  }

  /// Counts an event; a stamp that owns nothing can't.
  public mutating func event() {
    guard identity != .none else { return }
    let filled = events.filled(identity)
    events = filled != events ? filled : events.grown(identity).events
  }

  /// Whether all that this stamp knows is known to another.
  public static func <= (left: IntervalTreeClock, right: IntervalTreeClock) -> Bool {
    left.events.isBelow(right.events)
  }

  public static func < (left: IntervalTreeClock, right: IntervalTreeClock) -> Bool {
    left <= right && !(right <= left)
  }
}

/// Parts of an interval.
public indirect enum IntervalIdentity: Hashable, Sendable {
  case none
  case whole
  case halves(IntervalIdentity, IntervalIdentity)

  private static func normal(
    _ left: IntervalIdentity, _ right: IntervalIdentity
  ) -> IntervalIdentity {
    switch (left, right) {
    case (.none, .none): .none
    case (.whole, .whole): .whole
    default: .halves(left, right)
    }
  }

  func split() -> (IntervalIdentity, IntervalIdentity) {
    switch self {
    case .none: return (.none, .none)
    case .whole: return (.halves(.whole, .none), .halves(.none, .whole))
    case .halves(.none, let right):
      let (first, second) = right.split()
      return (.halves(.none, first), .halves(.none, second))
    case .halves(let left, .none):
      let (first, second) = left.split()
      return (.halves(first, .none), .halves(second, .none))
    case .halves(let left, let right):
      return (.halves(left, .none), .halves(.none, right))
    }
  }

  /// The parts of both, which must not overlap; where they do, one takes it all.
  func sum(_ other: IntervalIdentity) -> IntervalIdentity {
    switch (self, other) {
    case (.none, let identity), (let identity, .none): identity
    case (.halves(let left, let right), .halves(let otherLeft, let otherRight)):
      .normal(left.sum(otherLeft), right.sum(otherRight))
    default: .whole
    }
  }
}

/// A number of events for each part of an interval: that of the node, and on top of it those of the
/// halves, of which one has none.
public indirect enum IntervalEvents: Hashable, Sendable {
  case leaf(Int)
  case node(Int, IntervalEvents, IntervalEvents)

  var base: Int {
    switch self {
    case .leaf(let base), .node(let base, _, _): base
    }
  }

  private var maximum: Int {
    switch self {
    case .leaf(let base): base
    case .node(let base, let left, let right): base + max(left.maximum, right.maximum)
    }
  }

  private func lifted(by count: Int) -> IntervalEvents {
    switch self {
    case .leaf(let base): .leaf(base + count)
    case .node(let base, let left, let right): .node(base + count, left, right)
    }
  }

  private static func normal(
    _ base: Int, _ left: IntervalEvents, _ right: IntervalEvents
  ) -> IntervalEvents {
    if case .leaf(let count) = left, case .leaf(count) = right { return .leaf(base + count) }
    let least = min(left.base, right.base)
    return .node(base + least, left.lifted(by: -least), right.lifted(by: -least))
  }

  /// The halves of a leaf are alike.
  private var halves: (IntervalEvents, IntervalEvents) {
    switch self {
    case .leaf: (.leaf(0), .leaf(0))
    case .node(_, let left, let right): (left, right)
    }
  }

  func isBelow(_ other: IntervalEvents) -> Bool {
    guard base <= other.base else { return false }
    guard case .node(let base, let left, let right) = self else { return true }
    let (otherLeft, otherRight) = other.halves
    return left.lifted(by: base).isBelow(otherLeft.lifted(by: other.base))
      && right.lifted(by: base).isBelow(otherRight.lifted(by: other.base))
  }

  func joined(_ other: IntervalEvents) -> IntervalEvents {
    if case .leaf(let one) = self, case .leaf(let two) = other { return .leaf(max(one, two)) }
    guard base <= other.base else { return other.joined(self) }
    let (left, right) = halves
    let (otherLeft, otherRight) = other.halves
    let above = other.base - base
    return .normal(
      base, left.joined(otherLeft.lifted(by: above)), right.joined(otherRight.lifted(by: above)))
  }

  /// Raises its own parts as far as that makes the tree no deeper.
  func filled(_ identity: IntervalIdentity) -> IntervalEvents {
    switch (identity, self) {
    case (.none, _): return self
    case (.whole, _): return .leaf(maximum)
    case (_, .leaf): return self
    case (.halves(.whole, let id), .node(let base, let left, let right)):
      let filled = right.filled(id)
      return .normal(base, .leaf(max(left.maximum, filled.base)), filled)
    case (.halves(let id, .whole), .node(let base, let left, let right)):
      let filled = left.filled(id)
      return .normal(base, filled, .leaf(max(right.maximum, filled.base)))
    case (.halves(let first, let second), .node(let base, let left, let right)):
      return .normal(base, left.filled(first), right.filled(second))
    }
  }

  /// Adds one to a part that is its own, with the least growth of the tree.
  func grown(_ identity: IntervalIdentity) -> (events: IntervalEvents, cost: Int) {
    /// Greater than the cost of any depth: a tree that gets a node is worse than any that does not.
    let newNode = 1_000
    switch (identity, self) {
    case (.whole, .leaf(let base)): return (.leaf(base + 1), 0)
    case (_, .leaf(let base)):
      let (events, cost) = IntervalEvents.node(base, .leaf(0), .leaf(0)).grown(identity)
      return (events, cost + newNode)
    case (.halves(.none, let id), .node(let base, let left, let right)):
      let (events, cost) = right.grown(id)
      return (.node(base, left, events), cost + 1)
    case (.halves(let id, .none), .node(let base, let left, let right)):
      let (events, cost) = left.grown(id)
      return (.node(base, events, right), cost + 1)
    case (.halves(let first, let second), .node(let base, let left, let right)):
      let (grownLeft, leftCost) = left.grown(first)
      let (grownRight, rightCost) = right.grown(second)
      return leftCost < rightCost
        ? (.node(base, grownLeft, right), leftCost + 1)
        : (.node(base, left, grownRight), rightCost + 1)
    // A whole identity fills what is below it first, and none has no event.
    case (.whole, .node), (.none, .node): return (.leaf(maximum + 1), newNode)
    }
  }
}
