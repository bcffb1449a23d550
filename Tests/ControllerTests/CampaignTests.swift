import Controller
import Environments
import Synchronization
import Testing
import Values
import Verdicts

@Suite("Campaigns")
struct CampaignTests {
  private func plan(
    _ system: String, _ workload: String, bug: String? = nil, nemesis: [String] = [],
    timeLimit: Nanoseconds = .seconds(5)
  ) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 5)
    plan.place = .simulated
    plan.rate = 50
    plan.timeLimit = timeLimit
    plan.nemesis = nemesis
    plan.nemesisInterval = .milliseconds(500)
    plan.bugs = bug.map { [$0] } ?? []
    return plan
  }

  private func raft(bug: String? = nil) -> Plan {
    plan("raft", "lin-kv", bug: bug, nemesis: ["partition", "kill:primaries", "pause"])
  }

  private func noRetry() -> Plan {
    plan("broadcast", "broadcast", bug: "no-retry", nemesis: ["partition", "kill", "pause"])
  }

  @Test("end with the failure that is the last to count, however many cores run them")
  func failureLimit() throws {
    let all = try Campaign(plan: noRetry(), seeds: 0..<12).run(cores: 2)
    try #require(all.failureCount > 3)
    let third = all.failures[2].plan.seed
    for cores in [1, 2, 4] {
      let campaign = Campaign(plan: noRetry(), seeds: 0..<12, failureLimit: 3)
      let result = try campaign.run(cores: cores)
      #expect(result.seeds == 0..<third + 1)
      #expect(result.failures.map(\.plan.seed) == all.failures.prefix(3).map(\.plan.seed))
      let upToThird = try Campaign(plan: noRetry(), seeds: 0..<third + 1).run(cores: 1)
      #expect(result.statistics == upToThird.statistics)
      #expect(result.groups.map(\.count) == upToThird.groups.map(\.count))
      #expect(result.verifiedCount == upToThird.verifiedCount)
    }
  }

  @Test("that are ended early are those of the seeds that ran")
  func interrupted() throws {
    let asked = Atomic<Int>(0)
    let campaign = Campaign(plan: raft(), seeds: 5..<UInt64.max)
    let result = try campaign.run(
      cores: 2,
      interrupted: { asked.wrappingAdd(1, ordering: .relaxed).oldValue >= 7 })
    #expect(result.seeds == 5..<12)
    let whole = try Campaign(plan: raft(), seeds: 5..<12).run(cores: 1)
    #expect(result.statistics == whole.statistics)
    #expect(result.missedMarks == whole.missedMarks)
    #expect(result.verdict == whole.verdict)
  }

  @Test("that are ended before the first run prove nothing")
  func nothing() throws {
    let result = try Campaign(plan: raft(), seeds: 0..<9).run(cores: 2, interrupted: { true })
    #expect(result.runCount == 0)
    #expect(result.verdict == .unknown)
  }

  @Test("repeat their share of the runs, the first one among them, evenly")
  func share() {
    var campaign = Campaign(plan: raft(), seeds: 1000..<UInt64.max)
    func verified(_ share: Double, of count: UInt64) -> [UInt64] {
      campaign.verifiedShare = share
      return (1000..<1000 + count).filter { campaign.isVerified($0) }
    }
    #expect(verified(0.05, of: 10) == [1000])
    #expect(verified(0.05, of: 60) == [1000, 1019, 1039, 1059])
    #expect(verified(1, of: 7).count == 7)
    #expect(verified(0.5, of: 1000).count == 501)
    #expect(verified(0, of: 1000).isEmpty)
  }

  @Test(
    "find every correct system deterministic, contents and all",
    arguments: [
      ("raft", "lin-kv"), ("broadcast", "broadcast"), ("flood", "broadcast"), ("g-set", "g-set"),
      ("pn-counter", "pn-counter"), ("kv-counter", "g-counter"), ("kafka-log", "kafka"),
      ("txn-thunks", "txn-list-append"), ("txn-hat", "txn-rw-register"),
      ("unique-ids", "unique-ids"),
    ])
  func deterministic(system: String, workload: String) throws {
    let nemesis = ["partition", "kill", "pause", "loss", "duplicate", "reorder", "clock", "disk"]
    var campaign = Campaign(plan: plan(system, workload, nemesis: nemesis), seeds: 0..<4)
    campaign.verifiedShare = 1
    let result = try campaign.run(cores: 2)
    #expect(result.verifiedCount == 4)
    #expect(result.divergentCount == 0, "\(result.divergences.map(\.summary))")
  }

  @Test("find a walk over an unordered set, and the event where runs part")
  func unorderedWalk() throws {
    let campaign = Campaign(plan: plan("g-set", "g-set", bug: "unordered-walk"), seeds: 3..<6)
    let result = try campaign.run(cores: 2)
    #expect(result.verifiedCount == 1)
    #expect(result.divergentCount == 1)
    #expect(result.verdict == .valid, "no client can see it")
    #expect(result.exitCode == .hindered)
    let divergence = try #require(result.divergences.first)
    #expect(divergence.outcome.plan.seed == 3)
    let point = try #require(divergence.point)
    #expect(point.event > 1)
    #expect(point.node.hasPrefix("n"))
    #expect(point.time >= .milliseconds(900), "gossip begins after a second")
    #expect(point.versions.count == 2)
    #expect(point.versions[0] != point.versions[1])
    let beginning = "\(point.node) timer gossip → sets gossip, to "
    #expect(point.versions.allSatisfy { $0.contains(beginning) })
  }

  @Test("hold a bounded part of what they find, and count all")
  func bounds() {
    var tally = CampaignTally(
      first: 0, failureLimit: nil, knownMarks: [], demandsMarks: false)
    let plan = raft()
    for number in 0..<5_000 {
      var outcome = Outcome(plan: plan)
      outcome.plan.seed = UInt64(number)
      outcome.hindrances = ["a full disk"]
      outcome.findings = [
        Finding(
          "c", .invalid,
          anomalies: [Anomaly("kind \(number % 70)", operations: [], explanation: "")])
      ]
      tally.add(FinishedRun(outcome: outcome, comparison: .different))
      outcome.hindrances = []
      outcome.plan.seed = tally.nextSeed
      outcome.findings = [Finding("c", .unknown, reason: "no time")]
      tally.add(FinishedRun(outcome: outcome))
    }
    let result = tally.result
    #expect(result.runCount == 10_000)
    #expect(result.failureCount == 5_000)
    #expect(result.failures.map(\.plan.seed) == (0..<100).map { UInt64($0) })
    #expect(result.groups.count == CampaignTally.groupsMax + 1)
    #expect(result.groups.map(\.count).reduce(0, +) == 5_000)
    #expect(result.groups.last?.anomalies == ["others"])
    #expect(result.groups.allSatisfy { $0.examples.count == CampaignTally.examplesMax })
    #expect(result.undecidedCount == 5_000)
    #expect(result.undecided.count == CampaignTally.undecidedMax)
    #expect(result.hinderedCount == 5_000)
    #expect(result.hindrances.count == CampaignTally.hindrancesMax)
    #expect(result.divergentCount == 5_000)
  }

  @Test("are vacuous only in what came to nothing in every run")
  func vacuity() {
    func result(_ runs: [[String]]) -> CampaignResult {
      var tally = CampaignTally(
        first: 0, failureLimit: nil, knownMarks: [], demandsMarks: false)
      for vacuity in runs {
        var outcome = Outcome(plan: raft(), findings: [Finding("c", .valid)])
        outcome.vacuity = vacuity
        tally.add(FinishedRun(outcome: outcome))
      }
      return tally.result
    }
    #expect(result([["a", "b"], ["b"], ["c", "b"]]).vacuity == ["b"])
    #expect(result([["a"], ["b"]]).vacuity == [])
    #expect(result([["a"], ["b"]]).verdict == .valid)
    #expect(result([[], ["a"]]).vacuity == [])
    #expect(result([["a"]]).verdict == .unknown)
    #expect(result([["a"]]).reasons == ["vacuous: a"])
  }

  @Test("can demand that every known mark is reached")
  func demandedMarks() {
    func result(demands: Bool, _ reached: [String]) -> CampaignResult {
      var tally = CampaignTally(
        first: 0, failureLimit: nil, knownMarks: ["x", "y"], demandsMarks: demands)
      for mark in reached {
        var outcome = Outcome(plan: raft(), findings: [Finding("c", .valid)])
        outcome.statistics.marks["z"] = 1
        if mark == "x" { outcome.statistics.marks[mark] = 1 }
        if mark == "y" { outcome.statistics.coverage.marks[mark] = 1 }
        tally.add(FinishedRun(outcome: outcome))
      }
      return tally.result
    }
    #expect(result(demands: false, ["x"]).verdict == .valid)
    #expect(result(demands: false, ["x"]).missedMarks == ["y"])
    let missing = result(demands: true, ["x", "x"])
    #expect(missing.verdict == .unknown)
    #expect(missing.exitCode == .unknown)
    #expect(missing.reasons == ["a demanded coverage mark never fired: y"])
    #expect(result(demands: true, ["x", "y"]).verdict == .valid)
  }

  @Test("tell who was struck in which role, and which pairs never came about")
  func strikes() throws {
    let result = try Campaign(plan: raft(), seeds: 0..<10).run(cores: 2)
    let coverage = result.statistics.coverage
    #expect(coverage.families == [.partition, .kill, .pause])
    #expect(coverage.roles.isSuperset(of: ["leader", "follower"]))
    #expect(coverage.strikes[.init(.kill, role: "leader"), default: 0] > 10)
    #expect(coverage.strikes[.init(.partition, role: "leader"), default: 0] > 0)
    #expect(coverage.marks["overlap: partition + kill", default: 0] > 0)
    #expect(coverage.marks[NemesisMark.whileDown, default: 0] > 0)
    let pairs = coverage.families.count * coverage.roles.count
    #expect(coverage.strikes.count + coverage.missedStrikes.count == pairs)
  }
}

@Suite("Signatures of failures")
struct SignatureTests {
  private func signatures(
    _ system: String, _ workload: String, bug: String, nemesis: [String], seeds: Range<UInt64>
  ) throws -> (CampaignResult, [Signature]) {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 5)
    plan.place = .simulated
    plan.rate = 50
    plan.timeLimit = .seconds(5)
    plan.nemesis = nemesis
    plan.nemesisInterval = .milliseconds(500)
    plan.bugs = [bug]
    let result = try Campaign(plan: plan, seeds: seeds).run(cores: 2)
    return (result, try Campaign.signatures(of: result, cores: 2))
  }

  @Test("name no family where the failure needs none, and count what was not looked into apart")
  func faultless() throws {
    let (result, signatures) = try signatures(
      "echo", "echo", bug: "wrong-value", nemesis: ["kill", "pause"], seeds: 7..<17)
    #expect(result.failureCount == 10)
    #expect(signatures.map(\.families) == [[], nil])
    #expect(signatures.map(\.count) == [CampaignTally.examplesMax, 10 - CampaignTally.examplesMax])
    #expect(signatures.map(\.first.plan.seed) == [7, 10])
    #expect(signatures.allSatisfy { $0.anomalies == result.groups[0].anomalies })
  }

  @Test("name the families that the failure needs, and replay the failure as it was")
  func needed() throws {
    let nemesis = ["partition", "pause", "clock", "disk"]
    let (result, signatures) = try signatures(
      "g-set", "g-set", bug: "no-sync", nemesis: nemesis, seeds: 0..<30)
    try #require(result.failureCount > 0)
    let first = try #require(signatures.first)
    #expect(first.families == [.disk], "only power loss takes what was not synced")
    let token = try #require(first.first.token)
    let again = try SimulatedRun(Token.decode(token)).run()
    #expect(again.findings == first.first.findings)
    #expect(again.anomalyNames == first.anomalies)
  }

  @Test("are not looked into once that is interrupted")
  func interrupted() throws {
    var plan = Plan(system: "echo", workload: "echo", nodes: ["n1"], concurrency: 1)
    plan.place = .simulated
    plan.timeLimit = .seconds(2)
    plan.bugs = ["wrong-value"]
    let result = try Campaign(plan: plan, seeds: 0..<2).run(cores: 1)
    let signatures = try Campaign.signatures(of: result, cores: 2, interrupted: { true })
    #expect(signatures.map(\.families) == [nil])
    #expect(signatures.map(\.count) == [2])
  }
}
