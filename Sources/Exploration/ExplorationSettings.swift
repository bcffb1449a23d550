public import Nodes
public import Values

/// How the network of an exploration treats messages.
public enum NetworkKind: String, Hashable, Sendable, CaseIterable {
  /// What was sent once can be delivered at any time, any number of times.
  case set
  /// What was sent is delivered once, in any order, or never.
  case multiset
  /// What was sent over a link is delivered once, in the order in which it was sent.
  case fifo
}

/// How much may go wrong on one path; nothing counts as no limit.
public struct ExplorationBounds: Hashable, Sendable {
  /// No bound can be higher, but that on the depth.
  public static let limit = Budget.limit

  public var crashes = 0
  public var drops = 0
  public var duplicates = 0
  /// Timers that fire, but for those without a delay.
  public var timeouts: Int?
  /// Steps from the initial state.
  public var depth: Int?

  public init(
    crashes: Int = 0, drops: Int = 0, duplicates: Int = 0, timeouts: Int? = nil, depth: Int? = nil
  ) {
    self.crashes = crashes
    self.drops = drops
    self.duplicates = duplicates
    self.timeouts = timeouts
    self.depth = depth
  }
}

/// In which order states are visited.
public enum ExplorationStrategy: String, Hashable, Sendable, CaseIterable {
  /// By the number of steps: the first counterexample is a shortest one.
  case bfs
  case dfs
  /// Paths at random, from the initial state to their end.
  case random
}

/// One of the things that clients ask for.
public struct ScriptedRequest: Hashable, Sendable {
  /// The node that is asked; nothing where it may be any.
  public var node: NodeID?
  public var request: Request

  public init(_ request: Request, of node: NodeID?) {
    self.node = node
    self.request = request
  }
}

/// A client's call as the others see it: what was over when it began, and what came of it.
public struct ObservedCall: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case pending
    /// The node that was asked has crashed: whether it took effect is not known.
    case lost
    case answered(Reply)
  }

  public var client: Int
  public var request: Request
  /// How many calls of each client were over when it began.
  public var before: [Int]
  public var outcome: Outcome

  @inlinable
  public init(client: Int, request: Request, before: [Int], outcome: Outcome) {
    self.client = client
    self.request = request
    self.before = before
    self.outcome = outcome
  }
}

/// What is explored: nodes, a network, what clients ask, and what may go wrong.
public struct ExplorationSettings<N: Node>: Sendable {
  /// The nodes; their ids are their places.
  public var nodes: [Configuration]
  public var network: NetworkKind
  public var bounds: ExplorationBounds
  /// What each client asks, one after the other.
  public var script: [[ScriptedRequest]] = []
  /// What holds in every state.
  public var invariants: [any Invariant<N>] = []
  /// `sometimes` marks that some path has to reach.
  public var sometimes: [String] = []
  /// Marks that every path to an end reaches.
  public var eventually: [String] = []
  /// States in which a node is not within this bound are not entered.
  public var isWithin: @Sendable (N) -> Bool = { _ in true }
  /// Judges what clients have observed: what is wrong with it, if anything is.
  ///
  /// It is asked once for each different history, be it of a path that goes on: what it finds wrong
  /// must stay so whatever follows.
  public var judge: (@Sendable ([ObservedCall]) -> String?)?
  /// How nodes' names are exchanged, where states that differ in that only are taken for one.
  public var symmetry: Symmetry<N>?

  public init(
    nodes: [Configuration], network: NetworkKind = .multiset,
    bounds: ExplorationBounds = ExplorationBounds()
  ) {
    self.nodes = nodes
    self.network = network
    self.bounds = bounds
  }
}
