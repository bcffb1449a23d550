import Exploration
import Nodes
import Systems
import Testing

@Suite("Searches on several cores")
struct SearchTests {
  static func run(
    _ strategy: ExplorationStrategy, managers: Int = 5, cores: Int, bug: String? = nil,
    seed: UInt64 = 0,
    symmetry: Bool = false
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.twoPhaseCommit.standard
    plan.nodeCount = managers
    plan.network = .multiset
    plan.usesSymmetry = symmetry
    if let bug { plan.bugs = [bug] }
    var limits = ExplorationLimits(cores: cores)
    limits.seed = seed
    return try ExplorableSystem.twoPhaseCommit.run(plan, strategy, limits)
  }

  @Test("depth first, any number of threads finds all states, once each", arguments: 1...5)
  func depthFirst(cores: Int) throws {
    let result = try SearchTests.run(.dfs, cores: cores)
    let expected = try SearchTests.run(.bfs, cores: 1)
    #expect(result.ending == .exhausted)
    #expect(result.unique == 33_824)
    #expect(result.generated == expected.generated)
    #expect(result.reachedMarks == expected.reachedMarks)
  }

  @Test("depth first, any number of threads finds one state of each orbit", arguments: [1, 3])
  func depthFirstOrbits(cores: Int) throws {
    let expected = try SearchTests.run(.bfs, cores: 1, symmetry: true)
    #expect(try SearchTests.run(.dfs, cores: cores, symmetry: true).unique == expected.unique)
  }

  @Test("depth first, any number of threads finds a planted bug", arguments: 1...4)
  func depthFirstBug(cores: Int) throws {
    let result = try SearchTests.run(.dfs, cores: cores, bug: "commits-early")
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "consistency")
    #expect(result.counterexample.count >= 9)
  }

  @Test("walks do not depend on the number of threads", arguments: 0..<4 as Range<UInt64>)
  func walks(seed: UInt64) throws {
    let one = try SearchTests.run(.random, cores: 1, seed: seed)
    let three = try SearchTests.run(.random, cores: 3, seed: seed)
    #expect(one.ending == .walked)
    #expect(one.unique == three.unique)
    #expect(one.generated == three.generated)
    #expect(one.depth == three.depth)
    #expect(one.reachedMarks == three.reachedMarks)
  }

  @Test("what walks find wrong does not depend on it either", arguments: 0..<4 as Range<UInt64>)
  func walksBug(seed: UInt64) throws {
    func run(_ cores: Int) throws -> ExplorationResult {
      try SearchTests.run(.random, managers: 2, cores: cores, bug: "prepared-aborts", seed: seed)
    }
    let one = try run(1)
    let three = try run(3)
    #expect(one.ending == .violated)
    #expect(one.violation == three.violation)
    #expect(one.counterexample == three.counterexample)
    #expect(one.unique == three.unique)
    #expect(one.generated == three.generated)
  }

  @Test("walks of another seed are others")
  func seeds() throws {
    let found = try (0..<4).map { seed in
      try SearchTests.run(.random, cores: 2, seed: seed).generated
    }
    #expect(Set(found).count > 1)
  }
}
