import Environments
import Nodes
import Simulations
import Testing
import Values

/// What of a run's chance can be decided, and what leaves the rest of it as it was.
struct NumberedChoiceTests {
  private func delays(_ adjust: (inout SimulationSettings) -> Void = { _ in }) -> [MessageDelay] {
    let simulation = simulate(Pinger.self, seed: 4) {
      $0.recordsDelays = true
      adjust(&$0)
    }
    simulation.run(for: .milliseconds(100))
    return simulation.delays
  }

  @Test("a single message's delay is decided, and no other's")
  func delay() throws {
    let drawn = delays()
    let link = Link(from: n1, to: n2)
    let chosen = MessageDelay(link, number: 3, delay: .milliseconds(40))
    let decided = delays { $0.delays = [chosen] }
    #expect(drawn.count == decided.count && drawn.count > 20)
    for (before, after) in zip(drawn, decided) {
      let isIt = before.link == link && before.number == 3
      #expect(after == (isIt ? chosen : before))
    }
  }

  @Test("all delays that were drawn, decided, make the same run", arguments: 0..<5 as Range<UInt64>)
  func all(seed: UInt64) {
    let drawn = simulate(Pinger.self, seed: seed) { $0.recordsDelays = true }
    drawn.run(for: .milliseconds(200))
    let decided = simulate(Pinger.self, seed: seed) {
      $0.latency = .constant(.seconds(1))
      $0.delays = drawn.delays
    }
    decided.run(for: .milliseconds(200))
    #expect(drawn.digest == decided.digest, "seed \(seed)")
  }

  @Test("a delay of a message between nodes that are not there decides nothing")
  func unknown() {
    let far = MessageDelay(Link(from: n1, to: NodeID(9)), number: 1, delay: 0)
    #expect(delays { $0.delays = [far] } == delays())
  }

  @Test("a run is the same until all chance comes from another seed, and another from then on")
  func reseeding() {
    let moment = Nanoseconds.milliseconds(50)
    let plain = simulate(Pinger.self, seed: 4)
    let other = simulate(Pinger.self, seed: 4) { $0.reseeding = Reseeding(at: moment, seed: 9) }
    plain.run(for: moment - 1)
    other.run(for: moment - 1)
    #expect(plain.digest == other.digest)
    plain.run(for: .milliseconds(100))
    other.run(for: .milliseconds(100))
    #expect(plain.digest != other.digest)
  }

  @Test(
    "what is drawn later does not depend on how much was drawn before", arguments: [1, 2, 3, 4, 5])
  func moments(count: Int) throws {
    func delays(_ burst: Int) -> [Nanoseconds] {
      let simulation = simulate(Burster.self, count: 2, seed: 4) {
        $0.recordsDelays = true
        $0.options = ["burst": "\(burst)"]
      }
      simulation.run(for: .seconds(1))
      return simulation.delays.map(\.delay)
    }
    let (few, many) = (delays(1), delays(1 + count))
    #expect(many.count == few.count + count && few.count == 10)
    #expect(many.suffix(9) == few.suffix(9))
    #expect(Set(few).count == few.count)
  }

  @Test("a node's chance is the same in a cluster without one of the others")
  func names() {
    func delays(_ names: [String]) -> [Nanoseconds] {
      var settings = SimulationSettings(names: NodeNames(names), seed: 8)
      settings.recordsDelays = true
      let simulation = Simulation<Pinger>(settings)
      simulation.start()
      simulation.run(for: .milliseconds(50))
      let from = names.firstIndex(of: "n1") ?? 0
      let to = names.firstIndex(of: "n3") ?? 0
      return simulation.delays.filter { $0.link == Link(from: NodeID(from), to: NodeID(to)) }
        .map(\.delay)
    }
    #expect(delays(["n1", "n2", "n3"]) == delays(["n1", "n3"]))
    #expect(delays(["n1", "n3"]).count > 3)
  }
}
