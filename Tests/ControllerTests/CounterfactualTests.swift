import Controller
import Testing
import Values

@Suite("Counterfactuals")
struct CounterfactualTests {
  @Test("rise from what the plan fails by to certainty, and name the point of no return")
  func curve() throws {
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
}
