import Algorithms
import Exploration
import Nodes
import Systems
import Testing

@Suite("Raft, explored: three nodes, two terms, two timeouts, one request")
struct RaftTests {
  static func run(
    _ network: NetworkKind = .fifo, bug: String? = nil, crashes: Int = 0, requests: Int = 1
  ) throws -> ExplorationResult {
    var plan = ExplorableSystem.raft.standard
    plan.network = network
    plan.requests = requests
    plan.bounds.crashes = crashes
    if let bug { plan.bugs = [bug] }
    return try ExplorableSystem.raft.run(plan, .bfs, ExplorationLimits(memory: 2 << 30, cores: 2))
  }

  @Test("all states are fine where links keep their order")
  func correct() throws {
    let result = try RaftTests.run()
    #expect(result.ending == .exhausted)
    #expect(result.unique == 135_875)
    #expect(result.reachedMarks.contains("raft: conflicting entries were removed"))
  }

  @Test("all states are fine where messages overtake each other")
  func correctUnordered() throws {
    let result = try RaftTests.run(.multiset, requests: 0)
    #expect(result.ending == .exhausted)
    #expect(result.unique == 158_101)
  }

  struct Mutant: Hashable, Sendable {
    var bug: String
    var network = NetworkKind.fifo
    var crashes = 0
    var invariant: String
    var steps: Int
  }

  @Test(
    "a planted bug is found by a shortest path",
    arguments: [
      Mutant(bug: "double-vote", invariant: "election-safety", steps: 6),
      Mutant(bug: "keeps-leading", invariant: "election-safety", steps: 7),
      Mutant(bug: "commit-alone", invariant: "leader-completeness", steps: 6),
      Mutant(bug: "match-guessed", invariant: "leader-completeness", steps: 9),
      Mutant(bug: "shorter-log", invariant: "leader-completeness", steps: 13),
      Mutant(
        bug: "old-leader", invariant: "raft: only uncommitted entries are removed", steps: 9),
      Mutant(
        bug: "previous-term-unchecked", network: .multiset, invariant: "log-matching", steps: 8),
      Mutant(bug: "no-truncate", network: .multiset, invariant: "log-matching", steps: 10),
      Mutant(
        bug: "commit-unchecked", network: .multiset, invariant: "state-machine-safety", steps: 10),
      Mutant(bug: "volatile-vote", crashes: 1, invariant: "election-safety", steps: 7),
      Mutant(bug: "vote-before-sync", crashes: 1, invariant: "election-safety", steps: 7),
      Mutant(bug: "ack-before-sync", crashes: 1, invariant: "election-safety", steps: 7),
    ])
  func mutants(mutant: Mutant) throws {
    let result = try RaftTests.run(mutant.network, bug: mutant.bug, crashes: mutant.crashes)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == mutant.invariant)
    #expect(result.counterexample.count == mutant.steps)
  }
}
