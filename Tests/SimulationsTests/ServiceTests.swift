import Environments
import Nodes
import Simulations
import Testing
import Values

struct ServiceTests {
  @Test("a node's call to a service is answered", arguments: Service.allCases)
  func answers(service: Service) {
    let simulation = simulate(Proxy.self) { $0.options = ["service": service.rawValue] }
    let request: Request = service == .linTSO ? .timestamp : .write(key: "k", value: 1)
    simulation.submit(request, as: RequestID(client: 0, number: 0), to: n2)
    let replies = simulation.run(for: .milliseconds(20)).compactMap(\.reply)
    #expect(replies.map(\.reply) == [service == .linTSO ? .timestamp(0) : .written])
    #expect(simulation.traffic.betweenServers == 2)
    #expect(simulation.traffic.delivered == 4)
  }

  @Test("nodes share the services' state")
  func shared() {
    let simulation = simulate(Proxy.self)
    simulation.submit(.write(key: "k", value: 7), as: RequestID(client: 0, number: 0), to: n1)
    simulation.run(for: .milliseconds(20))
    simulation.submit(.read(key: "k"), as: RequestID(client: 0, number: 1), to: n3)
    let replies = simulation.run(for: .milliseconds(20)).compactMap(\.reply)
    #expect(replies.map(\.reply) == [.value(7)])
  }

  @Test("an answer to a call of a process that is gone is dropped, though the call took effect")
  func orphans() {
    let simulation = simulate(Proxy.self) {
      $0.latency = .constant(.milliseconds(5))
      $0.bootDelay = 0...0
    }
    simulation.submit(.write(key: "k", value: 7), as: RequestID(client: 0, number: 0), to: n1)
    simulation.run(for: .milliseconds(2))
    _ = simulation.apply(.kill([n1]))
    _ = simulation.apply(.restart([n1]))
    #expect(simulation.run(for: .milliseconds(20)).isEmpty)
    #expect(simulation.node(n1).answered == 0)
    simulation.submit(.read(key: "k"), as: RequestID(client: 0, number: 1), to: n1)
    let replies = simulation.run(for: .milliseconds(20)).compactMap(\.reply)
    #expect(replies.map(\.reply) == [.value(7)])
  }
}
