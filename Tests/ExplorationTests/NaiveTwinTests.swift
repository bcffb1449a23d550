import Algorithms
import Exploration
import Nodes
import Testing
import Values

@Suite("The explorer against the plainest one")
struct NaiveTwinTests {
  struct World: Hashable, Sendable, CustomTestStringConvertible {
    var network: NetworkKind
    var bounds: ExplorationBounds
    var clients = 0

    var testDescription: String { "\(network), \(bounds), \(clients) clients" }
  }

  static let worlds = [
    World(network: .set, bounds: ExplorationBounds()),
    World(network: .multiset, bounds: ExplorationBounds(timeouts: 2)),
    World(network: .fifo, bounds: ExplorationBounds(timeouts: 3)),
    World(network: .multiset, bounds: ExplorationBounds(drops: 1, duplicates: 1, timeouts: 1)),
    World(network: .fifo, bounds: ExplorationBounds(drops: 1, duplicates: 1, timeouts: 1)),
    World(network: .set, bounds: ExplorationBounds(crashes: 1, timeouts: 2)),
    World(network: .multiset, bounds: ExplorationBounds(crashes: 2, timeouts: 1)),
    World(network: .fifo, bounds: ExplorationBounds(crashes: 1, timeouts: 1)),
    World(network: .multiset, bounds: ExplorationBounds(crashes: 1, timeouts: 1), clients: 2),
    World(network: .set, bounds: ExplorationBounds(timeouts: 1), clients: 2),
  ]

  static func settings(_ world: World, seed: UInt64) -> ExplorationSettings<Automaton> {
    let members = (0..<2).map { NodeID($0) }
    var settings = ExplorationSettings<Automaton>(
      nodes: members.map {
        Configuration(id: $0, members: members, options: ["seed": "\(seed)"])
      },
      network: world.network, bounds: world.bounds)
    settings.script = (0..<world.clients).map { client in
      [
        ScriptedRequest(.generate, of: NodeID(client % 2)),
        ScriptedRequest(.generate, of: NodeID(0)),
      ]
    }
    return settings
  }

  @Test("both find as many states at each depth", arguments: worlds)
  func sameStates(world: World) throws {
    for seed in 0..<25 as Range<UInt64> {
      var settings = NaiveTwinTests.settings(world, seed: seed)
      let depth = 4
      settings.bounds.depth = depth
      let naive = NaiveExplorer(settings: settings).count(depth: depth)
      let result = try Exploration(settings).run()
      #expect(result.unique == naive, "seed \(seed)")
    }
  }

  @Test("what is found does not depend on the number of threads", arguments: worlds)
  func threads(world: World) throws {
    for seed in 0..<4 as Range<UInt64> {
      var settings = NaiveTwinTests.settings(world, seed: seed)
      settings.bounds.depth = 5
      let exploration = Exploration(settings)
      let one = try exploration.run(.bfs, ExplorationLimits(cores: 1))
      let three = try exploration.run(.bfs, ExplorationLimits(cores: 3))
      #expect(one.unique == three.unique, "seed \(seed)")
      #expect(one.generated == three.generated, "seed \(seed)")
      #expect(one.depth == three.depth, "seed \(seed)")
    }
  }

  @Test("depth first, all that is there is found too")
  func depthFirst() throws {
    var compared = 0
    for seed in 0..<8 as Range<UInt64> {
      // Without a bound on the depth only a set of messages is finite for certain.
      let world = World(network: .set, bounds: ExplorationBounds(crashes: 1, timeouts: 2))
      let exploration = Exploration(NaiveTwinTests.settings(world, seed: seed))
      var limits = ExplorationLimits()
      limits.memory = 4 << 20
      let broad = try exploration.run(.bfs, limits)
      guard broad.ending == .exhausted else { continue }
      let deep = try exploration.run(.dfs, limits)
      compared += 1
      #expect(deep.unique == broad.unique, "seed \(seed)")
      #expect(deep.generated == broad.generated, "seed \(seed)")
    }
    #expect(compared > 0)
  }

  @Test(
    "both find as many states of Raft",
    arguments: [
      World(network: .fifo, bounds: ExplorationBounds(crashes: 1, timeouts: 2), clients: 1),
      World(network: .multiset, bounds: ExplorationBounds(crashes: 1, timeouts: 2), clients: 1),
      World(network: .set, bounds: ExplorationBounds(timeouts: 2), clients: 2),
      World(network: .multiset, bounds: ExplorationBounds(drops: 1, duplicates: 1, timeouts: 1)),
    ])
  func raft(world: World) throws {
    let depth = 6
    let members = (0..<3).map { NodeID($0) }
    var settings = ExplorationSettings<Raft>(
      nodes: members.map {
        Configuration(id: $0, members: members, options: ["pre-vote": "false"])
      },
      network: world.network, bounds: world.bounds)
    settings.bounds.depth = depth
    settings.script = (0..<world.clients).map {
      [ScriptedRequest(.write(key: "x", value: .integer($0)), of: NodeID($0))]
    }
    let naive = NaiveExplorer(settings: settings).count(depth: depth)
    #expect(naive > 1_000)
    #expect(try Exploration(settings).run().unique == naive)
  }
}
