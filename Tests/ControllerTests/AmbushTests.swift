import Controller
import Environments
import Nemeses
import Nodes
import Testing
import Values

@Suite("Ambushes")
struct AmbushTests {
  private static let nodes = (0..<3).map { NodeID($0) }

  private func ambush(_ family: FaultFamily, _ fault: Fault, after delay: Nanoseconds) -> Ambush {
    Ambush(
      mark: "elected", delay: delay,
      fault: ScheduledFault(time: 0, family: family, f: "start", fault: fault))
  }

  @Test("strike the node that reaches the mark, a while after it does")
  func target() throws {
    var schedule = AmbushSchedule(
      [ambush(.kill, .kill(.kill, [NodeID(0)]), after: 5)], nodes: AmbushTests.nodes)
    schedule.note("another mark", by: NodeID(1), at: 10)
    #expect(schedule.due == .max)
    schedule.note("elected", by: NodeID(2), at: 20)
    schedule.note("elected", by: NodeID(1), at: 21)
    #expect(schedule.due == 25)
    #expect(schedule.takeDue(at: 24).isEmpty)
    #expect(schedule.takeDue(at: 25).map(\.fault) == [.kill(.kill, [NodeID(2)])])
    schedule.note("elected", by: NodeID(1), at: 30)
    #expect(schedule.due == .max)
  }

  @Test("end what the one before did, where the next does not take its place")
  func ends() throws {
    let cut = ambush(.partition, .cut([]), after: 0)
    let pause = ambush(.pause, .pause([]), after: 0)
    var schedule = AmbushSchedule([cut, cut, pause, pause], nodes: AmbushTests.nodes)
    var done: [[Fault]] = []
    for node in [0, 1, 2, 0] {
      schedule.note("elected", by: NodeID(node), at: 1)
      done.append(schedule.takeDue(at: 1).map(\.fault))
    }
    func isolating(_ node: Int) -> Fault {
      .cut(Grudges.complete([[NodeID(node)], AmbushTests.nodes.filter { $0.index != node }]))
    }
    let expected: [[Fault]] = [
      [isolating(0)], [isolating(1)], [.mend, .pause([NodeID(2)])],
      [.resume([NodeID(2)]), .pause([NodeID(0)])],
    ]
    #expect(done == expected)
  }

  @Test(
    "find the few faults of figure 8 among many that strike at any time", .timeLimit(.minutes(3)))
  func figure8() throws {
    var plan = Plan(
      system: "raft", workload: "lin-kv", nodes: ["n1", "n2", "n3"], concurrency: 10)
    plan.place = .simulated
    plan.timeLimit = .seconds(15)
    plan.rate = 400
    plan.timeout = .milliseconds(500)
    plan.latency = .milliseconds(3)
    plan.latencyDistribution = "exponential"
    plan.nemesis = ["partition:random", "disk:corrupt:minority"]
    plan.nemesisInterval = .microseconds(468_750)
    plan.options = [
      "election-timeout": "50ms", "entries-per-message": "1", "heartbeat": "20ms",
      "pre-vote": "false",
    ]
    plan.bugs = ["commit-old-term"]
    plan.seed = 4451
    let anomaly = "nodes/leader-completeness"
    try #require(try SimulatedRun(plan).run().anomalyNames.contains(anomaly))
    var shrinker = Shrinker(anomaly: anomaly, cores: 2)
    let result = try #require(try shrinker.shrink(plan))
    #expect(result.faultCount == 3 && result.operationCount <= 8, "\(result.plan.value.json)")
    #expect(try #require(result.neededUnder) > 1)
  }
}
