import Algorithms
import Environments
import Nodes
import Simulations
import Values

/// A run of a replicated set or counter under faults: adds at random nodes for ten seconds, then a
/// read of every node.
struct Convergence<N: Algorithm> {
  /// What clients tried, in order, and the places of what was acknowledged.
  private(set) var tried: [Int] = []
  private(set) var acknowledged: Set<Int> = []
  /// What each node answered in the end; fewer than there are nodes where one was silent.
  private(set) var final: [Value] = []

  let simulation: Simulation<N>
  private var schedule: FaultSchedule
  private var draws: Draws

  /// - Parameters:
  ///   - rate: Adds a second.
  ///   - setup: What each node is asked first.
  ///   - next: The number that is added next.
  ///   - request: What adds it.
  init(
    _: N.Type, seed: UInt64, nodes: Int = 5, rate: Int = 50, bugs: Set<String> = [],
    options: [String: String] = [:], setup: Request? = nil,
    next: (Int, inout Draws) -> Int, request: (Int) -> Request
  ) {
    var settings = SimulationSettings(names: .numbered(count: nodes), seed: seed)
    settings.bugs = bugs
    settings.options = options
    settings.latency = .uniform(.milliseconds(1)...(.milliseconds(5)))
    settings.checksEncoding = true
    simulation = Simulation<N>(settings)
    schedule = FaultSchedule(seed: seed)
    draws = Draws(seed: seed, stream: 7)
    simulation.start()
    advance(until: .milliseconds(100))
    if let setup {
      for node in simulation.names.nodes {
        simulation.submit(setup, as: RequestID(client: node.index, number: 0), to: node)
      }
    }
    for number in 0..<10 * rate {
      tried.append(next(number, &draws))
      simulation.submit(
        request(tried[number]), as: RequestID(client: 1_000 + number, number: 1),
        to: NodeID(draws.below(nodes)))
      advance(until: simulation.now + .seconds(1) / Int64(rate))
    }
    advance(until: max(simulation.now, schedule.end) + .seconds(6))
    for node in simulation.names.nodes {
      simulation.submit(.readAll, as: RequestID(client: node.index, number: 1), to: node)
    }
    advance(until: simulation.now + .seconds(2))
  }

  private mutating func advance(until deadline: Nanoseconds) {
    while simulation.now < deadline {
      for event in simulation.advance(until: min(deadline, schedule.nextTime)) {
        switch event {
        case .replied(let id, .added, _), .replied(let id, .broadcastAccepted, _):
          acknowledged.insert(id.client - 1_000)
        case .replied(_, .value(let value), _): final.append(value)
        case .replied(_, .messages(let values), _): final.append(.list(values))
        default: break
        }
      }
      schedule.apply(to: simulation, at: simulation.now, primaries: [])
    }
  }
}

extension Convergence {
  /// A set to which each number is added once.
  static func set(
    _ type: N.Type, seed: UInt64, bugs: Set<String> = [], options: [String: String] = [:]
  ) -> Convergence {
    Convergence(type, seed: seed, bugs: bugs, options: options) {
      number, _ in
      number
    } request: {
      .addElement(.integer($0))
    }
  }

  /// A counter to which each power of two is added once, with a random sign where it may fall: so a
  /// sum tells which of them it has.
  static func counter(
    _ type: N.Type, seed: UInt64, falls: Bool, bugs: Set<String> = []
  ) -> Convergence {
    Convergence(type, seed: seed, rate: 6, bugs: bugs) {
      number, draws in
      (1 << number) * (falls && draws.below(2) == 0 ? -1 : 1)
    } request: {
      .addDelta($0)
    }
  }

  /// Whether every node has all that was acknowledged, and nothing that was not tried, twice.
  var isConvergedSet: Bool {
    final.count == simulation.names.nodes.count
      && final.allSatisfy { read in
        let elements = read.elements?.compactMap(\.integer) ?? []
        let distinct = Set(elements)
        return distinct.count == elements.count && distinct.isSubset(of: tried)
          && acknowledged.isSubset(of: distinct)
      }
  }

  /// Whether every node has the same sum of all that was acknowledged and some of the rest.
  var isConvergedCounter: Bool {
    guard final.count == simulation.names.nodes.count, Set(final).count == 1,
      var rest = final[0].integer
    else { return false }
    for (place, delta) in tried.enumerated() {
      let isIn = rest >> place & 1 == 1
      if isIn { rest -= delta } else if acknowledged.contains(place) { return false }
    }
    return rest == 0
  }
}
