import Algorithms
import Exploration
import Nodes
import Systems
import Testing

@Suite("Two-phase commit, explored")
struct TwoPhaseCommitTests {
  static func run(
    _ nodeCount: Int, _ network: NetworkKind = .set, bug: String? = nil, crashes: Int = 0,
    symmetry: Bool = false, strategy: ExplorationStrategy = .bfs, cores: Int = 1
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.twoPhaseCommit.standard
    plan.nodeCount = nodeCount
    plan.network = network
    plan.bounds.crashes = crashes
    plan.usesSymmetry = symmetry
    if let bug { plan.bugs = [bug] }
    return try ExplorableSystem.twoPhaseCommit.run(
      plan, strategy, ExplorationLimits(cores: cores))
  }

  // Stateright's example `2pc`, after Gray and Lamport's specification, has the same counts.
  @Test(
    "a network that is a set has the published number of states",
    arguments: [(3, 288), (5, 8_832)], ExplorationStrategy.allCases.filter { $0 != .random })
  func publishedCounts(expected: (managers: Int, states: Int), strategy: ExplorationStrategy)
    throws
  {
    let result = try TwoPhaseCommitTests.run(expected.managers, strategy: strategy)
    #expect(result.ending == .exhausted)
    #expect(result.unique == expected.states)
    #expect(result.missedMarks.isEmpty)
  }

  @Test(
    "a network that consumes messages has more", arguments: [(3, 584), (5, 33_824)],
    [NetworkKind.multiset, .fifo])
  func consumingCounts(expected: (managers: Int, states: Int), network: NetworkKind) throws {
    // No link carries two messages at a time, so order makes no difference.
    let result = try TwoPhaseCommitTests.run(expected.managers, network)
    #expect(result.ending == .exhausted)
    #expect(result.unique == expected.states)
  }

  @Test("eight managers have 1,745,408 states, on two threads as on one")
  func eightManagers() throws {
    #expect(try TwoPhaseCommitTests.run(8, cores: 2).unique == 1_745_408)
  }

  @Test(
    "with names exchanged one state stands for its orbit",
    arguments: [(3, 80), (5, 314), (8, 1_461)])
  func orbits(expected: (managers: Int, states: Int)) throws {
    let result = try TwoPhaseCommitTests.run(expected.managers, symmetry: true)
    #expect(result.ending == .exhausted)
    #expect(result.unique == expected.states)
  }

  @Test("crashes break nothing, as decisions are durable", arguments: NetworkKind.allCases)
  func crashes(network: NetworkKind) throws {
    let result = try TwoPhaseCommitTests.run(3, network, crashes: 2)
    #expect(result.ending == .exhausted)
    #expect(result.unique > 584)
  }

  @Test(
    "a planted bug is found by a shortest path",
    arguments: [
      ("commits-early", 0, 7), ("prepared-aborts", 0, 9), ("forgetful", 1, 10),
    ], [false, true])
  func mutants(expected: (bug: String, crashes: Int, steps: Int), symmetry: Bool) throws {
    guard !symmetry || expected.crashes == 0 else {
      // Disks may hold names.
      #expect(throws: ExplorationError.self) {
        try TwoPhaseCommitTests.run(
          3, bug: expected.bug, crashes: expected.crashes, symmetry: true)
      }
      return
    }
    let result = try TwoPhaseCommitTests.run(
      3, bug: expected.bug, crashes: expected.crashes, symmetry: symmetry)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "consistency")
    #expect(result.counterexample.count == expected.steps, "\(result.counterexample)")
  }

  @Test("every strategy finds a planted bug", arguments: ExplorationStrategy.allCases)
  func strategies(strategy: ExplorationStrategy) throws {
    let result = try TwoPhaseCommitTests.run(3, bug: "prepared-aborts", strategy: strategy)
    #expect(result.ending == .violated)
    #expect(result.counterexample.count >= 9)
    #expect(result.counterexample.last?.event.hasSuffix("receives commit from n4") == true)
  }

  @Test("a counterexample does not depend on the number of threads")
  func threads() throws {
    let one = try TwoPhaseCommitTests.run(4, bug: "prepared-aborts")
    let three = try TwoPhaseCommitTests.run(4, bug: "prepared-aborts", cores: 3)
    #expect(one.counterexample == three.counterexample)
    #expect(one.unique == three.unique)
    #expect(one.generated == three.generated)
  }

  @Test("a path tells what happened")
  func path() throws {
    let path = try TwoPhaseCommitTests.run(2, bug: "commits-early").counterexample
    #expect(
      path.map(\.event) == [
        "n1's timer prepare fires", "n3 receives prepared from n1", "n2's timer prepare fires",
        "n3's timer commit fires", "n1 receives commit from n3",
      ])
    #expect(
      path.first?.consequences == ["sends prepared to n3", "is now resource manager, prepared"])
  }
}
