import Algorithms
import Environments
import Nodes
import Simulations
import Testing
import Values

struct RateTests {
  @Test("a chatty cluster with storage is simulated faster than in real time")
  func chatter() {
    let simulation = simulate(Chatter.self, count: 5, invariants: [AcknowledgedWasSent()])
    let rate = simulation.measure(for: .seconds(60))
    #expect(rate.elapsed < .seconds(60))
    #expect(rate.events == simulation.handledCount - 5)
    #expect(simulation.violation == nil)
  }

  @Test("Raft with clients, storage and invariants is simulated faster than in real time")
  func raft() {
    let simulation = simulate(Raft.self, count: 5, invariants: Raft.invariants())
    simulation.run(for: .seconds(1))
    for client in 0..<5 {
      simulation.submit(
        .write(key: .integer(client), value: 0), as: RequestID(client: client, number: 0),
        to: NodeID(client))
    }
    var replies = 0
    let rate = simulation.measure(for: .seconds(20)) { simulation, event in
      guard let (id, _) = event.reply else { return }
      replies += 1
      let request: Request =
        id.number % 2 == 0
        ? .read(key: .integer(id.client))
        : .write(key: .integer(id.client), value: .integer(id.number))
      simulation.submit(
        request, as: RequestID(client: id.client, number: id.number + 1), to: NodeID(id.client))
    }
    #expect(rate.elapsed < .seconds(20))
    #expect(replies > 1_000)
    #expect(simulation.violation == nil)
  }
}
