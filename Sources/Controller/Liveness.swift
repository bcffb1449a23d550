public import Values

/// The demand that a cluster makes progress once the faults are over, though a quorum only came back.
///
/// When the main phase is over everything is mended, but a random quorum apart all nodes are killed and
/// stay dead. One node of the quorum at least has a client. Within the bound each node of the quorum must
/// have answered an operation that was invoked since; one that was asked in the first half of that time
/// and has not is stuck.
public struct Liveness: Hashable, Sendable {
  /// The nodes that are left, in ascending order.
  public let quorum: [NodeID]
  let others: [NodeID]
  /// Since the main phase began.
  let begin: Nanoseconds
  let bound: Nanoseconds
  private var asked: Set<NodeID> = []
  private var answered: Set<NodeID> = []
  private(set) var isDemanding = false
  private(set) var isOver = false

  /// - Parameters:
  ///   - count: How many nodes make a quorum.
  ///   - clientCount: How many clients there are; each asks the node of its number.
  ///   - begin: When the faults end, since the main phase began.
  public init(
    _ nodes: [NodeID], count: Int, clientCount: Int, begin: Nanoseconds, bound: Nanoseconds,
    seed: UInt64
  ) {
    var draws = Draws(seed: seed, stream: 0x6c69_7665)
    var chosen = draws.shuffled(nodes)
    let asked = nodes.prefix(clientCount)
    if let first = chosen.firstIndex(where: asked.contains), first >= count {
      chosen.swapAt(count - 1, first)
    }
    quorum = chosen.prefix(count).sorted()
    others = nodes.filter { [quorum] in !quorum.contains($0) }
    self.begin = begin
    self.bound = bound
  }

  /// The next moment at which it has something to say, since the main phase began.
  var nextTime: Nanoseconds? { isOver ? nil : isDemanding ? begin + bound : begin }

  mutating func start() { isDemanding = true }

  mutating func end() { isOver = true }

  /// Notes that an operation was invoked at a node.
  mutating func ask(_ node: NodeID, at time: Nanoseconds) {
    if isDemanding && time <= begin + bound / 2 { asked.insert(node) }
  }

  /// Notes that an operation succeeded at a node.
  mutating func answer(_ node: NodeID, invoked: Nanoseconds) {
    if isDemanding && invoked >= begin { answered.insert(node) }
  }

  /// Whether every node of the quorum has answered.
  var isMet: Bool { quorum.allSatisfy(answered.contains) }

  /// Whether anything follows from the demand: a node of the quorum has answered, or is stuck.
  var isDecided: Bool { !answered.isDisjoint(with: quorum) || (isOver && !stuck.isEmpty) }

  /// Nodes of the quorum that were asked and did not answer.
  var stuck: [NodeID] { quorum.filter { asked.contains($0) && !answered.contains($0) } }
}
