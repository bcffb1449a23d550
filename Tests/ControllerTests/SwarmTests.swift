import Controller
import Nemeses
import Testing
import Values
import Verdicts

@Suite("A swarm")
struct SwarmTests {
  private func plan(seed: UInt64) -> Plan {
    var plan = Plan(
      system: "raft", workload: "lin-kv", nodes: (1...5).map { "n\($0)" }, concurrency: 10)
    plan.place = .simulated
    plan.isSwarm = true
    plan.timeLimit = .seconds(10)
    plan.rate = 80
    plan.seed = seed
    return plan
  }

  private func drawn(_ seeds: Range<UInt64>) throws -> [Plan] {
    try seeds.map { try plan(seed: $0).drawn() }
  }

  @Test("draws one seed's configuration always alike, and keeps within what the plan says")
  func bounds() throws {
    for plan in try drawn(0..<200) {
      let again = try self.plan(seed: plan.seed).drawn()
      #expect(again == plan)
      #expect(!plan.isSwarm && (1...5).contains(plan.nodes.count))
      #expect((1...10).contains(plan.concurrency) && (10...80).contains(plan.rate))
      #expect(plan.nemesisInterval <= plan.timeLimit / 4)
      _ = try Controller.Test(plan)
    }
  }

  @Test("leaves families out, and has each of them in some run, weak and strong")
  func variety() throws {
    let plans = try drawn(0..<400)
    let words = plans.map { Set($0.nemesis.map { String($0.prefix { $0 != ":" }) }) }
    for family in ["partition", "kill", "pause", "loss", "clock", "disk", "rate", "clog"] {
      let count = words.count { $0.contains(family) }
      #expect((100...300).contains(count), "\(family) in \(count) of 400")
    }
    let shares = plans.flatMap(\.nemesis).filter { $0.hasPrefix("loss") }.compactMap {
      Double($0.split(separator: ":")[1])
    }
    #expect(shares.contains { $0 < 0.005 } && shares.contains { $0 > 0.25 })
    #expect(Set(plans.map(\.nodes.count)).count == 5)
    #expect(Set(plans.map(\.latencyDistribution)).count == 3)
  }

  @Test("keeps options and a latency that are given")
  func given() throws {
    for seed in 0..<50 as Range<UInt64> {
      var plan = plan(seed: seed)
      plan.options = ["pre-vote": "true"]
      plan.latency = .milliseconds(2)
      let drawn = try plan.drawn()
      #expect(drawn.options["pre-vote"] == "true" && drawn.latency == .milliseconds(2))
    }
  }

  @Test("of correct nodes is never accused", arguments: 0..<40 as Range<UInt64>)
  func correct(seed: UInt64) throws {
    let outcome = try SimulatedRun(plan(seed: seed)).run()
    #expect(outcome.findings.allSatisfy { $0.verdict != .invalid }, "\(outcome.findings)")
  }

  @Test("is repeated by the token of one of its runs")
  func token() throws {
    let outcome = try SimulatedRun(plan(seed: 7)).run()
    let token = try #require(outcome.token)
    let again = try SimulatedRun(Token.decode(token)).run()
    #expect(again.statistics == outcome.statistics)
  }

  @Test("needs a simulation")
  func local() {
    var plan = plan(seed: 0)
    plan.place = .local
    #expect(throws: PlanError.self) { try plan.drawn() }
  }
}
