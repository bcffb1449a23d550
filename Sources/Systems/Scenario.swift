import Algorithms
public import Exploration
import Values

/// A path of an exploration, as something that can be taken again: a system, and what happens to it.
///
/// Bounds are no part of it: whatever its steps say happens, and nothing else.
public struct Scenario: Sendable {
  /// The name of the system.
  public var system: String
  public var plan: ExplorationPlan
  /// In which of the ways in which nodes can start it begins.
  public var start: Int
  public var steps: [ScenarioStep]

  public init(_ system: String, _ plan: ExplorationPlan, start: Int = 0, _ steps: [ScenarioStep]) {
    self.system = system
    self.plan = plan
    self.start = start
    self.steps = steps
  }

  /// The path to what an exploration found wrong.
  public init?(_ system: ExplorableSystem, _ plan: ExplorationPlan, _ result: ExplorationResult) {
    guard result.violation != nil else { return nil }
    self.init(
      system.description.name, plan, start: result.start, result.counterexample.map(\.name))
  }

  /// Takes the steps, up to the first that breaks something.
  ///
  /// - Throws: When a step can't be taken, or the system has not what the scenario asks for.
  public func replay() throws(ExplorationError) -> ExplorationReplay {
    guard let system = ExplorableSystem.named(system) else {
      throw ExplorationError("there is no system \"\(self.system)\" to explore")
    }
    var plan = plan
    plan.usesSymmetry = false
    let mayLose = plan.network == .set ? 0 : ExplorationBounds.limit
    plan.bounds = ExplorationBounds(
      crashes: ExplorationBounds.limit, drops: mayLose, duplicates: mayLose)
    return try system.replay(plan, steps, from: start)
  }
}
