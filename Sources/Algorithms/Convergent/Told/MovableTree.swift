public import Nodes
public import Values

/// A tree whose nodes can be moved, in which concurrent moves never make a circle.
///
/// Kleppmann et al., *A highly-available move operation for replicated trees* (2021), section 3:
/// moves are made in the order of their stamps. One that comes late undoes the later ones, is made,
/// and has them made again; one that would make a node its own ancestor is skipped. All nodes hang
/// on the root 0, or on nodes that nobody has moved anywhere yet.
public struct MovableTree: ToldType {
  static let circleUnchecked = PlantedBug(
    "circle-unchecked", "a move is made even where it makes a circle",
    source:
      "Kleppmann et al. (2021), section 2.2: Google Drive fails on moves into each other.",
    violates: ["malformed-tree", "unexplained"])
  static let arrivalOrder = PlantedBug(
    "arrival-order", "moves are made in the order of their arrival",
    source:
      "Kleppmann et al. (2021), section 3: replicas converge as moves are made in one order.",
    violates: ["diverging", "unexplained"])
  static let notRedone = PlantedBug(
    "not-redone",
    "a move that comes late is made only where no later move of its node is known, and "
      + "later moves are not looked at again",
    source:
      "Kleppmann et al. (2021), section 3: whether a later move makes a circle depends on the "
      + "earlier ones.",
    violates: ["diverging", "unexplained"])

  public static let description = AlgorithmDescription(
    name: "crdt-tree", summary: "A tree of operations that are told, whose nodes can be moved.",
    promise:
      "A read is a tree: that of the visible moves in the order of their stamps, without those "
      + "that would make a circle.",
    assumptions: "Operations are delivered once. Nodes that fail come back; a disk keeps what was "
      + "synced. Clocks may be wrong, unless they are used as they are.",
    paper: "Kleppmann et al.: A highly-available move operation for replicated trees (2021), "
      + "section 3.",
    options: [StampClock.option],
    bugs: [circleUnchecked, arrivalOrder, notRedone, .clockNotAdvanced, .tieUnbroken],
    workloads: ["crdt-tree"])

  /// A node of the tree gets a parent.
  public struct Move: Hashable, Sendable, StablyCodable {
    var stamp: Stamp
    var node: Value
    var parent: Value
  }

  public typealias Effect = Move

  /// A move that was made or skipped, and what undoes it.
  private struct Entry: Hashable, Sendable {
    var move: Move
    var dot: Dot
    /// The node's parent before, or null.
    var former: Value?
    var isSkipped: Bool

    /// Wall clocks may give two moves of a node one stamp.
    func precedes(_ other: Move, _ dot: Dot, _ bugs: Set<String>) -> Bool {
      if bugs.contains(.tieUnbroken) { return move.stamp.time <= other.stamp.time }
      return move.stamp == other.stamp ? self.dot < dot : move.stamp < other.stamp
    }
  }

  static let root = Value.integer(0)

  /// In the order in which the moves are made.
  private var log: [Entry] = []
  /// Follows from the log.
  private var parents: [Value: Value] = [:]

  public init() {}

  public var value: Value {
    .list(parents.sorted { $0.key < $1.key }.map { [$0.key, $0.value] })
  }

  public func effect(
    of update: ReplicatedUpdate, at origin: UpdateOrigin
  ) throws(ErrorReply) -> (effect: Move, result: UpdateResult) {
    guard update.f == "move" else { throw .unknown(update) }
    let operands = try update.elements(2)
    guard operands[0] != MovableTree.root else { throw .refused("the root is never moved") }
    let stamp = origin.stamp(after: log.lazy.map(\.move.stamp.time).max())
    return (
      Move(stamp: stamp, node: operands[0], parent: operands[1]), UpdateResult(stamp: stamp)
    )
  }

  /// - Complexity: Linear in the moves of greater stamps, each with the depth of its parent.
  public mutating func apply(_ effect: Move, of dot: Dot, bugs: Set<String>) {
    if bugs.contains(MovableTree.notRedone) {
      let isLate = log.contains { $0.move.node == effect.node && !$0.precedes(effect, dot, bugs) }
      if isLate { log.append(Entry(move: effect, dot: dot, former: nil, isSkipped: true)) }
      if isLate { return }
    }
    var later: [Entry] = []
    let isByArrival =
      bugs.contains(MovableTree.arrivalOrder) || bugs.contains(MovableTree.notRedone)
    while !isByArrival, let last = log.last, !last.precedes(effect, dot, bugs) {
      undo(last)
      later.append(log.removeLast())
    }
    make(effect, dot, bugs)
    for entry in later.reversed() { make(entry.move, entry.dot, bugs) }
  }

  private mutating func make(_ move: Move, _ dot: Dot, _ bugs: Set<String>) {
    let isSkipped =
      !bugs.contains(MovableTree.circleUnchecked) && hangs(move.parent, below: move.node)
    log.append(
      Entry(move: move, dot: dot, former: parents[move.node], isSkipped: isSkipped))
    if !isSkipped { parents[move.node] = move.parent }
  }

  private mutating func undo(_ entry: Entry) {
    if !entry.isSkipped { parents[entry.move.node] = entry.former }
  }

  /// Whether a node is another one or has it above it.
  private func hangs(_ node: Value, below other: Value) -> Bool {
    var ancestor: Value? = node
    while let next = ancestor {
      if next == other { return true }
      ancestor = parents[next]
    }
    return false
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(log.count)
    for entry in log {
      entry.move.encode(into: &sink)
      entry.dot.encode(into: &sink)
      sink.put(entry.former)
      sink.put(entry.isSkipped)
    }
  }
}

extension MovableTree.Move {
  public func encode(into sink: inout some ByteSink) {
    stamp.encode(into: &sink)
    node.encode(into: &sink)
    parent.encode(into: &sink)
  }

  public init?(from source: inout ByteSource) {
    guard let stamp = Stamp(from: &source), let node = Value(from: &source),
      let parent = Value(from: &source)
    else { return nil }
    self.init(stamp: stamp, node: node, parent: parent)
  }
}
