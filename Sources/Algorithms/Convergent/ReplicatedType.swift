public import Nodes
public import Values

/// An update of a replicated object, as a client asks for it.
public struct ReplicatedUpdate: Hashable, Sendable {
  /// What is done, in the type's words: `add`, `remove`, `write`.
  public var f: String
  public var value: Value

  public init(_ f: String, _ value: Value = .null) {
    self.f = f
    self.value = value
  }
}

/// Where, when and as which update of its node an update is made.
public struct UpdateOrigin: Hashable, Sendable {
  /// The update's own name, which no other update has.
  public var dot: Dot
  /// The node's wall clock, which may be wrong.
  public var wallClock: Nanoseconds
  /// What stamps are made of.
  public var clock: StampClock
  /// The planted bugs that are switched on.
  public var bugs: Set<String>

  public init(
    _ dot: Dot, wallClock: Nanoseconds = 0, clock: StampClock = .hybrid, bugs: Set<String> = []
  ) {
    self.dot = dot
    self.wallClock = wallClock
    self.clock = clock
    self.bugs = bugs
  }
}

/// What the node that made an update tells its client of it, beside that it is done.
public struct UpdateResult: Hashable, Sendable {
  /// What took the place of the update's own value, where that says more: what was deleted.
  public var value: Value?
  /// Where updates are in an order of the type's own, the update's place in it: the greater stamp is
  /// the later one.
  public var stamp: Stamp?

  public init(value: Value? = nil, stamp: Stamp? = nil) {
    self.value = value
    self.stamp = stamp
  }
}

/// A time that no other update has: that of a clock, ties broken by the node.
public struct Stamp: Hashable, Comparable, Sendable, StablyCodable {
  public var time: Int
  public var node: NodeID

  public init(_ time: Int, _ node: NodeID) {
    self.time = time
    self.node = node
  }

  public static func < (left: Stamp, right: Stamp) -> Bool {
    (left.time, left.node) < (right.time, right.node)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(time)
    sink.put(node)
  }

  public init?(from source: inout ByteSource) {
    guard let time = source.integer(), let node = source.node() else { return nil }
    self.init(time, node)
  }
}

/// A replicated data type of states that are merged: a join-semilattice in which every update is a
/// join with a small state, its delta.
///
/// After Shapiro et al., *Conflict-free replicated data types* (2011), section 2.2, and Almeida et al.,
/// *Delta state replicated data types* (2018), section 4. Merging is associative, commutative and
/// idempotent, in whatever groups deltas come; ``ReplicatedState`` replicates whole states or deltas.
public protocol MergedType: Hashable, Sendable, StablyCodable {
  static var description: AlgorithmDescription { get }

  init()

  /// What a read answers.
  var value: Value { get }

  /// The delta of an update: a state whose merge into this one makes the update.
  ///
  /// - Throws: A definite error where the update is refused, or is none of this type.
  func delta(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (delta: Self, result: UpdateResult)

  /// Merges another state, or a delta, into this one: their least upper bound.
  mutating func merge(_ other: Self, bugs: Set<String>)
}

/// A replicated data type of operations that are told: each update is prepared where it is made, and
/// its effect is then applied at every replica, once, after all that had been applied where it was made.
///
/// After Shapiro et al. (2011), section 2.3. Effects of concurrent updates commute.
public protocol ToldType: Hashable, Sendable, StablyEncodable {
  associatedtype Effect: Hashable, Sendable, StablyCodable

  static var description: AlgorithmDescription { get }

  init()

  /// What a read answers.
  var value: Value { get }

  /// The effect of an update that is made here.
  ///
  /// - Throws: A definite error where the update is refused, or is none of this type.
  func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Effect, result: UpdateResult)

  /// Applies the effect of the update of a name, which may have been made anywhere.
  mutating func apply(_ effect: Effect, of dot: Dot, bugs: Set<String>)
}
