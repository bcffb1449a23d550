import Controller
import Histories
import Nodes
import Testing
import Values
import Verdicts
import Workloads

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

  @Test(
    "has them in compatible mode, too, which knows no diverging nodes", arguments: GuideRow.all)
  func compatible(row: GuideRow) throws {
    var plan = row.plan(seed: 1)
    plan.isCompatible = true
    let outcome = try SimulatedRun(plan).run()
    let expected = row.anomalies.filter { $0 != "diverging" }
    #expect(outcome.findings.flatMap(\.anomalies).map(\.type) == expected, "\(row)")
    #expect(outcome.exitCode == (expected.isEmpty ? .valid : .invalid), "\(row)")
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

  @Test(
    "read once a thread in compatible mode, ten seconds after the faults",
    arguments: ["g-set", "g-counter", "pn-counter", "flood"])
  func compatible(system: String) throws {
    var plan = plan(system, system == "flood" ? "broadcast" : system, seed: 1)
    plan.nemesis = []
    plan.isCompatible = true
    let recording = Recording()
    #expect(try SimulatedRun(plan).run(journal: recording).exitCode == .valid)
    let final = recording.operations.filter { $0.extra[.string("final")] == true }
    #expect(final.allSatisfy { $0.f == "read" && $0.extra[.string("node")] == nil })
    #expect(final.count == 2 * plan.concurrency)
    let before = try #require(recording.operations.dropLast(final.count).last)
    #expect(final[0].time >= before.time + .seconds(10))
  }

  @Test("of a counter that trusts seq-kv are invalid in compatible mode")
  func staleReads() throws {
    let found = try (0..<20 as Range<UInt64>).contains { seed in
      var plan = plan("kv-counter", "g-counter", seed: seed)
      plan.bugs = ["stale-read"]
      plan.isCompatible = true
      return try SimulatedRun(plan).run().findings.flatMap(\.anomalies).map(\.type)
        == ["unacceptable"]
    }
    #expect(found)
  }

  @Test(
    "know no definite errors in compatible mode, and no replies of another kind in any",
    arguments: ["g-set", "g-counter", "pn-counter"])
  func errors(name: String) throws {
    let type = try #require(workload(named: name))
    var options = WorkloadOptions(seed: 1, nodes: [NodeID(0)], concurrency: 1)
    func completion(_ f: String, _ reply: Reply) throws -> Completion {
      var client = type.init(options).makeClient()
      _ = client.begin(f, 1, ValueMap())
      guard case .complete(let completion) = client.receive(reply) else {
        throw PlanError("\(name): \(f) went on")
      }
      return completion
    }
    for f in ["add", "read"] {
      options.isCompatible = false
      #expect(try completion(f, .failed(ErrorReply(.abort))).type == .fail)
      #expect(try completion(f, .failed(ErrorReply(.timeout))).type == .info)
      #expect(try completion(f, .generated(1)).mismatch != nil)
      options.isCompatible = true
      #expect(try completion(f, .failed(ErrorReply(.abort))).type == .info)
    }
    #expect(try completion("add", .added).type == .ok)
    #expect(try completion("add", .value(1)).mismatch == "add_ok")
    #expect(try completion("read", .value("x")).mismatch?.hasPrefix("read_ok with a") == true)
  }

  @Test("of a broadcast know no indefinite errors of reads in compatible mode")
  func readErrors() throws {
    var options = WorkloadOptions(seed: 1, nodes: [NodeID(0)], concurrency: 1)
    options.isCompatible = true
    for (f, type) in [("read", Operation.Kind.fail), ("broadcast", .info)] {
      var client = BroadcastWorkload(options).makeClient()
      _ = client.begin(f, 1, ValueMap())
      guard case .complete(let completion) = client.receive(.failed(ErrorReply(.timeout))) else {
        throw PlanError("\(f) went on")
      }
      #expect(completion.type == type)
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
