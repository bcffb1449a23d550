import Controller
import Testing
import Values
import Verdicts

@Suite("What textbooks say")
struct ClaimTests {
  @Test("is as expected in a few runs of each experiment", arguments: Claim.all.map(\.number))
  func claim(_ number: Int) throws {
    let claim = try Claim.numbered(number)
    #expect(!claim.experiments.isEmpty)
    for experiment in claim.experiments {
      let result = try experiment.run(seeds: 2, interrupted: { false })
      #expect(result.holds, "\(experiment.text): \(result.observed), \(result.token)")
    }
  }

  @Test("is refused where it is not known")
  func unknown() {
    #expect(throws: PlanError.self) { try Claim.numbered(0) }
  }
}

@Suite("Replicas of convergent data types")
struct ReplicaRunTests {
  private func plan(_ system: String, _ workload: String, seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4"], concurrency: 8)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 100
    plan.timeLimit = .seconds(5)
    plan.timeout = .milliseconds(300)
    plan.nemesis = ["partition", "kill", "disk:power-loss", "loss"]
    plan.nemesisInterval = .milliseconds(400)
    return plan
  }

  @Test(
    "keep what they promise by whole states, too",
    arguments: ["pn-counter", "bounded-counter", "or-set", "rw-set", "lww-set", "or-map", "cart"])
  func states(_ type: String) throws {
    for seed in 0..<UInt64(3) {
      var plan = plan("crdt-\(type)", "crdt-\(type)", seed: seed)
      plan.options = ["gossip": "state"]
      let outcome = try SimulatedRun(plan).run()
      #expect(outcome.findings.allSatisfy { $0.verdict == .valid }, "seed \(seed)")
    }
  }

  @Test("tell of updates whose answers were lost, so that nearly all reads are judged")
  func judgedReads() throws {
    var (judged, unjudged) = (0, 0)
    for seed in 0..<UInt64(5) {
      let outcome = try SimulatedRun(plan("crdt-or-set-op", "crdt-or-set", seed: seed)).run()
      for finding in outcome.findings {
        judged += finding.facts[.string("judged-reads")]?.integer ?? 0
        unjudged += finding.facts[.string("unjudged-reads")]?.integer ?? 0
      }
    }
    #expect(judged > 300)
    #expect(unjudged == 0)
  }

  @Test("that deliver operations without causal order are found out")
  func fifo() throws {
    let found = try (0..<UInt64(5)).flatMap { seed in
      var plan = plan("crdt-or-set-op", "crdt-or-set", seed: seed)
      plan.options = ["delivery": "fifo"]
      return try SimulatedRun(plan).run().anomalyTypes
    }
    #expect(!found.isEmpty)
    #expect(Set(found).isSubset(of: ["diverging", "unexplained"]))
  }
}
