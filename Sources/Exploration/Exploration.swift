public import Nodes
import Values

/// Visits every state that a system can get into within bounds.
///
/// The nodes are the ones that are simulated and run for real. Both their clocks stand still, a sync
/// succeeds at once, and each delivery, each timer that is set, each crash between two effects and
/// each answer to a node's choices is a step of its own.
public struct Exploration<N: Node>: Sendable {
  public var settings: ExplorationSettings<N>

  public init(_ settings: ExplorationSettings<N>) { self.settings = settings }

  /// Explores.
  ///
  /// With ``ExplorationStrategy/bfs`` the result is a function of the settings, whatever the number of
  /// cores, and its counterexample is a shortest one.
  ///
  /// - Throws: When the system does something that can't be explored.
  @inlinable
  public func run(
    _ strategy: ExplorationStrategy = .bfs, _ limits: ExplorationLimits = ExplorationLimits()
  ) throws(ExplorationError) -> ExplorationResult {
    try makeSearch().run(strategy, limits)
  }

  /// Takes exactly these steps, up to the first that breaks something.
  ///
  /// - Parameter start: In which of the ways in which nodes can start; see ``ExplorationResult/start``.
  /// - Throws: When a step can't be taken, with its number and what can be taken there.
  @inlinable
  public func replay(
    _ steps: [ScenarioStep], from start: Int = 0
  ) throws(ExplorationError) -> ExplorationReplay {
    try makeSearch().replay(steps, from: start)
  }

  @inlinable
  func makeSearch() throws(ExplorationError) -> Search {
    try check()
    return Search(
      Universe(settings), nodeCount: settings.nodes.count, network: settings.network,
      bounds: settings.bounds, eventually: settings.eventually, sometimes: settings.sometimes)
  }

  @usableFromInline
  func check() throws(ExplorationError) {
    guard settings.nodes.indices.allSatisfy({ settings.nodes[$0].id.index == $0 }) else {
      throw ExplorationError("the nodes' ids must be their places")
    }
    let bounds = settings.bounds
    let counts = [bounds.crashes, bounds.drops, bounds.duplicates, bounds.timeouts ?? 0]
    guard counts.allSatisfy({ (0...Budget.limit).contains($0) }) else {
      throw ExplorationError("no bound can be above \(Budget.limit)")
    }
    guard settings.network != .set || bounds.drops + bounds.duplicates == 0 else {
      throw ExplorationError(
        "a network that is a set delivers any number of times, or never: it has no drops")
    }
    try checkSymmetry()
    guard N.Timer.allCases.count <= 32, settings.eventually.count <= 32 else {
      throw ExplorationError("more than 32 timers or `eventually` marks can't be explored")
    }
    guard settings.script.count < ExploredRequest.limit,
      settings.script.allSatisfy({ $0.count < ExploredRequest.limit })
    else { throw ExplorationError("the clients' script is too long") }
  }

  private func checkSymmetry() throws(ExplorationError) {
    guard settings.symmetry != nil else { return }
    guard settings.script.allSatisfy({ $0.allSatisfy { $0.node == nil } }) else {
      throw ExplorationError("names can't be exchanged where clients call nodes by name")
    }
    guard settings.bounds.crashes == 0 else {
      throw ExplorationError(
        "names can't be exchanged where nodes crash: their disks hold names, and some of what they "
          + "were about to send to all has left in the order of these")
    }
    for invariant in settings.invariants where Exploration.remembers(invariant) {
      guard invariant is any RenamableInvariant<N> else {
        throw ExplorationError("names can't be exchanged in what an invariant remembers")
      }
    }
  }

  private static func remembers<Promise: Invariant>(_: Promise) -> Bool {
    MemoryLayout<Promise>.size > 0
  }
}
