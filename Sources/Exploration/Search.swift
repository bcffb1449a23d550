import Nodes
import Synchronization
import Values

/// One search through the states of a system.
@usableFromInline
final class Search {
  typealias Layout = StateList.Layout

  let dynamics: any Dynamics
  let shared: SharedDynamics
  let nodeCount: Int
  let network: NetworkKind
  let bounds: ExplorationBounds
  let eventually: [String]
  let sometimes: [String]

  @usableFromInline
  init(
    _ dynamics: any Dynamics, nodeCount: Int, network: NetworkKind, bounds: ExplorationBounds,
    eventually: [String], sometimes: [String]
  ) {
    self.dynamics = dynamics
    shared = SharedDynamics(dynamics)
    self.nodeCount = nodeCount
    self.network = network
    self.bounds = bounds
    self.eventually = eventually
    self.sometimes = sometimes
  }

  @usableFromInline
  func run(
    _ strategy: ExplorationStrategy, _ limits: ExplorationLimits
  ) throws(ExplorationError) -> ExplorationResult {
    var result =
      switch strategy {
      case .bfs: try breadthFirst(limits)
      case .dfs: try depthFirst(limits)
      case .random: try walk(limits)
      }
    result.reachedMarks = dynamics.reachedMarks
    if result.ending == .exhausted || result.ending == .walked {
      result.missedMarks = sometimes.filter { !result.reachedMarks.contains($0) }
    }
    return result
  }

  func makeExpander() -> Expander {
    Expander(OutcomeTable(shared), nodeCount: nodeCount, network: network, bounds: bounds)
  }

  /// The states in which everything begins.
  func initialStates(
    _ expander: Expander, exchangingNames: Bool = true
  ) throws(ExplorationError) -> (states: StateList, violation: Int32) {
    let states = StateList()
    var violation: Int32 = -1
    let initial = try dynamics.initialStates()
    expander.table.learn(dynamics)
    for state in initial {
      var words: [UInt32] = [0, state.memory, 0, state.marks]
      words += state.processes
      words += state.sends
      let fingerprint = words.withUnsafeMutableBufferPointer { buffer -> Fingerprint in
        guard let base = buffer.baseAddress else { return .zero }
        return exchangingNames
          ? expander.canonicalize(base, count: buffer.count)
          : expander.fingerprint(base, count: buffer.count)
      }
      states.append(words, fingerprint)
      if violation < 0 { violation = state.violation }
    }
    return (states, violation)
  }

  /// Which of the marks that each path has to reach a state has not; nothing where it has all.
  func missing(_ marks: UInt32) -> Violation? {
    for (bit, label) in eventually.enumerated() where marks >> UInt32(bit) & 1 == 0 {
      return Violation(label, "a path ends without having reached it", nodes: [])
    }
    return nil
  }

  /// Whether a state without successors breaks a promise that something comes to happen.
  ///
  /// - Parameter expander: The one that has just expanded it.
  func isUnfulfilled(_ state: StateList.State, _ expander: Expander) -> Bool {
    !eventually.isEmpty && !expander.hasMoved && !expander.isCut
      && missing(state.words[Layout.marks]) != nil
  }
}

/// Where a violation was found.
struct Finding: Comparable {
  /// The state in which it shows; for a path's end, the last.
  var state: Fingerprint
  /// The state before it; nothing where it is an initial one, or the end of a path.
  var parent: Fingerprint?
  /// Which it is; -1 for an end that is no good.
  var violation: Int32
  var marks: UInt32 = 0
  static func < (left: Finding, right: Finding) -> Bool {
    (left.state, left.parent ?? .zero) < (right.state, right.parent ?? .zero)
  }
}
