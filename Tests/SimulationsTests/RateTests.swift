import Environments
import Nodes
import Simulations
import Testing
import Values

struct RateTests {
  @Test("a cluster with storage and invariants is simulated much faster than real time")
  func rate() {
    let simulation = simulate(Chatter.self, count: 5, invariants: [AcknowledgedWasSent()])
    let clock = ContinuousClock()
    let elapsed = clock.measure { simulation.run(for: .seconds(60)) }
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
    print("events/s", Double(simulation.handledCount) / seconds, simulation.handledCount)
    #expect(elapsed < .seconds(60))
  }
}
