public import Values

/// One event of one node, among all of that node's.
public struct Dot: Hashable, Comparable, Sendable, StablyCodable {
  public var node: NodeID
  /// From 1, without gaps.
  public var number: Int

  public init(_ node: NodeID, _ number: Int) {
    self.node = node
    self.number = number
  }

  public static func < (left: Dot, right: Dot) -> Bool {
    (left.node, left.number) < (right.node, right.number)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(node)
    sink.put(number)
  }

  public init?(from source: inout ByteSource) {
    guard let node = source.node(), let number = source.integer(), node.rawValue >= 0, number > 0
    else { return nil }
    self.init(node, number)
  }
}

/// How many events of each node are known, of each from its first on without gaps.
///
/// As a version vector it says what a replica holds (Parker et al., *Detection of mutual inconsistency
/// in distributed systems*, 1983); as a vector clock, what happened before an event (Mattern, *Virtual
/// time and global states of distributed systems*, 1989; Fidge, 1988). Vectors are partially ordered,
/// and form a join-semilattice.
public struct VersionVector: Hashable, Sendable {
  /// By the nodes' ids, without zeros at the end.
  private var counts: [Int] = []

  public init() {}

  /// The number of a node's events that are known.
  public subscript(node: NodeID) -> Int {
    get { node.index < counts.count ? counts[node.index] : 0 }
    set {
      while counts.count <= node.index { counts.append(0) }
      counts[node.index] = newValue
      while counts.last == 0 { counts.removeLast() }
    }
  }

  public var isEmpty: Bool { counts.isEmpty }

  /// The nodes of which something is known, in ascending order.
  public var nodes: [NodeID] { counts.indices.filter { counts[$0] > 0 }.map { NodeID($0) } }

  /// How many events are known that another vector does not know.
  public func total(beyond other: VersionVector) -> Int {
    counts.indices.reduce(0) { $0 + max(0, counts[$1] - other[NodeID($1)]) }
  }

  public func contains(_ dot: Dot) -> Bool { dot.number <= self[dot.node] }

  /// Counts the next event of a node.
  ///
  /// - Returns: That event.
  public mutating func advance(_ node: NodeID) -> Dot {
    self[node] += 1
    return Dot(node, self[node])
  }

  /// The least upper bound.
  ///
  /// - Complexity: O(*n*) for *n* nodes, as are comparisons.
  public mutating func merge(_ other: VersionVector) {
    while counts.count < other.counts.count { counts.append(0) }
    for (place, count) in other.counts.enumerated() { counts[place] = max(counts[place], count) }
  }

  /// Whether all that one vector knows is known to another.
  public static func <= (left: VersionVector, right: VersionVector) -> Bool {
    left.counts.count <= right.counts.count
      && zip(left.counts, right.counts).allSatisfy { $0 <= $1 }
  }

  public static func < (left: VersionVector, right: VersionVector) -> Bool {
    left <= right && left != right
  }
}

extension VersionVector: StablyCodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(counts.count)
    for count in counts { sink.put(count) }
  }

  public init?(from source: inout ByteSource) {
    guard let length = source.integer(), (0...source.remaining / 8).contains(length) else {
      return nil
    }
    for _ in 0..<length {
      guard let count = source.integer(), count >= 0 else { return nil }
      counts.append(count)
    }
    if counts.last == 0 { return nil }
  }
}
