import Environments
import Nodes
import Simulations
import Values

/// A started simulation of `count` nodes, in which crashes come between events unless told.
func simulate<N: Node>(
  _: N.Type, count: Int = 3, seed: UInt64 = 1, invariants: [any Invariant<N>] = [],
  record: SimulationRecord? = nil, _ adjust: (inout SimulationSettings) -> Void = { _ in }
) -> Simulation<N> {
  var settings = SimulationSettings(names: .numbered(count: count), seed: seed)
  settings.crashesBetweenEffects = 0
  adjust(&settings)
  let simulation = Simulation<N>(settings, invariants: invariants)
  simulation.record = record
  simulation.start()
  return simulation
}

extension Simulation {
  /// Lets time pass, and returns all that was worth an event.
  @discardableResult
  func run(for duration: Nanoseconds) -> [EnvironmentEvent] {
    let end = now + duration
    var events: [EnvironmentEvent] = []
    while now < end { events += advance(until: end) }
    return events
  }
}

extension EnvironmentEvent {
  var reply: (id: RequestID, reply: Reply)? {
    if case .replied(let id, let reply, _) = self { (id, reply) } else { nil }
  }
}

let n1 = NodeID(0)
let n2 = NodeID(1)
let n3 = NodeID(2)
