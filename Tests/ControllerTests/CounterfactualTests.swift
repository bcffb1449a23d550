import Controller
import Testing
import Values

@Suite("Counterfactuals")
struct CounterfactualTests {
  @Test("are certain from the beginning where nothing is left to chance")
  func certain() throws {
    var plan = Plan(system: "unique-ids", workload: "unique-ids", nodes: ["n1"], concurrency: 1)
    plan.place = .simulated
    plan.timeLimit = .milliseconds(300)
    plan.bugs = ["volatile-boot"]
    plan.nemesis = ["kill"]
    plan.operations = [
      ["time": 10_000_000, "thread": 0, "f": "generate", "value": .null],
      ["time": 200_000_000, "thread": 0, "f": "generate", "value": .null],
    ].map { .map(ValueMap($0.map { .init(key: .string($0.key), value: $0.value) })) }
    let faults = """
      [{"time": 50000000, "f": "kill", "family": "kill", "fault": "kill", "target": ["n1"]},
       {"time": 60000000, "f": "restart", "family": "kill", "fault": "restart", "target": ["n1"]}]
      """
    plan.faults = try Value(json: Array(faults.utf8)).elements
    let anomaly = "unique-ids/duplicated"
    try #require(try SimulatedRun(plan).run().anomalyNames.contains(anomaly))
    let curve = try Counterfactuals(of: plan, anomaly: anomaly, cores: 2)
    // Nothing of it is chance.
    #expect(curve.points.count >= 9)
    #expect(curve.points.allSatisfy { $0.failureCount == $0.runCount && $0.runCount == 100 })
    #expect(curve.pointOfNoReturn == 0)
    #expect(curve.points.map(\.time) == curve.points.map(\.time).sorted())
  }
  /// Two nodes that vote for every candidate, and so both lead where they stand at about one time.
  private func failingElection() throws -> Plan {
    var plan = Plan(system: "raft", workload: "lin-kv", nodes: ["n1", "n2"], concurrency: 1)
    plan.place = .simulated
    plan.timeLimit = .milliseconds(300)
    plan.bugs = ["double-vote"]
    plan.nemesis = ["none"]
    plan.operations = []
    for seed in 0..<1_000 as Range<UInt64> {
      plan.seed = seed
      if try SimulatedRun(plan).run().anomalyNames.contains("nodes/election-safety") { return plan }
    }
    throw PlanError("both nodes never lead")
  }

  @Test("rise from how often the plan fails to certainty once it is decided")
  func curve() throws {
    let plan = try failingElection()
    let curve = try Counterfactuals(of: plan, anomaly: "nodes/election-safety", cores: 2)
    let first = try #require(curve.points.first)
    let last = try #require(curve.points.last)
    #expect(first.time == 0 && first.failureCount < first.runCount / 2)
    #expect(last.failureCount == last.runCount)
    let decided = try #require(curve.pointOfNoReturn)
    #expect(
      decided > 0 && curve.points.filter { $0.time >= decided }.allSatisfy { $0.probability == 1 })
    #expect(curve.points.contains { $0.time < decided && $0.failureCount < $0.runCount })
    #expect(zip(curve.points, curve.points.dropFirst()).allSatisfy { $0.time < $1.time })
    // Steps are looked at more closely until they are a millisecond or two.
    let steps = zip(curve.points, curve.points.dropFirst()).filter { $1.time == decided }
    #expect(steps.allSatisfy { $1.time - $0.time <= .milliseconds(20) })

    var reseeded = plan
    reseeded.reseeding = .map(
      ValueMap([
        .init(key: "time", value: "1s"), .init(key: "seed", value: 3),
      ]))
    #expect(
      try Counterfactuals(of: reseeded, anomaly: "nodes/election-safety", cores: 2).points.isEmpty)
  }
}
