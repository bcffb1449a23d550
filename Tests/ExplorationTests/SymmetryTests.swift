import Algorithms
import Exploration
import Nodes
import Systems
import Testing
import Values

@Suite("Names exchanged: one state stands for all that differ in them only")
struct SymmetryTests {
  struct World: Hashable, Sendable, CustomTestStringConvertible {
    var network: NetworkKind
    var bounds: ExplorationBounds
    var clients = 0
    var bug: String?

    var testDescription: String {
      "\(network), \(bounds), \(clients) clients, \(bug ?? "no bug")"
    }

    var plan: ExplorationPlan {
      var plan = ExplorableSystem.raft.standard
      plan.network = network
      plan.bounds = bounds
      plan.requests = clients
      plan.asksAnyNode = true
      if let bug { plan.bugs = [bug] }
      return plan
    }

    func run(symmetry: Bool, cores: Int = 1) throws -> ExplorationResult {
      var plan = plan
      plan.usesSymmetry = symmetry
      return try ExplorableSystem.raft.run(plan, .bfs, ExplorationLimits(cores: cores))
    }
  }

  /// The states of Raft with another name for each node, as the plainest explorer has them.
  static func orbitCount(_ settings: ExplorationSettings<Raft>, depth: Int) -> Int {
    let explorer = NaiveExplorer(settings: settings)
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    let orbits = explorer.states(depth: depth).map { state in
      Set(
        orders.map { places in
          let renaming = Renaming(places)
          var other = state
          for (from, to) in places.enumerated() {
            other.nodes[to] = state.nodes[from].renamed(renaming)
            other.timers[to] = state.timers[from]
            other.requests[to] = state.requests[from]
          }
          for place in state.network.indices {
            other.network[place].source = places[state.network[place].source]
            other.network[place].destination = places[state.network[place].destination]
          }
          return explorer.key(other)
        })
    }
    return Set(orbits).count
  }

  @Test(
    "Raft's orbits are as many as there are with all states renamed in all ways",
    arguments: [
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2, depth: 7), clients: 1),
      World(network: .multiset, bounds: ExplorationBounds(timeouts: 2, depth: 6), clients: 1),
      World(network: .set, bounds: ExplorationBounds(timeouts: 2, depth: 6), clients: 2),
      World(
        network: .fifo, bounds: ExplorationBounds(drops: 1, duplicates: 1, timeouts: 2, depth: 5)),
    ])
  func orbits(world: World) throws {
    let depth = try #require(world.bounds.depth)
    let members = (0..<3).map { NodeID($0) }
    var settings = ExplorationSettings<Raft>(
      nodes: members.map {
        Configuration(id: $0, members: members, options: ["pre-vote": "false"])
      },
      network: world.network, bounds: world.bounds)
    settings.script = (0..<world.clients).map {
      [ScriptedRequest(.write(key: "x", value: .integer($0)), of: nil)]
    }
    let all = try Exploration(settings).run()
    #expect(all.unique == NaiveExplorer(settings: settings).count(depth: depth))
    settings.symmetry = Symmetry()
    let result = try Exploration(settings).run()
    #expect(result.unique == SymmetryTests.orbitCount(settings, depth: depth))
    #expect(result.unique * 5 < all.unique)
    #expect(result.depth == all.depth)
  }

  @Test(
    "verdicts are the same with all of Raft's states and with one of each orbit",
    arguments: [
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2)),
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), clients: 1),
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), bug: "double-vote"),
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), bug: "keeps-leading"),
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), bug: "commit-alone"),
      World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), clients: 1, bug: "old-leader"),
      World(
        network: .fifo, bounds: ExplorationBounds(timeouts: 2), clients: 1, bug: "match-guessed"),
      World(
        network: .multiset, bounds: ExplorationBounds(timeouts: 2), clients: 1, bug: "no-truncate"),
    ])
  func verdicts(world: World) throws {
    let all = try world.run(symmetry: false, cores: 2)
    let orbits = try world.run(symmetry: true, cores: 2)
    #expect(orbits.ending == all.ending)
    #expect(orbits.violation?.invariant == all.violation?.invariant)
    #expect(orbits.counterexample.count == all.counterexample.count)
    #expect(orbits.reachedMarks == all.reachedMarks)
    guard all.ending == .exhausted else {
      // The path keeps its names, so that it is one of the system as it is.
      var plan = world.plan
      plan.usesSymmetry = true
      let replay = try #require(Scenario(.raft, plan, orbits)).replay()
      #expect(replay.violation?.invariant == all.violation?.invariant)
      #expect(replay.steps == orbits.counterexample)
      return
    }
    #expect((5.0...6.0).contains(Double(all.unique) / Double(orbits.unique)))
    #expect(orbits.depth == all.depth)
  }

  @Test("orbits do not depend on the number of threads")
  func threads() throws {
    let world = World(network: .fifo, bounds: ExplorationBounds(timeouts: 2), clients: 1)
    let one = try world.run(symmetry: true)
    let three = try world.run(symmetry: true, cores: 3)
    #expect(one.unique == three.unique)
    #expect(one.generated == three.generated)
  }

  @Test("the lease lock's clients can be exchanged", arguments: NetworkKind.allCases)
  func leaseLock(network: NetworkKind) throws {
    let all = try LeaseLockTests.run(network)
    let orbits = try LeaseLockTests.run(network, symmetry: true)
    #expect(orbits.ending == .exhausted)
    #expect((1.9...2.0).contains(Double(all.unique) / Double(orbits.unique)))
    let bug = try LeaseLockTests.run(network, bug: "no-fencing", symmetry: true)
    #expect(bug.counterexample.count == 9)
  }

  @Test("where clients call nodes by name, or nodes crash, names can't be exchanged")
  func refused() throws {
    var plan = ExplorableSystem.raft.standard
    plan.usesSymmetry = true
    #expect(throws: ExplorationError.self) { try ExplorableSystem.raft.run(plan) }
    plan.asksAnyNode = true
    plan.bounds.crashes = 1
    #expect(throws: ExplorationError.self) { try ExplorableSystem.raft.run(plan) }
  }
}
