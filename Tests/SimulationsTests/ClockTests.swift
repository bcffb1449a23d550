import Environments
import Nodes
import Simulations
import Testing
import Values

struct ClockTests {
  @Test("timers fire when they are due, replaced and cancelled ones never")
  func timers() {
    let simulation = simulate(Clockwork.self, count: 1)
    simulation.run(for: .milliseconds(105))
    let node = simulation.node(n1)
    #expect(node.times(of: .tick) == (1...10).map { .milliseconds($0 * 10) })
    #expect(node.times(of: .cancelled) == [])
    #expect(node.times(of: .watchdog) == [])
    #expect(node.times(of: .hastened) == [.milliseconds(13)])
    #expect(node.times(of: .once) == [.milliseconds(55)])
    #expect(node.times(of: .beaten) == [])
  }

  @Test(
    "a drifting clock changes the rate of timers, and both clocks show it",
    arguments: [500_000_000, -500_000_000, 1, -1, 100_000] as [Int64])
  func drift(drift: Int64) {
    let simulation = simulate(Clockwork.self, count: 2)
    let report = simulation.apply(.skew([n1: .drift(nanosecondsPerSecond: drift)]))
    #expect(report.tookHold == true)
    #expect(Array(report.did.keys) == [n1])
    simulation.run(for: .seconds(3) + .microseconds(2))
    let expected = (3_000_002_000 + 3 * drift) / 10_000_000
    #expect(simulation.node(n1).ticks == Int(expected))
    #expect(simulation.node(n2).ticks == 300)
    let firings = simulation.node(n1).firings
    let ticks = firings.filter { $0.timer == .tick }
    // Timers run on the drifting clock: by it, they are punctual to the nanosecond or two.
    for (number, tick) in ticks.enumerated() {
      let late = tick.now - Int64(number + 1) * .milliseconds(10)
      #expect((0...Int64(number + 2) * 2).contains(late))
    }
    #expect(Set(firings.map { $0.wall - $0.now }).count == 1)
  }

  @Test("a drift that begins while timers run moves them, once each")
  func driftLater() {
    let simulation = simulate(Clockwork.self, count: 1)
    simulation.run(for: .milliseconds(5))
    // Twice as fast: the 5 ms that are left of the tick take 2.5 ms.
    _ = simulation.apply(.skew([n1: .drift(nanosecondsPerSecond: 1_000_000_000)]))
    simulation.run(for: .microseconds(2_499))
    #expect(simulation.node(n1).ticks == 0)
    simulation.run(for: .microseconds(2))
    #expect(simulation.node(n1).ticks == 1)
    // Half as fast: what is left of the next one takes twice as long.
    _ = simulation.apply(.skew([n1: .drift(nanosecondsPerSecond: -500_000_000)]))
    simulation.run(for: .milliseconds(19))
    #expect(simulation.node(n1).ticks == 1)
    simulation.run(for: .milliseconds(1))
    #expect(simulation.node(n1).ticks == 2)
    #expect(simulation.apply(.resetClocks) == FaultReport(did: [n1: "reset"], tookHold: true))
    simulation.run(for: .milliseconds(100))
    #expect(simulation.node(n1).ticks == 12)
    #expect(simulation.node(n1).times(of: .hastened).count == 1)
  }

  @Test("an offset moves the wall clock alone, exactly, until it is reset")
  func offset() {
    let simulation = simulate(Clockwork.self, count: 2)
    simulation.run(for: .milliseconds(15))
    let report = simulation.apply(.skew([n1: .offset(.seconds(-7))]))
    #expect(report == FaultReport(did: [n1: "offset -7s"], tookHold: true))
    simulation.run(for: .milliseconds(10))
    _ = simulation.apply(.skew([n1: .offset(.milliseconds(20))]))
    simulation.run(for: .milliseconds(10))
    #expect(simulation.apply(.resetClocks) == FaultReport(did: [n1: "reset"], tookHold: true))
    #expect(simulation.apply(.resetClocks) == FaultReport())
    simulation.run(for: .milliseconds(10))
    let ticks = { (node: NodeID) in simulation.node(node).firings.filter { $0.timer == .tick } }
    #expect(ticks(n1).map(\.now) == ticks(n2).map(\.now))
    #expect(
      zip(ticks(n1), ticks(n2)).map { $0.wall - $1.wall }
        == [0, .seconds(-7), .milliseconds(20), 0])
  }

  @Test("a reset makes the wall clock right though the drift had moved it")
  func reset() {
    let simulation = simulate(Clockwork.self, count: 2)
    _ = simulation.apply(.skew([n1: .drift(nanosecondsPerSecond: 250_000_000)]))
    simulation.run(for: .seconds(1))
    #expect(simulation.apply(.resetClocks).tookHold == true)
    simulation.run(for: .seconds(1))
    let ticks = { (node: NodeID) in simulation.node(node).firings.filter { $0.timer == .tick } }
    // The monotonic clock never goes back.
    #expect(zip(ticks(n1), ticks(n1).dropFirst()).allSatisfy { $0.now < $1.now })
    #expect(ticks(n1).count == 225)
    let epoch = (ticks(n2).first?.wall ?? 0) - (ticks(n2).first?.now ?? 0)
    #expect((ticks(n1).last?.wall ?? 0) <= epoch + simulation.now)
    #expect((ticks(n1).last?.wall ?? 0) > epoch + simulation.now - .milliseconds(11))
  }

  @Test("a clock can't be made to stand still or to run backwards")
  func bounds() {
    let simulation = simulate(Clockwork.self, count: 1)
    let report = simulation.apply(.skew([n1: .drift(nanosecondsPerSecond: -2_000_000_000)]))
    #expect(report.tookHold == false)
    simulation.run(for: .seconds(1))
    #expect(simulation.node(n1).ticks == 0)
  }

  @Test("a step moves the wall clock from where it is, and a second one from there")
  func step() {
    let simulation = simulate(Clockwork.self, count: 1)
    _ = simulation.apply(.skew([n1: .offset(.seconds(2))]))
    let report = simulation.apply(.skew([n1: .step(.seconds(-5))]))
    #expect(report == FaultReport(did: [n1: "step -5s"], tookHold: true))
    _ = simulation.apply(.skew([n1: .step(.seconds(1))]))
    simulation.run(for: .milliseconds(11))
    let epoch: Nanoseconds = .seconds(1_000_000_000)
    let tick = simulation.node(n1).firings.first { $0.timer == .tick }
    #expect(tick?.wall == epoch + .milliseconds(10) - .seconds(2))
    #expect(tick?.now == .milliseconds(10))
  }

  @Test("frozen clocks stand still and let no timer fire, until they are reset")
  func freeze() {
    let simulation = simulate(Clockwork.self, count: 2)
    simulation.run(for: .milliseconds(25))
    let report = simulation.apply(.skew([n1: .freeze]))
    #expect(report == FaultReport(did: [n1: "freeze"], tookHold: true))
    simulation.run(for: .seconds(10))
    #expect(simulation.node(n1).ticks == 2)
    #expect(simulation.node(n2).ticks == 1_002)
    #expect(simulation.apply(.resetClocks) == FaultReport(did: [n1: "reset"], tookHold: true))
    simulation.run(for: .milliseconds(4))
    #expect(simulation.node(n1).ticks == 2)
    simulation.run(for: .milliseconds(1))
    #expect(simulation.node(n1).ticks == 3)
    let third = simulation.node(n1).firings.last { $0.timer == .tick }
    // The monotonic clock never saw the ten seconds, the wall clock was set right.
    #expect(third?.now == .milliseconds(30))
    #expect(third?.wall == .seconds(1_000_000_000) + simulation.now)
  }

  @Test("a strobed wall clock jumps to and fro, and stays right otherwise")
  func strobe() {
    let simulation = simulate(Clockwork.self, count: 2)
    let report = simulation.apply(
      .skew([n1: .strobe(by: .seconds(3), period: .milliseconds(10))]))
    #expect(report == FaultReport(did: [n1: "strobe 3s each 10ms"], tookHold: true))
    simulation.run(for: .milliseconds(45))
    let ticks = { (node: NodeID) in simulation.node(node).firings.filter { $0.timer == .tick } }
    #expect(ticks(n1).map(\.now) == ticks(n2).map(\.now))
    #expect(
      zip(ticks(n1), ticks(n2)).map { $0.wall - $1.wall } == [0, .seconds(3), 0, .seconds(3)])
    #expect(simulation.apply(.resetClocks).tookHold == true)
    simulation.run(for: .milliseconds(10))
    #expect(ticks(n1).last?.wall == ticks(n2).last?.wall)
  }

  @Test("clocks can be wrong from the start")
  func initial() {
    let simulation = simulate(Clockwork.self, count: 3) {
      $0.drifts = 100_000_000...200_000_000
      $0.wallOffsets = .seconds(1)...(.seconds(2))
    }
    simulation.run(for: .seconds(1))
    let ticks = simulation.names.nodes.map { simulation.node($0).ticks }
    #expect(ticks.allSatisfy { (110...120).contains($0) })
    #expect(Set(simulation.names.nodes.map { simulation.node($0).firings[0].wall }).count == 3)
  }

  @Test("the delays of one timer don't depend on how often another is set")
  func streams() {
    let few = simulate(Pinger.self, seed: 9)
    let many = simulate(Pinger.self, count: 5, seed: 9)
    few.run(for: .seconds(1))
    many.run(for: .seconds(1))
    #expect(few.node(n1).sent == many.node(n1).sent)
  }
}
