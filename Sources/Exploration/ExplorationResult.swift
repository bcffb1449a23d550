public import Nodes
public import Values

/// What an exploration found.
public struct ExplorationResult: Sendable {
  public enum Ending: Hashable, Sendable {
    /// All states within the bounds were visited.
    case exhausted
    /// Something is wrong.
    case violated
    /// Whoever asked for it did not want to wait any longer.
    case stopped
    /// There was no room for more states.
    case outOfMemory
    /// So many random walks were made as were asked for.
    case walked
  }

  public var ending: Ending
  /// Different states, and all that were found as successors of one.
  public var unique: Int
  public var generated: Int
  /// The most steps of a path that was looked at.
  public var depth: Int
  /// The most bytes in use for states at a time.
  public var bytes: Int
  public var violation: Violation?
  /// The path from the start to the violation.
  public var counterexample: [ExplorationStep] = []
  /// In which of the ways in which nodes can start it begins, in the order of their choices.
  public var start = 0
  /// The `sometimes` marks that were reached, and those of the demanded that were not.
  public var reachedMarks: [String] = []
  public var missedMarks: [String] = []

  /// The memory a state took.
  public var bytesPerState: Double { unique > 0 ? Double(bytes) / Double(unique) : 0 }
}

/// One step of a path, for people.
public struct ExplorationStep: Hashable, Sendable {
  /// Whose step it is; nothing where a message is dropped or duplicated.
  public var node: NodeID?
  /// What happened: `n2 receives vote(term: 1) from n1`.
  public var event: String
  /// What came of it, a line each: messages that were sent, clients that were answered.
  public var consequences: [String]
  /// The same by names, for scenarios.
  public var name: ScenarioStep
}

/// What taking the steps of a scenario has brought about.
public struct ExplorationReplay: Sendable {
  /// The steps up to the violation, if there is one.
  public internal(set) var steps: [ExplorationStep] = []
  public internal(set) var violation: Violation?
}

/// How much an exploration may take.
public struct ExplorationLimits: Sendable {
  /// The most bytes for states.
  public var memory: Int
  /// How many threads expand states.
  public var cores: Int
  /// With random walks: how many, the seed, and the most steps of each.
  public var walks = 1_000
  public var seed: UInt64 = 0
  public var walkLength = 1_000
  /// Asked now and then; once it says yes, the exploration ends.
  public var isStopped: @Sendable () -> Bool = { false }
  /// Told now and then how many states were visited, and how many steps away the last is.
  public var watch: @Sendable (_ unique: Int, _ depth: Int) -> Void = { _, _ in }

  public init(memory: Int = 4 << 30, cores: Int = 1) {
    self.memory = memory
    self.cores = cores
  }
}
