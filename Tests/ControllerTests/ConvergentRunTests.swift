import Controller
import Histories
import Testing
import Values
import Verdicts

/// A run of chapter 3 or 4 of Maelstrom's guide, by a node that behaves as described there, and the
/// verdict that the guide has.
struct GuideRow: CustomTestStringConvertible, Sendable {
  var text: String
  var system: String
  var workload: String
  var change: @Sendable (inout Plan) -> Void = { _ in }
  /// Types of anomalies; none where the run is valid.
  var anomalies: [String] = []

  var testDescription: String { text }

  func plan(seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 5)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 10
    plan.timeLimit = .seconds(20)
    change(&plan)
    return plan
  }

  static let all = [
    GuideRow(
      text: "broadcast without gossip", system: "flood", workload: "broadcast",
      change: { $0.bugs = ["no-gossip"] }, anomalies: ["lost", "diverging"]),
    GuideRow(
      text: "flood", system: "flood", workload: "broadcast",
      change: { $0.options = ["skip-sender": "false"] }),
    GuideRow(
      text: "flood that skips the sender, fast", system: "flood", workload: "broadcast",
      change: { $0.rate = 100 }),
    GuideRow(
      text: "flood without retry under partitions", system: "flood", workload: "broadcast",
      change: { $0.nemesis = ["partition"] }, anomalies: ["lost", "diverging"]),
    GuideRow(
      text: "flood with retry under partitions", system: "flood", workload: "broadcast",
      change: {
        $0.options = ["retry": "true"]
        $0.nemesis = ["partition"]
        $0.topology = "tree4"
      }),
    GuideRow(
      text: "set without replication", system: "g-set", workload: "g-set",
      change: { $0.bugs = ["no-replication"] }, anomalies: ["lost", "diverging"]),
    GuideRow(text: "set", system: "g-set", workload: "g-set"),
    GuideRow(text: "set, fast", system: "g-set", workload: "g-set", change: { $0.rate = 100 }),
    GuideRow(
      text: "set under partitions", system: "g-set", workload: "g-set",
      change: { $0.nemesis = ["partition"] }),
    GuideRow(text: "grow-only counter", system: "g-counter", workload: "g-counter"),
    GuideRow(
      text: "grow-only counter that should fall", system: "g-counter", workload: "pn-counter",
      anomalies: ["unacceptable"]),
    GuideRow(text: "counter", system: "pn-counter", workload: "pn-counter"),
    GuideRow(
      text: "counter under partitions", system: "pn-counter", workload: "pn-counter",
      change: { $0.nemesis = ["partition"] }),
  ]
}

@Suite("Maelstrom's guide, chapters 3 and 4")
struct GuideTests {
  @Test("has the verdicts that it says", arguments: GuideRow.all, [1, 2, 3] as [UInt64])
  func verdict(row: GuideRow, seed: UInt64) throws {
    let outcome = try SimulatedRun(row.plan(seed: seed)).run()
    #expect(outcome.findings.flatMap(\.anomalies).map(\.type) == row.anomalies, "\(row) \(seed)")
    #expect(outcome.exitCode == (row.anomalies.isEmpty ? .valid : .invalid), "\(row) \(seed)")
  }

  @Test("a flood without deduplication keeps its nodes too busy to answer, and the run ends")
  func endless() throws {
    let row = GuideRow(
      text: "", system: "flood", workload: "broadcast",
      change: {
        $0.bugs = ["no-dedup"]
        $0.options = ["skip-sender": "false"]
        $0.timeLimit = .seconds(5)
      })
    let outcome = try SimulatedRun(row.plan(seed: 1)).run()
    #expect(outcome.exitCode != .valid)
    #expect(outcome.messagesPerOperation ?? 0 > 1_000)
  }
}

@Suite("Runs of sets and counters")
struct ConvergentRunTests {
  private func plan(_ system: String, _ workload: String, seed: UInt64) -> Plan {
    var plan = Plan(
      system: system, workload: workload, nodes: ["n1", "n2", "n3", "n4", "n5"], concurrency: 10)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 50
    plan.timeLimit = .seconds(20)
    plan.nemesis = [
      "partition", "kill", "pause", "delay", "loss", "duplicate", "reorder", "clock", "disk",
    ]
    plan.nemesisInterval = .seconds(1)
    return plan
  }

  @Test(
    "are valid under every fault",
    arguments: [
      ("g-set", "g-set"), ("g-counter", "g-counter"), ("pn-counter", "pn-counter"),
      ("pn-counter", "g-counter"), ("kv-counter", "g-counter"), ("kv-counter", "pn-counter"),
    ])
  func correct(system: String, workload: String) throws {
    for seed in 0..<10 as Range<UInt64> {
      let outcome = try SimulatedRun(plan(system, workload, seed: seed)).run()
      #expect(
        outcome.exitCode == .valid, "\(system) \(seed): \(outcome.findings) \(outcome.vacuity)")
    }
  }

  @Test("of the counter in seq-kv would pass as linearizable", arguments: 0..<10 as Range<UInt64>)
  func linearizable(seed: UInt64) throws {
    let outcome = try SimulatedRun(plan("kv-counter", "pn-counter", seed: seed)).run()
    let facts = outcome.findings.first { $0.checker == "counter" }?.facts
    #expect(facts?[fact: "out-of-bounds-count"] == 0, "seed \(seed)")
  }

  @Test(
    "with planted bugs are invalid",
    arguments: [
      ("g-set", "no-replication", "lost"), ("g-set", "no-sync", "lost"),
      ("g-counter", "no-replication", "diverging"), ("g-counter", "add-on-merge", "unacceptable"),
      ("g-counter", "no-sync", "unacceptable"), ("pn-counter", "no-replication", "diverging"),
      ("pn-counter", "add-on-merge", "unacceptable"), ("pn-counter", "no-sync", "unacceptable"),
      ("kv-counter", "blind-write", "unacceptable"),
    ])
  func plantedBugs(system: String, bug: String, anomaly: String) throws {
    let workload = system == "kv-counter" ? "g-counter" : system
    let found = try (0..<60 as Range<UInt64>).contains { seed in
      var plan = plan(system, workload, seed: seed)
      plan.nemesis = ["disk", "kill"]
      plan.bugs = [bug]
      let outcome = try SimulatedRun(plan).run()
      return outcome.exitCode == .invalid
        && outcome.findings.flatMap(\.anomalies).contains { $0.type == anomaly }
    }
    #expect(found)
  }

  @Test("Maelstrom's own history of a counter is judged by its final reads")
  func edn() throws {
    let workshop = try Workshop()
    func history(_ read: Int) throws -> String {
      try workshop.file(
        "history-\(read).edn",
        """
        {:index 0, :time 1, :type :invoke, :process 0, :f :add, :value 3}
        {:index 1, :time 2, :type :ok, :process 0, :f :add, :value 3}
        {:index 2, :time 3, :type :invoke, :process 1, :f :add, :value -5}
        {:index 3, :time 4, :type :info, :process 1, :f :add, :value -5, :error :net-timeout}
        {:index 4, :time 5, :type :info, :process :nemesis, :f :stop-partition, :value nil}
        {:index 5, :time 6, :type :invoke, :process 0, :f :read, :value nil, :final? true}
        {:index 6, :time 7, :type :ok, :process 0, :f :read, :value \(read), :final? true}
        """)
    }
    for read in [3, -2] {
      #expect(try workshop.run("check", history(read), "--checker", "counter").code == 0)
    }
    let end = try workshop.run("check", history(4), "--checker", "counter")
    #expect(end.code == 1)
    #expect(end.output.contains("acceptable: -2, 3"), "\(end.output)")
  }
}
