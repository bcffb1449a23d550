import Exploration
import Nodes
import Systems
import Testing

@Suite("The lease lock, explored: two clients, four timeouts")
struct LeaseLockTests {
  static func run(
    _ network: NetworkKind = .multiset, bug: String? = nil, crashes: Int = 0,
    symmetry: Bool = false
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.leaseLock.standard
    plan.network = network
    plan.bounds.crashes = crashes
    plan.usesSymmetry = symmetry
    if let bug { plan.bugs = [bug] }
    return try ExplorableSystem.leaseLock.run(
      plan, .bfs, ExplorationLimits(memory: 1 << 30, cores: 2))
  }

  @Test(
    "no write is accepted after one of a later holder", arguments: NetworkKind.allCases, [0, 1])
  func correct(network: NetworkKind, crashes: Int) throws {
    let result = try LeaseLockTests.run(network, crashes: crashes)
    #expect(result.ending == .exhausted)
    #expect(result.missedMarks.isEmpty)
  }

  @Test(
    "a planted bug lets two clients write, by a shortest path",
    arguments: [
      ("no-fencing", 0, 9), ("expiry-keeps-token", 0, 9), ("volatile-token", 1, 9),
      ("forgetful-storage", 1, 10),
    ])
  func mutants(mutant: (bug: String, crashes: Int, steps: Int)) throws {
    let result = try LeaseLockTests.run(bug: mutant.bug, crashes: mutant.crashes)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "mutual-exclusion")
    #expect(result.counterexample.count == mutant.steps)
  }
}
