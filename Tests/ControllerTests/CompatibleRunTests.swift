import Controller
import Environments
import Histories
import Nodes
import Testing
import Values
import Verdicts

@Suite("As Maelstrom, bug for bug")
struct CompatibleRunTests {
  private func test(_ misdeed: String, _ more: [String]) throws -> Command.End {
    let workshop = try Workshop()
    let words =
      ["test", "--bin", try workshop.echoThat(misdeed), "-w", "echo", "--node-count", "1"]
      + ["--time-limit", "2", "--rate", "30", "--timeout", "1s", "--log-stderr"] + more
    return try workshop.start(words).wait()
  }

  @Test(
    "the verdicts and codes are Maelstrom's", .timeLimit(.minutes(3)),
    arguments: [
      ("pass", 0, 0, "Everything looks good!"),
      ("os._exit(0)", 1, 255, "died unasked"),
      ("answer['more'] = 1", 0, 1, "Analysis invalid!"),
      ("print('no message', flush=True)", 0, 1, "Analysis invalid!"),
    ] as [(String, Int32, Int32, String)])
  func verdicts(misdeed: String, strict: Int32, compatible: Int32, said: String) throws {
    #expect(try test(misdeed, []).code == strict)
    let end = try test(misdeed, ["--maelstrom-compat"])
    #expect(end.code == compatible)
    #expect((end.output + end.errors).contains(said), "\(end.output)")
    #expect(end.output.contains("as Maelstrom, bug for bug"))
  }

  @Test("a field that the protocol does not know is a warning", .timeLimit(.minutes(3)))
  func unknownField() throws {
    let end = try test("answer['more'] = 1", [])
    #expect(end.code == 0)
    #expect(end.output.contains("field \"more\": echo_ok has no such field"))
  }

  @Test("stray words go to the node, with a warning", .timeLimit(.minutes(3)))
  func strayWords() throws {
    let words = ["\u{2013}-nemesis", "partition"]
    #expect(try test("pass", words).code == 64)
    let end = try test("pass", words + ["--maelstrom-compat"])
    #expect(end.code == 0)
    #expect(end.errors.contains("goes to the node"))
    #expect(end.errors.contains("n0: words [") && end.errors.contains("partition"))
  }

  @Test("command lines that make no sense end with 254", .timeLimit(.minutes(3)))
  func misuse() throws {
    let workshop = try Workshop()
    for words in [["--bin", "/nonexistent"], ["--nope"], ["raft", "-w", "lin-kv"]] {
      let end = try workshop.start(["test", "--maelstrom-compat"] + words).wait()
      #expect(end.code == 254, "\(words)")
      #expect(end.errors.contains("rror: ") || end.errors.hasPrefix("shrike: "))
    }
  }

  @Test("lin-kv has its generator, which reads in the first group of threads only")
  func registers() throws {
    var plan = Plan(system: "raft", workload: "lin-kv", nodes: ["n1", "n2", "n3"], concurrency: 12)
    plan.place = .simulated
    plan.isCompatible = true
    plan.rate = 100
    plan.timeLimit = .seconds(10)
    let recording = Recording()
    let outcome = try SimulatedRun(plan).run(journal: recording)
    #expect(outcome.exitCode == .valid)
    let invoked = recording.operations.filter { $0.type == .invoke }
    let reads = invoked.filter { $0.f == "read" }
    #expect(!reads.isEmpty)
    #expect(reads.allSatisfy { ($0.process.number ?? 0) % 12 < 3 })
    #expect(invoked.contains { $0.f == "cas" && ($0.process.number ?? 0) % 12 >= 6 })
    let read = recording.operations.filter { $0.type == .ok && $0.f == "read" }
    #expect(!read.isEmpty && read.allSatisfy { $0.value.elements?.last != .null })
    let missing = recording.operations.filter { $0.type == .fail && $0.f == "read" }
    #expect(missing.contains { $0.error?.json.contains("key-does-not-exist") == true })
    plan.concurrency = 5
    #expect(throws: PlanError.self) { try SimulatedRun(plan) }
  }

  @Test("a kind of operation that never succeeds is invalid, where else it proves nothing")
  func neverOk() throws {
    var plan = Plan(system: "echo", workload: "unique-ids", nodes: ["n1"], concurrency: 1)
    plan.place = .simulated
    plan.timeLimit = .seconds(5)
    #expect(try SimulatedRun(plan).run().exitCode == .unknown)
    plan.isCompatible = true
    #expect(try SimulatedRun(plan).run().exitCode == .invalid)
  }
}

@Suite("Bounds of what is measured")
struct BoundTests {
  private func outcome(_ bounds: [String]) throws -> Outcome {
    var plan = Plan(
      system: "flood", workload: "broadcast", nodes: ["n1", "n2", "n3"], concurrency: 3)
    plan.place = .simulated
    plan.timeLimit = .seconds(10)
    plan.rate = 20
    plan.latency = .milliseconds(100)
    plan.expectations = bounds
    return try SimulatedRun(plan).run()
  }

  @Test(
    "hold or not, by what was measured",
    arguments: [
      ("msgs-per-op<30", true), ("msgs-per-op>0.1", true), ("msgs-per-op<0.1", false),
      ("p50<=5s", true), ("max<10", false), ("max>10ms", true), ("op-max<90ms", true),
      ("op-p50<1us", false), ("availability>=1", true), ("availability<1", false),
      ("rate>1", true), ("rate<1", false),
    ])
  func judged(bound: String, holds: Bool) throws {
    let outcome = try outcome([bound])
    #expect(outcome.exitCode == (holds ? .valid : .invalid), "\(outcome.findings)")
    let types = outcome.findings.flatMap(\.anomalies).map(\.type)
    #expect(types == (holds ? [] : ["unmet-expectation"]))
  }

  @Test("are each named with what was measured, all of them")
  func told() throws {
    let outcome = try outcome(["msgs-per-op<30", "max<1ms", "availability>2"])
    let finding = try #require(outcome.findings.last)
    #expect(finding.checker == "expect")
    #expect(finding.reason == "2 of 3 not met")
    let text = try #require(finding.anomalies.first).explanation
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.contains("max<1ms: ") && text.contains(" ms, not met"))
  }
}
