import Controller
import Environments
import Histories
import Nemeses
import Testing
import Values
import Verdicts

@Suite("Progress once the faults are over")
struct LivenessTests {
  private func plan(_ system: String, _ workload: String, seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: (1...5).map { "n\($0)" }, concurrency: 5)
    plan.place = .simulated
    plan.timeLimit = .seconds(5)
    plan.rate = 20
    plan.nemesis = ["partition", "kill", "disk"]
    plan.nemesisInterval = .milliseconds(500)
    plan.liveness = .seconds(10)
    plan.seed = seed
    return plan
  }

  @Test("is made by a quorum of a correct system", arguments: 0..<20 as Range<UInt64>)
  func correct(seed: UInt64) throws {
    let outcome = try SimulatedRun(plan("raft", "lin-kv", seed: seed)).run()
    #expect(outcome.verdict == .valid, "\(outcome.findings)")
  }

  @Test("is missed by nodes that never answer", arguments: 0..<5 as Range<UInt64>)
  func silent(seed: UInt64) throws {
    var plan = plan("echo", "echo", seed: seed)
    plan.nemesis = ["kill"]
    plan.bugs = ["silent"]
    let outcome = try SimulatedRun(plan).run()
    let anomalies = outcome.findings.flatMap(\.anomalies)
    let stuck = try #require(anomalies.first { $0.type == "no-progress" })
    #expect(stuck.explanation.contains("nothing excuses it"))
  }

  @Test("is asked for by some client, and not taken for made where none asks")
  func unasked() throws {
    var plan = plan("raft", "lin-kv", seed: 2)
    plan.concurrency = 1
    plan.nemesis = []
    for seed in 0..<20 as Range<UInt64> {
      plan.seed = seed
      #expect(try SimulatedRun(plan).run().verdict == .valid, "seed \(seed)")
    }
    plan.rate = 0
    let vacuity = try SimulatedRun(plan).run().vacuity
    #expect(vacuity.contains { $0.contains("progress") })
  }

  @Test(
    "is demanded of nodes that are up, whoever the schedule takes to be down", arguments: [0, 1])
  func forgotten(round: Int) throws {
    // The kill that was meant for the leaders struck another node than was planned; its end restarts
    // those that may have been struck, but for the one that a disk's fault is known to have taken down,
    // and which it spared.
    for seed in 0..<10 as Range<UInt64> {
      var plan = plan("raft", "lin-kv", seed: seed)
      plan.nodes = ["n1", "n2", "n3"]
      plan.nemesis = ["kill"]
      plan.timeout = .milliseconds(500)
      plan.faults = [
        ["time": 1_000_000_000, "fault": "kill", "target": ["n1"]],
        ["time": 2_000_000_000, "fault": "restart", "target": ["n2", "n3"]],
      ]
      if round == 1 {
        plan.faults?.append(["time": 3_000_000_000, "fault": "kill", "target": ["n2"]])
        plan.faults?.append(["time": 3_500_000_000, "fault": "restart", "target": ["n2"]])
      }
      #expect(try SimulatedRun(plan).run().verdict == .valid, "seed \(seed)")
    }
  }

  @Test("is not demanded within less time than clients need to ask again")
  func tooSoon() {
    var plan = plan("raft", "lin-kv", seed: 0)
    plan.timeout = .seconds(6)
    #expect(throws: PlanError.self) { try SimulatedRun(plan) }
  }

  @Test("is demanded of a majority while the others are dead, who come back for the end")
  func others() throws {
    let plan = plan("raft", "lin-kv", seed: 3)
    let journal = Recording()
    let outcome = try SimulatedRun(plan).run(journal: journal)
    #expect(outcome.verdict == .valid)
    let faults = journal.faults
    let kill = try #require(faults.firstIndex { $0.time == plan.timeLimit && $0.fault.f == "kill" })
    #expect(faults[kill].report.did.count == 2)
    let back = faults[(kill + 1)...].filter { $0.fault.f == "restart" }
    #expect(back.contains { Set($0.report.did.keys) == Set(faults[kill].report.did.keys) })
  }
}
