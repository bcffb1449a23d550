import Algorithms
import Environments
import Nodes
import Simulations
import Values

/// How many events a second one core handles in a calm simulation of Raft.
enum SimulationBench {
  static let clientCount = 5

  /// Five nodes with storage and all invariants; each client writes again when it is answered.
  static func events() -> Measurement {
    let simulation = Simulation<Raft>(
      SimulationSettings(names: .numbered(count: 5), seed: 1), invariants: Raft.invariants())
    simulation.start()
    _ = simulation.advance(until: .seconds(1))
    for client in 0..<clientCount { submit(client, 0, to: simulation) }
    let rate = simulation.measure(for: .seconds(60)) { simulation, event in
      guard case .replied(let id, _, _) = event else { return }
      submit(id.client, id.number + 1, to: simulation)
    }
    return Measurement(
      what: "simulated events a second a core, Raft with storage and invariants, calm",
      figure: rate.eventsPerSecond, unit: "/s", must: 400_000, stretch: 1_000_000)
  }

  private static func submit(_ client: Int, _ number: Int, to simulation: Simulation<Raft>) {
    simulation.submit(
      .write(key: .integer(client), value: .integer(number)),
      as: RequestID(client: client, number: number), to: NodeID(client % 5))
  }
}
