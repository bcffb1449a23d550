import Controller
import Environments
import Nemeses
import Testing
import Values

@Suite("Faults that strike at marks")
struct AmbushTests {
  /// Figure 8 of the Raft paper needs three faults, each at the right moment.
  private func plan(_ nemesis: [String], seed: UInt64) -> Plan {
    var plan = Plan(
      system: "raft", workload: "lin-kv", nodes: ["n1", "n2", "n3"], concurrency: 10)
    plan.place = .simulated
    plan.timeLimit = .seconds(15)
    plan.rate = 400
    plan.timeout = .milliseconds(500)
    plan.latency = .milliseconds(3)
    plan.latencyDistribution = "exponential"
    plan.nemesis = nemesis
    plan.nemesisInterval = .microseconds(468_750)
    plan.options = [
      "election-timeout": "50ms", "entries-per-message": "1", "heartbeat": "20ms",
      "pre-vote": "false",
    ]
    plan.bugs = ["commit-old-term"]
    plan.seed = seed
    return plan
  }

  private let anomaly = "nodes/leader-completeness"

  /// The first run that fails, with faults at marks.
  private func failing() throws -> Plan {
    for seed in 0..<100 as Range<UInt64> {
      var plan = plan(["partition"], seed: seed)
      plan.strikesAtMarks = true
      if try SimulatedRun(plan).run().anomalyNames.contains(anomaly) { return plan }
    }
    throw PlanError("it was not found")
  }

  @Test("find figure 8 within a few runs, which their tokens repeat", .timeLimit(.minutes(2)))
  func finds() throws {
    var plan = try failing()
    let run = try SimulatedRun(plan, digestsContents: true)
    let outcome = try run.run()
    #expect(outcome.statistics.faults["start-partition"] ?? 0 > 0)
    let token = try #require(outcome.token)
    let again = try SimulatedRun(Token.decode(token), digestsContents: true)
    #expect(try again.run().anomalyNames == outcome.anomalyNames && again.digest == run.digest)
    plan.bugs = []
    #expect(try SimulatedRun(plan).run().anomalyNames.isEmpty)
  }

  @Test(
    "are shrunk to those that matter, with times, as are others", .timeLimit(.minutes(3)),
    arguments: [true, false])
  func shrinks(atMarks: Bool) throws {
    let failing =
      try atMarks
      ? failing() : plan(["partition:random", "disk:corrupt:minority"], seed: 4451)
    try #require(try SimulatedRun(failing).run().anomalyNames.contains(anomaly))
    var shrinker = Shrinker(anomaly: anomaly, cores: 2)
    let result = try #require(try shrinker.shrink(failing))
    #expect(result.faultCount == 3 && result.operationCount <= 8, "\(result.plan.value.json)")
    #expect(try #require(result.neededUnder) > 1)
    #expect(!result.plan.strikesAtMarks && result.plan.faults?.isEmpty == false)
  }

  @Test("need a simulation, and a system that has marks")
  func refused() throws {
    var local = plan(["partition"], seed: 0)
    local.strikesAtMarks = true
    local.place = .local
    #expect(throws: PlanError.self) { try Controller.Test(local) }
    var unmarked = Plan(system: "echo", workload: "echo", nodes: ["n1"], concurrency: 1)
    unmarked.place = .simulated
    unmarked.strikesAtMarks = true
    #expect(throws: PlanError.self) { try SimulatedRun(unmarked) }
  }
}
