import Nodes
public import Values

/// An event by itself, and the events that happened before it as a version vector.
///
/// To tell whether one event happened before another takes one comparison, whatever the number of
/// nodes: whether the other's vector has it. And the event may be ahead of its node's entry in the
/// vector, so that a server can tell writes apart that clients made without knowing of each other; see
/// ``Siblings``.
///
/// Preguiça, Baquero, Almeida, Fonte and Gonçalves: Dotted version vectors: efficient causality tracking
/// for distributed key-value stores (2012), section 4.
public struct DottedVersionVector: Hashable, Sendable, StablyCodable {
  public var dot: Dot
  /// What happened before; the dot is not in it.
  public var past: VersionVector

  public init(_ dot: Dot, past: VersionVector) {
    self.dot = dot
    self.past = past
  }

  /// Whether this event happened before another.
  public func precedes(_ other: DottedVersionVector) -> Bool { other.past.contains(dot) }

  /// The event and all before it.
  public var history: VersionVector {
    var history = past
    history[dot.node] = max(history[dot.node], dot.number)
    return history
  }

  public func encode(into sink: inout some ByteSink) {
    dot.encode(into: &sink)
    past.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let dot = Dot(from: &source), let past = VersionVector(from: &source) else { return nil }
    self.init(dot, past: past)
  }
}

/// A clock whose stamps are dotted version vectors.
public struct DottedClock: EventClock {
  private let node: NodeID
  private var known = VersionVector()
  /// The last event; none before the first.
  private var last: DottedVersionVector?

  public init(identity: Int, of count: Int) { node = NodeID(identity) }

  public mutating func tick() {
    let past = known
    last = DottedVersionVector(known.advance(node), past: past)
  }

  public mutating func merge(_ other: DottedClock) { known.merge(other.known) }

  public var stamp: Value {
    let dot = last?.dot ?? Dot(node, 0)
    return [
      "dotted", .integer(dot.node.index), .integer(dot.number),
      .list((last?.past ?? VersionVector()).list),
    ]
  }

  public var stampSize: Int {
    let dot = last?.dot ?? Dot(node, 0)
    return CompactBytes.count(of: dot.node.index) + CompactBytes.count(of: dot.number)
      + (last?.past ?? VersionVector()).compactSize
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(node)
    known.encode(into: &sink)
    sink.put(last)
  }

  public init?(from source: inout ByteSource) {
    guard let node = source.node(), let known = VersionVector(from: &source),
      let last = source.optional(DottedVersionVector.self)
    else { return nil }
    self.node = node
    self.known = known
    self.last = last
  }

  public static let description = AlgorithmDescription(
    name: "dotted-version-vector",
    summary: "Events stamped by themselves and a version vector of what happened before them.",
    promise: "An event is in the vector of another if and only if it happened before it.",
    assumptions: "A disk keeps what was synced; the nodes are known.",
    paper:
      "Preguiça, Baquero, Almeida, Fonte and Gonçalves: Dotted version vectors: efficient causality "
      + "tracking for distributed key-value stores (2012), section 4.",
    bugs: [
      ClockBug.noMerge(
        source: "Preguiça et al. (2012), section 5: a context is the union of what was read."),
      ClockBug.noTick(source: "Preguiça et al. (2012), section 4: a dot names one event."),
      ClockBug.staleMessage(
        source: "Riak before 2.0, sibling explosion: contexts that lacked the write they came with."
      ),
      ClockBug.sharedEntry(
        source:
          "Riak and Voldemort: two virtual nodes under one actor's name lose each other's writes."),
      ClockBug.forgetsClock,
    ], workloads: ["clocks"], messageTypes: ["told"])
}
