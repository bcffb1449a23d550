import Exploration
import Nodes
import Testing
import Values

@Suite("Properties and limits of an exploration")
struct PropertyTests {
  static func settings(
    bugs: Set<String> = [], bounds: ExplorationBounds = ExplorationBounds()
  ) -> ExplorationSettings<Lamp> {
    let members = [NodeID(0), NodeID(1)]
    var settings = ExplorationSettings<Lamp>(
      nodes: members.map { Configuration(id: $0, members: members, bugs: bugs) }, bounds: bounds)
    settings.eventually = ["lit"]
    settings.sometimes = ["lit"]
    return settings
  }

  static let strategies = ExplorationStrategy.allCases

  @Test("what every path comes to is eventually so", arguments: strategies)
  func eventually(strategy: ExplorationStrategy) throws {
    let result = try Exploration(PropertyTests.settings()).run(strategy)
    #expect(result.ending == (strategy == .random ? .walked : .exhausted))
    #expect(result.reachedMarks == ["lit"])
  }

  @Test("a path that ends without it is told", arguments: strategies)
  func never(strategy: ExplorationStrategy) throws {
    let result = try Exploration(PropertyTests.settings(bugs: ["gives-up"])).run(strategy)
    #expect(result.ending == .violated)
    #expect(result.violation?.invariant == "lit")
    #expect(result.counterexample.map(\.event) == ["n1's timer send fires"])
  }

  @Test("a dropped message ends a path too")
  func dropped() throws {
    let settings = PropertyTests.settings(bounds: ExplorationBounds(drops: 1))
    let result = try Exploration(settings).run()
    #expect(result.ending == .violated)
    #expect(result.counterexample.count == 2)
  }

  @Test("where a bound ends a path, nothing can be said of what would have come")
  func bounded() throws {
    let settings = PropertyTests.settings(bounds: ExplorationBounds(timeouts: 0))
    let result = try Exploration(settings).run()
    #expect(result.ending == .exhausted)
    #expect(result.unique == 1)
    #expect(result.missedMarks == ["lit"])
  }

  @Test("a bound on the depth is kept", arguments: [0, 1, 2, 3])
  func depth(depth: Int) throws {
    let settings = PropertyTests.settings(bounds: ExplorationBounds(depth: depth))
    let result = try Exploration(settings).run()
    #expect(result.ending == .exhausted)
    #expect(result.depth == min(depth, 2))
    #expect(result.unique == min(depth, 2) + 1)
  }

  @Test("what asks for no more is stopped", arguments: [ExplorationStrategy.bfs, .random])
  func stopped(strategy: ExplorationStrategy) throws {
    var limits = ExplorationLimits()
    limits.isStopped = { true }
    let result = try Exploration(PropertyTests.settings()).run(strategy, limits)
    #expect(result.ending == .stopped)
  }

  @Test("a bound on the memory is kept")
  func memory() throws {
    let world = NaiveTwinTests.World(network: .multiset, bounds: ExplorationBounds(timeouts: 3))
    let settings = NaiveTwinTests.settings(world, seed: 3)
    let result = try Exploration(settings).run(.bfs, ExplorationLimits(memory: 1 << 10))
    #expect(result.ending == .outOfMemory)
  }

  @Test("what makes no sense is refused")
  func refused() {
    var settings = PropertyTests.settings(bounds: ExplorationBounds(drops: 1))
    settings.network = .set
    #expect(throws: ExplorationError.self) { try Exploration(settings).run() }
    let many = PropertyTests.settings(bounds: ExplorationBounds(crashes: 256))
    #expect(throws: ExplorationError.self) { try Exploration(many).run() }
    let deep = PropertyTests.settings(bounds: ExplorationBounds(depth: 3))
    #expect(throws: ExplorationError.self) { try Exploration(deep).run(.dfs) }
  }
}
