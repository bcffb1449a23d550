internal import Values

/// A stamp of a logical clock, as a history carries it.
enum LogicalStamp: Hashable {
  /// `["lamport", t]`
  case lamport(Int)
  /// `["vector", [n, …]]`, by node, without zeros at the end or with them.
  case vector([Int])
  /// `["dotted", node, number, [n, …]]`: an event, and the vector of those before it.
  case dotted(Int, Int, [Int])
  /// `["interval-tree", t]`, t a number or [number, left, right].
  case intervalTree(EventTree)

  indirect enum EventTree: Hashable {
    case leaf(Int)
    case node(Int, EventTree, EventTree)
  }

  init?(_ value: Value) {
    guard let parts = value.elements, let kind = parts.first?.name else { return nil }
    switch (kind, parts.count) {
    case ("lamport", 2):
      guard let time = parts[1].integer else { return nil }
      self = .lamport(time)
    case ("vector", 2):
      guard let counts = LogicalStamp.integers(parts[1]) else { return nil }
      self = .vector(counts)
    case ("dotted", 4):
      guard let node = parts[1].integer, node >= 0, let number = parts[2].integer,
        let past = LogicalStamp.integers(parts[3])
      else { return nil }
      self = .dotted(node, number, past)
    case ("interval-tree", 2):
      guard let tree = EventTree(parts[1]) else { return nil }
      self = .intervalTree(tree)
    default: return nil
    }
  }

  private static func integers(_ value: Value) -> [Int]? {
    guard let elements = value.elements else { return nil }
    let integers = elements.compactMap(\.integer)
    return integers.count == elements.count ? integers : nil
  }

  /// Whether the order of stamps is to be that of the events, and not only to agree with it.
  var characterizes: Bool { if case .lamport = self { false } else { true } }

  /// Whether this stamp says that its event happened before another; nothing where the stamps are of
  /// two kinds.
  func precedes(_ other: LogicalStamp) -> Bool? {
    switch (self, other) {
    case (.lamport(let time), .lamport(let otherTime)): time < otherTime
    case (.vector(let counts), .vector(let others)):
      LogicalStamp.isBelow(counts, others) && !LogicalStamp.isBelow(others, counts)
    case (
      .dotted(let node, let number, let past), .dotted(let otherNode, let otherNumber, let others)
    ):
      node < others.count && number <= others[node]
        && !(otherNode < past.count && otherNumber <= past[otherNode])
    case (.intervalTree(let tree), .intervalTree(let otherTree)):
      tree.isBelow(otherTree, 0, 0) && !otherTree.isBelow(tree, 0, 0)
    default: nil
    }
  }

  /// Whether this stamp says of its event what another says of its own, however they are written.
  func isSame(as other: LogicalStamp) -> Bool {
    switch (self, other) {
    case (.lamport(let time), .lamport(let otherTime)): time == otherTime
    case (.vector(let counts), .vector(let others)):
      LogicalStamp.isBelow(counts, others) && LogicalStamp.isBelow(others, counts)
    case (.dotted(let node, let number, _), .dotted(let otherNode, let otherNumber, _)):
      node == otherNode && number == otherNumber
    case (.intervalTree(let tree), .intervalTree(let otherTree)):
      tree.isBelow(otherTree, 0, 0) && otherTree.isBelow(tree, 0, 0)
    default: false
    }
  }

  private static func isBelow(_ left: [Int], _ right: [Int]) -> Bool {
    left.indices.allSatisfy { left[$0] <= ($0 < right.count ? right[$0] : 0) }
  }
}

extension LogicalStamp.EventTree {
  /// What a part of a tree can count: so little that no path's sum overflows.
  private static let counts = 0...1 << 40

  init?(_ value: Value) {
    if let count = value.integer {
      guard Self.counts.contains(count) else { return nil }
      self = .leaf(count)
      return
    }
    guard let parts = value.elements, parts.count == 3, let base = parts[0].integer,
      Self.counts.contains(base), let left = Self(parts[1]), let right = Self(parts[2])
    else { return nil }
    self = .node(base, left, right)
  }

  /// Whether it is nowhere above another, each on top of what its ancestors have.
  fileprivate func isBelow(_ other: Self, _ ground: Int, _ otherGround: Int) -> Bool {
    switch (self, other) {
    case (.leaf(let count), .leaf(let otherCount)):
      return ground + count <= otherGround + otherCount
    case (.leaf, .node(let base, let left, let right)):
      return isBelow(left, ground, otherGround + base) && isBelow(right, ground, otherGround + base)
    case (.node(let base, let left, let right), .leaf):
      return left.isBelow(other, ground + base, otherGround)
        && right.isBelow(other, ground + base, otherGround)
    case (.node(let base, let left, let right), .node(let otherBase, let otherLeft, let otherRight)):
      return left.isBelow(otherLeft, ground + base, otherGround + otherBase)
        && right.isBelow(otherRight, ground + base, otherGround + otherBase)
    }
  }
}
