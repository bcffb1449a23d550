import Controller
import Histories
import Synchronization
import Testing
import Values
import Verdicts

@Suite("Shrinking")
struct ShrinkTests {
  private func plan(_ system: String, _ workload: String, bug: String, seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: (1...5).map { "n\($0)" }, concurrency: 10)
    plan.place = .simulated
    plan.timeLimit = .seconds(10)
    plan.rate = 100
    plan.timeout = .milliseconds(500)
    plan.nemesis = ["partition", "kill", "pause", "loss", "disk"]
    plan.nemesisInterval = .milliseconds(500)
    plan.bugs = [bug]
    plan.seed = seed
    return plan
  }

  /// The first run of a bug that fails, and what is found.
  private func failing(
    _ system: String, _ workload: String, bug: String
  ) throws -> (Plan, anomaly: String) {
    for seed in 0..<2_000 as Range<UInt64> {
      let plan = plan(system, workload, bug: bug, seed: seed)
      if let anomaly = try SimulatedRun(plan).run().anomalyNames.first { return (plan, anomaly) }
    }
    throw PlanError("\(bug) was not found")
  }

  @Test(
    "leaves a handful of operations and faults, none of which can go",
    .timeLimit(.minutes(2)),
    arguments: [
      ("raft", "lin-kv", "double-vote"), ("unique-ids", "unique-ids", "volatile-boot"),
    ])
  func shrinks(system: String, workload: String, bug: String) throws {
    let (plan, anomaly) = try failing(system, workload, bug: bug)
    var shrinker = Shrinker(anomaly: anomaly, cores: 2)
    let result = try #require(try shrinker.shrink(plan))
    #expect(result.plan.nodes.count <= 5)
    #expect(result.operationCount <= 15 && result.faultCount <= 5, "\(result.plan.value.json)")
    #expect(try #require(result.neededUnder) > 1)
    #expect(result.plan.operations?.count == result.operationCount)
    // The plan is what it says, by its token and by its file.
    let again = try SimulatedRun(Token.decode(Token.encode(result.plan))).run()
    #expect(again.anomalyNames.contains(anomaly))
    #expect(again.statistics == result.outcome.statistics)
    // It is the bug's fault.
    var correct = result.plan
    correct.bugs = []
    #expect(try SimulatedRun(correct).run().anomalyNames.isEmpty)
  }

  @Test("comes to the same whatever the number of cores", .timeLimit(.minutes(3)))
  func deterministic() throws {
    let (plan, anomaly) = try failing("raft", "lin-kv", bug: "double-vote")
    var one = Shrinker(anomaly: anomaly, cores: 1)
    var two = Shrinker(anomaly: anomaly, cores: 2)
    #expect(try one.shrink(plan)?.plan == two.shrink(plan)?.plan)
  }

  @Test("does not begin where a run does not fail so")
  func valid() throws {
    var shrinker = Shrinker(anomaly: "linearizable/nonlinearizable", cores: 2)
    var plan = plan("raft", "lin-kv", bug: "stale-reads", seed: 0)
    plan.bugs = []
    #expect(try shrinker.shrink(plan) == nil)
  }

  @Test("that is interrupted has what it has come to, and proves nothing")
  func interrupted() throws {
    let (plan, anomaly) = try failing("raft", "lin-kv", bug: "double-vote")
    var shrinker = Shrinker(anomaly: anomaly, cores: 2, interrupted: { true })
    let begun = try #require(try shrinker.shrink(plan))
    #expect(begun.neededUnder == nil)
    let limit = Countdown(30)
    var slow = Shrinker(anomaly: anomaly, cores: 2, interrupted: { limit.isOver })
    let result = try #require(try slow.shrink(plan))
    #expect(result.neededUnder == nil)
    #expect(try SimulatedRun(result.plan).run().anomalyNames.contains(anomaly))
  }

  @Test(
    "on the command line leaves a folder, and names what can't be shrunk", .timeLimit(.minutes(3)))
  func command() throws {
    let workshop = try Workshop()
    let (plan, _) = try failing("raft", "lin-kv", bug: "double-vote")
    let results = ["--results", "\(workshop.path)/results"]
    let end = try workshop.start(["shrink", Token.encode(plan), "--json"] + results).wait()
    #expect(end.code == 1, "\(end.errors)")
    let document = try end.json
    #expect(document["anomaly"] == "nodes/election-safety")
    let run = try #require(document["run"]?.name)
    let replay = try workshop.start(["replay", run, "--json"] + results).wait()
    #expect(replay.code == 1)
    #expect(replay.output.contains("election-safety"))
    let text = try workshop.start(["shrink", run] + results).wait()
    #expect(text.code == 1, "\(text.errors)")
    let isBare = document["operation-count"] == 0 && document["fault-count"] == 0
    #expect(
      text.output.contains(
        isBare
          ? "it takes no operation and no fault"
          : "without any one of these the run does not fail so, under "))

    var correct = plan
    correct.bugs = []
    let refusals: [([String], String)] = [
      ([Token.encode(correct)], "the run does not fail: nothing to shrink"),
      (
        [Token.encode(plan), "--anomaly", "linearizable/x"],
        "--anomaly linearizable/x: the run has no such anomaly; it has nodes/election-safety"
      ),
      ([Token.encode(plan), "--budget", "soon"], "--budget soon: a duration such as 90s or 5m"),
      (["nonsense"], "\"nonsense\" is no token, run or plan"),
    ]
    for (arguments, problem) in refusals {
      let refused = try workshop.start(["shrink"] + arguments + ["--json"]).wait()
      #expect(refused.code == 64)
      #expect(try refused.json["error"]?.name?.hasPrefix(problem) == true, "\(refused.output)")
    }
  }

  @Test("plans hold operations, and tell what is wrong with them")
  func operations() throws {
    var plan = plan("raft", "lin-kv", bug: "double-vote", seed: 0)
    plan.bugs = []
    plan.nemesis = ["none"]
    plan.operations = [
      ["time": 500_000_000, "thread": 1, "f": "write", "value": [3, 7]],
      ["time": 900_000_000, "thread": 0, "f": "read", "value": [3, .null]],
    ]
    let again = try Token.decode(Token.encode(plan))
    #expect(again.operations == plan.operations)
    let journal = Recording()
    _ = try SimulatedRun(plan).run(journal: journal)
    let client = journal.operations.filter { $0.process != .nemesis }
    #expect(client.map(\.f) == ["write", "write", "read", "read"])
    #expect(client.last?.value == [3, 7])
    #expect(client.map(\.time).first == .milliseconds(500))
    let broken: [(Value, String)] = [
      (["thread": 0, "f": "read"], "needs its \"time\""),
      (["time": 1, "thread": 10, "f": "read"], "needs a \"thread\" from 0 to 9"),
      (["time": 1, "thread": 0], "needs its \"f\""), (7, "an operation is an object"),
    ]
    for (operation, problem) in broken {
      plan.operations = [operation]
      let error = #expect(throws: PlanError.self) { try SimulatedRun(plan) }
      #expect(error?.description.hasPrefix("operations[0]: ") == true)
      #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }
  }
}

/// Says after a number of questions that it is over.
private final class Countdown: Sendable {
  private let count: Atomic<Int>

  init(_ count: Int) { self.count = Atomic(count) }

  var isOver: Bool { count.subtract(1, ordering: .relaxed).newValue < 0 }
}
