import Algorithms
import Exploration
import Nodes
import Systems
import Testing

@Suite("The synod, explored: three nodes, two ballots")
struct SynodTests {
  static func run(
    _ network: NetworkKind, bug: String? = nil, crashes: Int = 0, nodeCount: Int = 3
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.synod.standard
    plan.network = network
    plan.nodeCount = nodeCount
    plan.bounds.crashes = crashes
    if let bug { plan.bugs = [bug] }
    return try ExplorableSystem.synod.run(plan, .bfs, ExplorationLimits(cores: 2))
  }

  @Test("two ballots never choose two values", arguments: [NetworkKind.set, .fifo])
  func correct(network: NetworkKind) throws {
    let result = try SynodTests.run(network)
    #expect(result.ending == .exhausted)
    #expect(result.missedMarks.isEmpty)
  }

  @Test(
    "a planted bug breaks agreement",
    arguments: [("ignores-accepted", 0, 3), ("breaks-promise", 0, 3), ("volatile", 1, 3)])
  func mutants(mutant: (bug: String, crashes: Int, nodeCount: Int)) throws {
    let result = try SynodTests.run(
      .set, bug: mutant.bug, crashes: mutant.crashes, nodeCount: mutant.nodeCount)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "agreement")
  }
}
