import Controller
import Generators
import Histories
import Nodes
import Testing
import Values
import Verdicts
import Workloads

@Suite("Simulated Kafka-style logs")
struct KafkaRunTests {
  static let everything = [
    "partition", "kill", "pause", "loss", "delay", "duplicate", "reorder", "clock", "disk",
  ]

  private func plan(
    _ system: String, seed: UInt64, nodes: Int, bug: String? = nil, nemesis: [String] = []
  ) -> Plan {
    var plan = Plan(
      system: system, workload: "kafka", nodes: (1...nodes).map { "n\($0)" }, concurrency: 4)
    plan.place = .simulated
    plan.seed = seed
    plan.rate = 100
    plan.timeLimit = .seconds(10)
    plan.nemesis = nemesis
    plan.nemesisInterval = .seconds(1)
    plan.timeout = .seconds(1)
    plan.bugs = bug.map { [$0] } ?? []
    return plan
  }

  private func finding(_ plan: Plan) throws -> Finding? {
    let outcome = try SimulatedRun(plan).run(journal: Recording())
    #expect(outcome.vacuity.allSatisfy { !$0.contains("crash") }, "\(outcome.vacuity)")
    return outcome.findings.first { $0.checker == "kafka" }
  }

  @Test("are valid under all faults", arguments: 0..<40 as Range<UInt64>)
  func correct(seed: UInt64) throws {
    for nodes in [2, 5] {
      let log = try finding(plan("kafka-log", seed: seed, nodes: nodes, nemesis: Self.everything))
      #expect(log?.verdict == .valid, "seed \(seed), \(nodes) nodes: \(log?.reason ?? "")")
    }
    let single = try finding(
      plan("kafka-single", seed: seed, nodes: 1, nemesis: ["kill", "pause", "clock", "disk"]))
    #expect(single?.verdict == .valid, "seed \(seed): \(single?.reason ?? "")")
  }

  struct Mutant: CustomTestStringConvertible {
    var bug: String
    /// What each run must find.
    var finds: String
    /// What else a run may find.
    var mayFind: Set<String> = []
    var system = "kafka-log"
    var nodes = 3
    var nemesis: [String] = []

    var testDescription: String { "\(system) \(bug): \(finds)" }
  }

  static let mutants = [
    Mutant(
      bug: "blind-write", finds: "lost-write",
      mayFind: ["inconsistent-offsets", "unseen", "nonmonotonic-send", "duplicate"]),
    Mutant(bug: "early-offset", finds: "duplicate", mayFind: ["inconsistent-offsets"]),
    Mutant(bug: "impatient", finds: "duplicate"),
    Mutant(bug: "aborted-read", finds: "G1a"),
    Mutant(bug: "commit-forgets", finds: "lost-commit"),
    Mutant(bug: "hidden-tail", finds: "unseen"),
    // What every poll skips is lost to all.
    Mutant(bug: "poll-skips", finds: "poll-skip", mayFind: ["lost-write"]),
    Mutant(bug: "poll-repeats", finds: "nonmonotonic-poll", mayFind: ["unasked"]),
    Mutant(bug: "poll-gaps", finds: "int-poll-skip"),
    Mutant(bug: "poll-reverses", finds: "int-nonmonotonic-poll", mayFind: ["poll-skip"]),
    Mutant(bug: "append-again", finds: "duplicate", system: "kafka-single", nodes: 1),
    Mutant(
      bug: "no-sync", finds: "inconsistent-offsets",
      mayFind: [
        "lost-write", "unseen", "nonmonotonic-send", "lost-commit", "phantom-commit",
      ], system: "kafka-single", nodes: 1, nemesis: ["disk:power-loss"]),
  ]

  @Test("with a planted bug are found invalid for that", arguments: mutants)
  func planted(_ mutant: Mutant) throws {
    var found = 0
    let seeds = 1...8 as ClosedRange<UInt64>
    for seed in seeds {
      let finding = try finding(
        plan(
          mutant.system, seed: seed, nodes: mutant.nodes, bug: mutant.bug, nemesis: mutant.nemesis))
      let types = Set(finding?.anomalies.map(\.type) ?? [])
      if types.contains(mutant.finds) { found += 1 }
      #expect(
        types.isSubset(of: mutant.mayFind.union([mutant.finds])), "seed \(seed): \(types)")
    }
    #expect(found >= (mutant.nemesis.isEmpty ? seeds.count : 1), "\(found) of \(seeds.count)")
  }

  @Test("whose nodes know nothing of each other are found invalid")
  func alone() throws {
    let finding = try finding(plan("kafka-single", seed: 1, nodes: 2))
    #expect(finding?.anomalies.contains { $0.type == "inconsistent-offsets" } == true)
  }

  @Test("end when everything was polled, in compatible runs after ten seconds at the latest")
  func ends() throws {
    func end(_ change: (inout Plan) -> Void) throws -> Nanoseconds {
      var plan = plan("kafka-log", seed: 1, nodes: 2)
      change(&plan)
      let recording = Recording()
      _ = try SimulatedRun(plan).run(journal: recording)
      let last = try #require(recording.operations.last)
      #expect(last.extra[.string("final")] == true)
      return last.time
    }
    #expect(try end { _ in } < .seconds(13))
    // A second to recover, ten of polls that bring nothing.
    #expect((.seconds(21)...(.seconds(24))).contains(try end { $0.bugs = ["hidden-tail"] }))
    let compatible = try end {
      $0.bugs = ["hidden-tail"]
      $0.isCompatible = true
    }
    #expect((.seconds(29)...(.seconds(31))).contains(compatible))
  }
}

@Suite("The kafka workload")
struct KafkaWorkloadTests {
  private func workload(isCompatible: Bool = false) -> KafkaWorkload {
    var options = WorkloadOptions(seed: 1, nodes: [NodeID(0), NodeID(1)], concurrency: 4)
    options.isCompatible = isCompatible
    return KafkaWorkload(options)
  }

  private func complete(_ step: ClientStep) -> Completion? {
    if case .complete(let completion) = step { completion } else { nil }
  }

  @Test("polls from where its client stands, and commits before the poll is over")
  func polls() {
    var client = workload().makeClient()
    #expect(client.begin("poll", nil, ValueMap()) == .ask(.poll(offsets: [:])))
    #expect(client.receive(.polled([:])) == .complete(.ok([:])))
    #expect(
      client.begin("assign", ["a", "b"], ValueMap())
        == .ask(.listCommittedOffsets(keys: ["a", "b"])))
    let assigned = complete(client.receive(.committedOffsets(["a": 3, "c": 9])))
    #expect(assigned?.type == .ok)
    #expect(assigned?.extra[.string("offsets")] == ["a": 3, "b": 0])
    #expect(assigned?.extra[.string("committed")] == ["a": 3, "c": 9])
    #expect(client.begin("poll", nil, ValueMap()) == .ask(.poll(offsets: ["a": 3, "b": 0])))
    #expect(
      client.receive(.polled(["a": [[3, 7], [6, 8]], "b": []])) == .ask(.commitOffsets(["a": 6])))
    let polled = complete(client.receive(.offsetsCommitted))
    #expect(polled?.value == ["a": [[3, 7], [6, 8]], "b": []])
    #expect(polled?.extra[.string("committed")] == ["a": 6])
    // What was assigned stays where it is, and what was dropped begins at what is committed.
    _ = client.begin("assign", ["a"], ValueMap())
    _ = client.receive(.committedOffsets(["a": 1]))
    #expect(client.begin("poll", nil, ValueMap()) == .ask(.poll(offsets: ["a": 7])))
    let beginning = client.begin(
      "assign", ["a"], ValueMap([.init(key: "seek-to-beginning", value: true)]))
    #expect(complete(beginning)?.extra[.string("offsets")] == ["a": 0])
  }

  @Test("a commit that is refused leaves the client where it was", arguments: [false, true])
  func refusedCommits(isCompatible: Bool) {
    var client = workload(isCompatible: isCompatible).makeClient()
    _ = client.begin("assign", ["a"], ValueMap())
    _ = client.receive(.committedOffsets(["a": 3]))
    // Maelstrom's client looks for committed offsets in the wrong place.
    let start = isCompatible ? 0 : 3
    #expect(client.begin("poll", nil, ValueMap()) == .ask(.poll(offsets: ["a": start])))
    _ = client.receive(.polled(["a": [[3, 7]]]))
    let refused = complete(
      client.receive(.failed(ErrorReply(.temporarilyUnavailable, "not now"))))
    #expect(refused?.type == .fail)
    #expect(
      client.begin("poll", nil, ValueMap()) == .ask(.poll(offsets: ["a": isCompatible ? 4 : 3])))
  }

  @Test("sends, crashes and errors end as they should")
  func others() {
    var client = workload().makeClient()
    #expect(client.begin("send", ["k", 7], ValueMap()) == .ask(.send(key: "k", message: 7)))
    #expect(complete(client.receive(.sent(offset: 4))) == .ok(["k", [4, 7]]))
    #expect(complete(client.begin("crash", nil, ValueMap()))?.type == .info)
    for code in [ErrorCode.temporarilyUnavailable, .timeout] {
      _ = client.begin("send", ["k", 8], ValueMap())
      let failed = complete(client.receive(.failed(ErrorReply(code))))
      #expect(failed?.type == (code.isDefinite ? .fail : .info))
    }
  }

  @Test("a pair that is none is named, on the wire and by the client")
  func malformedPairs() {
    let body: Value = ["type": "poll_ok", "msgs": ["0": [[0, 1], [1, 2], [2, 3], ["x", 4]]]]
    do throws(BodyError) {
      _ = try Reply(body: body.map ?? ValueMap())
      #expect(Bool(false), "it was accepted")
    } catch {
      #expect(
        error.description
          == "field \"msgs.0[3]\": expected [integer offset, message], found an array")
    }
    var client = workload().makeClient()
    _ = client.begin("poll", nil, ValueMap())
    let completion = complete(client.receive(.polled(["0": [[0, 1], [1]]])))
    #expect(completion?.type == .info)
    #expect(
      completion?.mismatch == "poll_ok with [integer offset, message] at msgs.0[1]")
    _ = client.begin("poll", nil, ValueMap())
    #expect(complete(client.receive(.sent(offset: 1)))?.mismatch == "poll_ok")
  }

  @Test("operations are sends and polls in equal parts, few assignments, and rare crashes")
  func shares() throws {
    var simulation = GeneratorSimulation(concurrency: 4, operationsMax: 100_000)
    simulation.latency = .milliseconds(10)
    let run = simulation.run(
      workload(isCompatible: true).makeGenerator().onClients().timeLimit(.seconds(120)))
    var counts: [String: Int] = [:]
    for operation in run.invocations { counts[operation.f, default: 0] += 1 }
    let sends = try #require(counts["send"])
    #expect(sends > 10_000)
    #expect(abs(sends - counts["poll", default: 0]) < sends / 20)
    #expect((sends / 45...sends / 23).contains(counts["assign", default: 0]))
    // Four clients that each crash every half minute, for two minutes.
    #expect((8...26).contains(counts["crash", default: 0]))
    // The messages of a key are 1 … 16, and the newest slot's key is the most popular.
    var messages: [String: [Int]] = [:]
    for operation in run.invocations where operation.f == "send" {
      let pair = try #require(operation.value.elements)
      messages[try #require(pair[0].name), default: []].append(try #require(pair[1].integer))
    }
    #expect(messages.values.allSatisfy { $0 == Array(1...16).prefix($0.count).map { $0 } })
    #expect(messages.count > sends / 16 && messages.count <= sends / 16 + 10)
  }

  @Test("assignments take up what was sent and not polled")
  func unseen() {
    var generator = workload(isCompatible: true).makeGenerator()
    var context = GeneratorContext(concurrency: 4)
    context.time = .seconds(1)
    func note(_ f: String, _ value: Value) {
      let event = Operation(type: .ok, process: .client(0), f: f, value: value)
      generator.update(event, thread: 0, context)
    }
    note("send", ["100", [4, 1]])
    note("send", ["101", [4, 1]])
    note("poll", ["101": [[3, 9], [4, 1]]])
    var seen: Set<Int> = []
    for _ in 0..<20_000 {
      context.turn &+= 1
      guard case .invocation(let invocation) = generator.take(context) else { continue }
      guard invocation.f == "assign" else { continue }
      let keys = invocation.value.elements?.compactMap(\.name) ?? []
      #expect(!keys.contains("101"))
      seen.insert(keys.contains("100") ? 2 : 1)
    }
    #expect(seen == [1, 2])
  }

  @Test("a client without an assignment makes one before it polls")
  func assignsFirst() {
    var generator = workload().makeGenerator()
    var context = GeneratorContext(concurrency: 4)
    context.time = .seconds(1)
    for _ in 0..<200 {
      context.turn &+= 1
      guard case .invocation(let invocation) = generator.take(context) else { continue }
      #expect(invocation.f != "poll")
    }
  }
}
