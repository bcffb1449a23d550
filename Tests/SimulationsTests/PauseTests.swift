import Environments
import Nodes
import Simulations
import Testing
import Values

struct PauseTests {
  @Test(
    "what comes for a paused node is handled in order at its resume",
    arguments: 0..<20 as Range<UInt64>)
  func order(seed: UInt64) {
    // A twin that is not paused shows in which order messages and requests came.
    let paused = simulate(Pinger.self, seed: seed)
    let twin = simulate(Pinger.self, seed: seed)
    for simulation in [paused, twin] {
      simulation.run(for: .milliseconds(50))
    }
    #expect(paused.apply(.pause([n1])) == FaultReport(did: [n1: "paused"]))
    let before = paused.node(n1)
    for simulation in [paused, twin] {
      for number in 0..<5 {
        simulation.submit(.addDelta(number), as: RequestID(client: number, number: 1), to: n1)
        simulation.run(for: .milliseconds(4))
      }
    }
    #expect(paused.node(n1).order == before.order)
    let report = paused.apply(.resume([n1]))
    #expect(report.did == [n1: "resumed"])
    #expect(report.tookHold == true)
    #expect((report.affected ?? 0) > 20)
    #expect(paused.advance(until: paused.now).isEmpty)
    let messages = { (pinger: Pinger) in pinger.order.filter { $0 != -1 } }
    #expect(messages(paused.node(n1)) == messages(twin.node(n1)), "seed \(seed)")
    #expect(paused.node(n1).requests == [0, 1, 2, 3, 4])
    // The timer that came due fired once.
    #expect(paused.node(n1).order.dropFirst(before.order.count).count { $0 == -1 } == 1)
  }

  @Test("a timer that came due during a pause fires once, late, and others at their time")
  func timers() {
    let simulation = simulate(Clockwork.self, count: 1)
    simulation.run(for: .milliseconds(5))
    _ = simulation.apply(.pause([n1]))
    simulation.run(for: .milliseconds(30))
    _ = simulation.apply(.resume([n1]))
    simulation.run(for: .milliseconds(12))
    let node = simulation.node(n1)
    #expect(node.times(of: .tick) == [.milliseconds(35), .milliseconds(45)])
    // It was due, and no tick cancelled it before.
    #expect(node.times(of: .cancelled) == [.milliseconds(35)])
    // It was due too, but the tick before it put it off.
    #expect(node.times(of: .watchdog) == [])
  }

  @Test("of two timers that came due, the one that is cancelled by the other never fires")
  func cancelledWhileDue() {
    let simulation = simulate(Clockwork.self, count: 1)
    simulation.run(for: .milliseconds(52))
    _ = simulation.apply(.pause([n1]))
    simulation.run(for: .milliseconds(48))
    _ = simulation.apply(.resume([n1]))
    simulation.run(for: .milliseconds(20))
    #expect(simulation.node(n1).times(of: .once) == [.milliseconds(100)])
    #expect(simulation.node(n1).times(of: .beaten) == [])
  }

  @Test("a sync that ends during a pause is durable, but nothing leaves before the resume")
  func sync() {
    for seed in 0..<100 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) {
        $0.syncLatency = .milliseconds(2)...(.milliseconds(2))
      }
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
      simulation.run(for: .milliseconds(1))
      #expect(simulation.node(n1).total == 1)
      _ = simulation.apply(.pause([n1]))
      #expect(simulation.run(for: .milliseconds(20)).isEmpty)
      if seed % 2 == 0 {
        _ = simulation.apply(.resume([n1]))
        #expect(simulation.run(for: .milliseconds(1)).count == 1)
      } else {
        _ = simulation.apply(.powerLoss([n1]))
        _ = simulation.apply(.restart([n1]))
        #expect(simulation.run(for: .milliseconds(30)).isEmpty)
        #expect(simulation.node(n1).total == 1, "seed \(seed)")
      }
    }
  }

  @Test("a paused node can be killed, and what was held back for it is lost")
  func kill() {
    let simulation = simulate(Pinger.self) { $0.crashesBetweenEffects = 1 }
    _ = simulation.apply(.pause([n1]))
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
    simulation.run(for: .milliseconds(50))
    #expect(simulation.apply(.kill([n1])).tookHold == true)
    #expect(!simulation.isUp(n1))
    #expect(simulation.apply(.resume([n1])) == FaultReport())
    _ = simulation.apply(.restart([n1]))
    #expect(simulation.run(for: .milliseconds(50)).isEmpty)
    #expect(simulation.node(n1).requests.isEmpty)
    #expect(simulation.node(n1).received[n2.index].allSatisfy { $0 > 20 })
  }

  @Test("a node that is paused again before it has caught up catches up later")
  func again() {
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.pause([n1]))
    simulation.run(for: .milliseconds(20))
    _ = simulation.apply(.resume([n1]))
    _ = simulation.apply(.pause([n1]))
    simulation.run(for: .milliseconds(20))
    #expect(simulation.node(n1).order.isEmpty)
    _ = simulation.apply(.resume([n1]))
    simulation.run(for: 1)
    #expect(simulation.node(n1).order.count > 20)
    #expect(
      simulation.node(n1).received[n2.index].sorted()
        == Array(1...simulation.node(n1).received[n2.index].count))
  }
}
