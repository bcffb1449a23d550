import Environments
import Nodes
import Simulations
import Testing
import Values

struct NetworkFaultTests {
  static let link = Link(from: n1, to: n2)

  @Test("without faults every message arrives once")
  func calm() {
    let simulation = simulate(Pinger.self)
    simulation.run(for: .milliseconds(500))
    let received = simulation.node(n2).received[n1.index]
    #expect(received.count > 200)
    #expect(received.sorted() == Array(1...received.count))
    #expect(simulation.traffic.lost == 0)
    #expect(simulation.faults == untouched)
  }

  @Test(
    "a cut is directed, loses what is on its way, and heals", arguments: 0..<20 as Range<UInt64>)
  func cut(seed: UInt64) {
    let simulation = simulate(Pinger.self, seed: seed)
    simulation.run(for: .milliseconds(100))
    let before = simulation.node(n2).received[n1.index].count
    let onItsWay = simulation.node(n1).sent - before
    let reverseBefore = simulation.node(n1).received[n2.index].count
    #expect(simulation.apply(.cut([Self.link])) == FaultReport())
    let sentBefore = simulation.node(n1).sent
    simulation.run(for: .milliseconds(100))
    #expect(simulation.node(n2).received[n1.index].count == before, "seed \(seed)")
    #expect(simulation.node(n1).received[n2.index].count > reverseBefore + 20, "seed \(seed)")

    let report = simulation.apply(.mend)
    #expect(report.tookHold == true)
    #expect(report.affected == simulation.node(n1).sent - sentBefore + onItsWay, "seed \(seed)")
    #expect((report.exercised ?? 0) > (report.affected ?? 0))
    #expect(simulation.traffic.lost == report.affected)
    simulation.run(for: .milliseconds(100))
    #expect(simulation.node(n2).received[n1.index].count > before + 20, "seed \(seed)")
    #expect(simulation.apply(.mend) == FaultReport())
  }

  @Test("a cut in place of another reports what came of that one")
  func recut() {
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.cut([Self.link]))
    simulation.run(for: .milliseconds(50))
    let report = simulation.apply(.cut([Link(from: n2, to: n1)]))
    #expect(report.tookHold == true)
    #expect((report.affected ?? 0) > 10)
    let received = simulation.node(n2).received[n1.index].count
    simulation.run(for: .milliseconds(50))
    #expect(simulation.node(n2).received[n1.index].count > received)
    let second = simulation.apply(.mend)
    #expect((second.exercised ?? 0) < (report.exercised ?? 0) * 2)
  }

  @Test(
    "a network fault that no message met is tried by a probe", arguments: Disturbance.Kind.allCases)
  func probe(kind: Disturbance.Kind) {
    let simulation = simulate(Proxy.self)
    _ = simulation.apply(.cut([Self.link]))
    simulation.run(for: .milliseconds(50))
    #expect(simulation.apply(.mend) == FaultReport(tookHold: true, affected: 0, exercised: 0))

    _ = simulation.apply(.disturb(Disturbance(kind, probability: 0.1), [Self.link]))
    simulation.run(for: .milliseconds(50))
    #expect(
      simulation.apply(.calm(kind)) == FaultReport(tookHold: true, affected: 0, exercised: 0))

    _ = simulation.apply(.disturb(Disturbance(kind, probability: 0), [Self.link]))
    #expect(simulation.apply(.calm(kind)).tookHold == false)
    _ = simulation.apply(.disturb(Disturbance(kind, probability: 1), []))
    #expect(simulation.apply(.calm(kind)).tookHold == false)
    #expect(simulation.apply(.calm(kind)) == FaultReport())
    #expect(simulation.faults == untouched)
  }

  @Test("loss loses about its share, on its links alone")
  func loss() {
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.disturb(Disturbance(.loss, probability: 0.4), [Self.link]))
    simulation.run(for: .seconds(2))
    let report = simulation.apply(.calm(.loss))
    let sent = Double(simulation.node(n1).sent)
    let received = simulation.node(n2).received[n1.index]
    #expect(report.tookHold == true)
    #expect(abs(Double(report.affected ?? 0) / sent - 0.4) < 0.05)
    #expect(abs(Double(received.count) / sent - 0.6) < 0.05)
    #expect(simulation.faults.lost == report.affected)
    #expect(simulation.node(n3).received[n1.index].count >= simulation.node(n1).sent - 3)
    simulation.run(for: .seconds(1))
    let after = simulation.node(n2).received[n1.index].filter { $0 > Int(sent) + 2 }
    #expect(after.sorted() == Array(Int(sent) + 3..<Int(sent) + 3 + after.count))
  }

  @Test("messages of one type alone are lost", arguments: ["odd", "even"])
  func lossByType(type: String) {
    let simulation = simulate(Pinger.self)
    let loss = Disturbance(.loss, probability: 1, messageTypes: [type])
    _ = simulation.apply(.disturb(loss, [Self.link]))
    simulation.run(for: .milliseconds(500))
    let report = simulation.apply(.calm(.loss))
    let sent = Array(1...simulation.node(n1).sent)
    let isOther = { (number: Int) in number.isMultiple(of: 2) == (type == "odd") }
    let received = simulation.node(n2).received[n1.index].sorted()
    #expect(received == Array(sent.filter(isOther).prefix(received.count)))
    #expect(received.count > 100)
    #expect(report.tookHold == true)
    #expect(report.affected == sent.count { !isOther($0) })
  }

  @Test("a disturbance of a type of which there is no message does not take hold")
  func unknownType() {
    let simulation = simulate(Pinger.self)
    let loss = Disturbance(.loss, probability: 1, messageTypes: ["pong"])
    _ = simulation.apply(.disturb(loss, [Self.link]))
    simulation.run(for: .milliseconds(100))
    let report = simulation.apply(.calm(.loss))
    #expect(report.tookHold == false && report.affected == 0 && (report.exercised ?? 0) > 0)
    // It is tried by a probe where there are such messages, but few.
    let rare = Disturbance(.loss, probability: 0.01, messageTypes: ["odd"])
    _ = simulation.apply(.disturb(rare, [Self.link]))
    simulation.run(for: .milliseconds(4))
    let rareReport = simulation.apply(.calm(.loss))
    #expect(rareReport.tookHold == true && rareReport.affected == 0)
    #expect((5...30).contains(rareReport.exercised ?? 0))
  }

  @Test(
    "delays spread as they are to", arguments: Disturbance.Distribution.allCases)
  func delays(distribution: Disturbance.Distribution) {
    let disturbance = Disturbance(
      .delay, probability: 1, latency: .milliseconds(100), distribution: distribution)
    var draws = Draws(seed: 1)
    let delays = (0..<20_000).map { _ in
      Double(disturbance.drawDelay(&draws)) / Double(Nanoseconds.milliseconds(100))
    }
    let mean = delays.reduce(0, +) / Double(delays.count)
    let beyond = Double(delays.count { $0 > 2 }) / Double(delays.count)
    switch distribution {
    case .constant: #expect(delays.allSatisfy { $0 == 1 })
    case .uniform: #expect(abs(mean - 0.5) < 0.01 && delays.allSatisfy { $0 <= 1 })
    // A share of e⁻² is longer than twice the mean.
    case .exponential: #expect(abs(mean - 1) < 0.03 && abs(beyond - 0.135) < 0.01)
    }
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.disturb(disturbance, [Self.link]))
    simulation.run(for: .milliseconds(99))
    let received = simulation.node(n2).received[n1.index].count
    #expect(distribution == .constant ? received == 0 : received > 10)
  }

  @Test("a network can lose messages though nothing disturbs it")
  func initialLoss() {
    let simulation = simulate(Pinger.self) { $0.loss = 0.25 }
    simulation.run(for: .seconds(1))
    let share = Double(simulation.traffic.lost) / Double(simulation.traffic.betweenServers)
    #expect(abs(share - 0.25) < 0.04)
  }

  @Test("a corrupt message is not decoded, on its links alone")
  func corruption() {
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.disturb(Disturbance(.corrupt, probability: 0.4), [Self.link]))
    simulation.run(for: .seconds(2))
    let report = simulation.apply(.calm(.corrupt))
    simulation.run(for: .milliseconds(20))
    let received = simulation.node(n2).received[n1.index]
    #expect(report.tookHold == true)
    #expect(simulation.faults.corrupted == report.affected)
    #expect(abs(Double(report.affected ?? 0) / Double(simulation.node(n1).sent) - 0.4) < 0.05)
    #expect(simulation.node(n1).sent - received.count - (report.affected ?? 0) <= 1)
    #expect(simulation.traffic.lost == report.affected)
    #expect(simulation.node(n3).received[n1.index].count >= simulation.node(n1).sent - 3)
  }

  @Test("a clogged link holds messages back, and delivers all of them when it is clear again")
  func clog() {
    let simulation = simulate(Pinger.self)
    simulation.run(for: .milliseconds(100))
    _ = simulation.apply(.disturb(Disturbance(.clog, probability: 1), [Self.link]))
    simulation.run(for: .milliseconds(10))
    let before = simulation.node(n2).received[n1.index].count
    simulation.run(for: .milliseconds(500))
    #expect(simulation.node(n2).received[n1.index].count == before)
    let report = simulation.apply(.calm(.clog))
    #expect(report.tookHold == true)
    #expect((report.affected ?? 0) > 200)
    #expect(simulation.faults.clogged == report.affected)
    let sent = simulation.node(n1).sent
    simulation.run(for: .milliseconds(20))
    #expect(simulation.traffic.lost == 0)
    #expect(Set(simulation.node(n2).received[n1.index]).isSuperset(of: 1...sent))
  }

  @Test("a link of limited rate delays what it carries, and loses what finds its queue full")
  func rate() {
    let simulation = simulate(Pinger.self)
    let limit = Disturbance(
      .rate, probability: 1, latency: .milliseconds(200), bytesPerSecond: 2_000)
    _ = simulation.apply(.disturb(limit, [Self.link]))
    simulation.run(for: .seconds(2))
    let bytes = Pinger.Ping(number: 1_000).encoded.count
    let received = simulation.node(n2).received[n1.index]
    #expect(abs(received.count - 2_000 * 2 / bytes) <= 2_000 / bytes / 2 + 5)
    #expect(received == received.sorted())
    #expect(simulation.faults.queued > 0 && simulation.faults.overflowed > 0)
    let report = simulation.apply(.calm(.rate))
    #expect(report.tookHold == true)
    #expect(report.affected == simulation.faults.queued + simulation.faults.overflowed)
    #expect(simulation.node(n3).received[n1.index].count >= simulation.node(n1).sent - 3)
  }

  @Test("duplication delivers messages twice")
  func duplication() {
    let simulation = simulate(Pinger.self)
    _ = simulation.apply(.disturb(Disturbance(.duplicate, probability: 0.5), [Self.link]))
    simulation.run(for: .seconds(1))
    let report = simulation.apply(.calm(.duplicate))
    simulation.run(for: .milliseconds(20))
    let received = simulation.node(n2).received[n1.index]
    #expect(received.count - Set(received).count == report.affected)
    #expect((report.affected ?? 0) > 200)
    #expect(
      Set(simulation.node(n3).received[n1.index]).count
        == simulation.node(n3).received[n1.index].count)
  }

  @Test("reordering lets later messages overtake", arguments: 0..<10 as Range<UInt64>)
  func reordering(seed: UInt64) {
    func inversions(_ disturbance: Disturbance?) -> Int {
      let simulation = simulate(Pinger.self, seed: seed) {
        $0.latency = .constant(.milliseconds(1))
      }
      if let disturbance { _ = simulation.apply(.disturb(disturbance, [Self.link])) }
      simulation.run(for: .milliseconds(500))
      let received = simulation.node(n2).received[n1.index]
      return zip(received, received.dropFirst()).count { $0 > $1 }
    }
    #expect(inversions(nil) == 0)
    let reorder = Disturbance(.reorder, probability: 0.2, latency: .milliseconds(10))
    #expect(inversions(reorder) > 10, "seed \(seed)")
  }

  @Test("a delay makes messages late, and calming it makes them punctual again")
  func delay() {
    let simulation = simulate(Pinger.self) { $0.latency = .constant(.milliseconds(1)) }
    let delay = Disturbance(.delay, probability: 1, latency: .milliseconds(40))
    _ = simulation.apply(.disturb(delay, [Self.link]))
    simulation.run(for: .milliseconds(500))
    let late = simulation.node(n1).sent - simulation.node(n2).received[n1.index].count
    #expect((5..<30).contains(late))
    #expect(simulation.node(n1).sent - simulation.node(n3).received[n1.index].count <= 1)
    #expect(simulation.apply(.calm(.delay)).tookHold == true)
    simulation.run(for: .milliseconds(100))
    #expect(simulation.node(n1).sent - simulation.node(n2).received[n1.index].count <= 1)
  }

  @Test(
    "latencies follow their distribution",
    arguments: [
      (Latency.constant(.milliseconds(3)), 3.0), (.uniform(0...(.milliseconds(4))), 2.0),
      (.exponential(mean: .milliseconds(5)), 5.0),
    ])
  func latencies(latency: Latency, mean: Double) {
    let simulation = simulate(Pinger.self, count: 2) { $0.latency = latency }
    simulation.run(for: .seconds(10))
    // By Little's law: how many are on their way is the rate times the latency.
    var late = 0
    for _ in 0..<200 {
      simulation.run(for: .milliseconds(10))
      late += simulation.node(n1).sent - simulation.node(n2).received[n1.index].count
    }
    let rate = Double(simulation.node(n1).sent) / Double(simulation.now) * 1e6
    #expect(abs(Double(late) / 200 / rate - mean) < mean / 5)
  }

  @Test("traffic tells nodes' messages from clients'")
  func traffic() {
    let simulation = simulate(Pinger.self)
    for number in 0..<10 {
      simulation.submit(.addDelta(number), as: RequestID(client: 0, number: number), to: n1)
      simulation.run(for: .milliseconds(5))
    }
    let sent = [n1, n2, n3].reduce(0) { $0 + simulation.node($1).sent } * 2
    #expect(simulation.traffic.withClients == 20)
    #expect(simulation.traffic.betweenServers == sent)
    #expect(simulation.node(n1).requests == Array(0..<10))
  }

  @Test("messages are encoded and decoded where that is wanted")
  func encoding() {
    let simulation = simulate(Chatter.self) { $0.checksEncoding = true }
    simulation.run(for: .milliseconds(200))
    #expect(simulation.violation == nil)
    let broken = simulate(Forgetful.self) { $0.checksEncoding = true }
    #expect(broken.violation?.invariant == "encoding")
  }
}

/// The tally of a cluster that no fault touched.
let untouched = simulate(Pinger.self).faults
