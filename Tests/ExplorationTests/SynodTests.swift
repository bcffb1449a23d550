import Algorithms
import Exploration
import Nodes
import Systems
import Testing

@Suite("The synod, explored: three nodes, two ballots")
struct SynodTests {
  static func run(
    _ network: NetworkKind, bug: String? = nil, crashes: Int = 0
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.synod.standard
    plan.network = network
    plan.bounds.crashes = crashes
    if let bug { plan.bugs = [bug] }
    return try ExplorableSystem.synod.run(plan, .bfs, ExplorationLimits(cores: 2))
  }

  @Test(
    "two ballots never choose two values",
    arguments: [(NetworkKind.set, 148_477), (.multiset, 1_154_956)])
  func correct(network: NetworkKind, states: Int) throws {
    let result = try SynodTests.run(network)
    #expect(result.ending == .exhausted)
    #expect(result.unique == states)
    #expect(result.missedMarks.isEmpty)
  }

  @Test(
    "a planted bug breaks agreement, by a shortest path",
    arguments: [("ignores-accepted", 0, 18), ("breaks-promise", 0, 18), ("volatile", 1, 19)])
  func mutants(mutant: (bug: String, crashes: Int, steps: Int)) throws {
    let result = try SynodTests.run(
      .set, bug: mutant.bug, crashes: mutant.crashes)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "agreement")
    #expect(result.counterexample.count == mutant.steps)
  }
}
