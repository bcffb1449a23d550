import Controller
import Histories
import Testing
import Values
import Verdicts

/// Keeps what a run recorded.
final class Recording: RunJournal {
  private(set) var lines: [String] = []
  private(set) var operations: [Operation] = []
  private(set) var faults: [AppliedFault] = []

  func record(_ operations: ArraySlice<Operation>) {
    self.operations += operations
    for operation in operations {
      var bytes: [UInt8] = []
      operation.writeJSON(into: &bytes)
      lines.append(String(decoding: bytes, as: UTF8.self))
    }
  }

  func note(_ fault: AppliedFault) { faults.append(fault) }
  func log(_ text: String) {}
}

@Suite("Simulated runs")
struct SimulatedRunTests {
  private func plan(
    _ system: String, _ workload: String, seed: UInt64, bug: String? = nil,
    nemesis: [String] = ["partition", "kill", "pause", "loss", "disk"]
  ) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 10)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 100
    plan.timeLimit = .seconds(10)
    plan.nemesis = nemesis
    plan.nemesisInterval = .seconds(1)
    plan.bugs = bug.map { [$0] } ?? []
    return plan
  }

  private func lines(_ plan: Plan) throws -> [String] {
    let recording = Recording()
    _ = try SimulatedRun(plan).run(journal: recording)
    return recording.lines
  }

  @Test("of one plan record the same history, byte for byte; another seed records another")
  func deterministic() throws {
    let first = try lines(plan("raft", "lin-kv", seed: 3))
    #expect(first.count > 500)
    #expect(try lines(plan("raft", "lin-kv", seed: 3)) == first)
    #expect(try lines(plan("raft", "lin-kv", seed: 4)) != first)
    #expect(try lines(Token.decode(Token.encode(plan("raft", "lin-kv", seed: 3)))) == first)
  }

  @Test(
    "of the correct Raft are valid, under faults that took hold", arguments: 0..<20 as Range<UInt64>
  )
  func raft(seed: UInt64) throws {
    let outcome = try SimulatedRun(plan("raft", "lin-kv", seed: seed)).run()
    #expect(outcome.verdict == .valid, "seed \(seed): \(outcome.findings) \(outcome.vacuity)")
    #expect(outcome.exitCode == .valid)
    #expect(
      outcome.statistics.faults.keys.sorted() == [
        "kill", "pause", "start-disk", "start-loss", "start-partition",
      ])
    #expect(outcome.statistics.marks["raft: a leader was elected", default: 0] > 0)
  }

  @Test(
    "of a Raft with a bug that clients can see are not linearizable, with the lines that show it",
    arguments: ["early-ack", "stale-reads"])
  func visibleBug(bug: String) throws {
    let outcome = try #require(
      try (0..<30 as Range<UInt64>).lazy
        .map { try SimulatedRun(plan("raft", "lin-kv", seed: $0, bug: bug)).run() }
        .first { $0.findings.flatMap(\.anomalies).contains { $0.type == "nonlinearizable" } })
    #expect(outcome.exitCode == .invalid)
    let anomaly = try #require(
      outcome.findings.flatMap(\.anomalies).first { $0.type == "nonlinearizable" })
    #expect(anomaly.operations.count >= 2)
    #expect(anomaly.explanation.contains("does not fit"))
  }

  @Test("invoke nothing after the time limit, and every process has one operation at a time")
  func shape() throws {
    let recording = Recording()
    _ = try SimulatedRun(plan("raft", "lin-kv", seed: 2)).run(journal: recording)
    let operations = recording.operations
    #expect(operations.map(\.index) == Array(operations.indices))
    #expect(zip(operations, operations.dropFirst()).allSatisfy { $0.time <= $1.time })
    let history = try History(operations)
    let invoked = operations.filter { $0.type == .invoke }
    #expect(invoked.count > 500)
    #expect(try #require(invoked.last).time < .seconds(11))
    #expect(history.operations.count == operations.count)
    // Whoever had an indeterminate operation is never heard of again.
    var gone: Set<Int> = []
    for operation in operations {
      guard let process = operation.process.number else { continue }
      #expect(!gone.contains(process))
      if operation.type == .info { gone.insert(process) }
    }
    #expect(!gone.isEmpty)
  }

  @Test("inject faults at the times of the plan, however long the set-up takes")
  func faultTimes() throws {
    var plan = plan("broadcast", "broadcast", seed: 1, nemesis: ["partition"])
    // Each node is told its neighbours before the main phase, which takes as long as two messages.
    plan.latency = .milliseconds(100)
    let recording = Recording()
    _ = try SimulatedRun(plan).run(journal: recording)
    let planned = try Controller.Test(plan).scheduleValue.map { $0["time"]?.integer }
    #expect(planned.count > 3)
    #expect(recording.faults.prefix(planned.count).map { Int($0.time) } == planned)
  }

  @Test("follow a plan's faults by their times, whatever the order in which they are written")
  func editedFaults() throws {
    let cut: Value = ["fault": "cut", "target": [["n1", "n2"]], "time": 1_000_000_000]
    let mend: Value = ["fault": "mend", "time": 2_000_000_000]
    var ordered = plan("raft", "lin-kv", seed: 1, nemesis: [])
    ordered.faults = [cut, mend]
    var edited = ordered
    edited.faults = [mend, cut]
    #expect(try lines(edited) == lines(ordered))
    #expect(try lines(ordered).contains { $0.contains("start-partition") })
  }

  @Test("of a correct broadcast are valid and end on evidence, not at the deadline")
  func broadcast() throws {
    let recording = Recording()
    let outcome = try SimulatedRun(
      plan("broadcast", "broadcast", seed: 1, nemesis: ["partition", "loss"])
    ).run(journal: recording)
    #expect(outcome.verdict == .valid, "\(outcome.findings)")
    let finals = recording.operations.filter { $0.extra[.string("final")] == true }
    #expect(finals.count >= 10)
    let first = try #require(finals.first?.time)
    let last = try #require(finals.last?.time)
    #expect(last - first < .seconds(10))
  }

  @Test("of a broadcast that does not retry lose elements")
  func noRetry() throws {
    let outcome = try SimulatedRun(
      plan("broadcast", "broadcast", seed: 1, bug: "no-retry", nemesis: ["partition"])
    ).run()
    #expect(outcome.verdict == .invalid)
    #expect(outcome.findings.flatMap(\.anomalies).contains { $0.type == "lost" })
  }

  @Test("in which an operation never succeeded prove nothing")
  func vacuous() throws {
    var plan = plan("raft", "lin-kv", seed: 1, nemesis: [])
    // No leader is ever elected by so much patience.
    plan.options = ["election-timeout": "1h"]
    let outcome = try SimulatedRun(plan).run()
    #expect(outcome.verdict == .unknown)
    #expect(outcome.exitCode == .unknown)
    #expect(outcome.vacuity.contains("no read ever succeeded"), "\(outcome.vacuity)")
  }

  @Test("in a campaign have one result, however many cores run it")
  func campaign() throws {
    let campaign = Campaign(
      plan: plan("raft", "lin-kv", seed: 0, bug: "early-ack"), seeds: 0..<6)
    let one = try campaign.run(cores: 1)
    let two = try campaign.run(cores: 2)
    #expect(one.runCount == 6)
    #expect(one.failures.map(\.plan.seed) == two.failures.map(\.plan.seed))
    #expect(one.statistics == two.statistics)
    #expect(one.verdict == .invalid)
  }
}
