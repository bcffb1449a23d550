import Exploration
import Nodes
import Systems
import Testing
import Values

@Suite("Scenarios: a counterexample as something that can be taken again")
struct ScenarioTests {
  struct Mutant: Hashable, Sendable, CustomTestStringConvertible {
    var system: String
    var bug: String
    var network: NetworkKind
    var crashes = 0
    var strategy = ExplorationStrategy.bfs

    var testDescription: String { "\(system), \(bug), \(network), \(strategy)" }

    func find() throws -> (Scenario, ExplorationResult) {
      let system = try #require(ExplorableSystem.named(system))
      var plan = system.standard
      plan.network = network
      plan.bounds.crashes = crashes
      plan.bugs = [bug]
      plan.usesSymmetry = system.hasSymmetry && plan.requests == 0 && crashes == 0
      var limits = ExplorationLimits(memory: 2 << 30, cores: 2)
      limits.walks = 20_000
      let result = try system.run(plan, strategy, limits)
      return (try #require(Scenario(system, plan, result)), result)
    }
  }

  @Test(
    "a planted bug's counterexample is replayed to the same violation, with the same text",
    arguments: [
      Mutant(system: "raft", bug: "double-vote", network: .fifo),
      Mutant(system: "raft", bug: "keeps-leading", network: .fifo),
      Mutant(system: "raft", bug: "commit-alone", network: .fifo),
      Mutant(system: "raft", bug: "match-guessed", network: .fifo),
      Mutant(system: "raft", bug: "shorter-log", network: .fifo),
      Mutant(system: "raft", bug: "old-leader", network: .fifo),
      Mutant(system: "raft", bug: "previous-term-unchecked", network: .multiset),
      Mutant(system: "raft", bug: "no-truncate", network: .multiset),
      Mutant(system: "raft", bug: "commit-unchecked", network: .multiset),
      Mutant(system: "raft", bug: "volatile-vote", network: .fifo, crashes: 1),
      Mutant(system: "raft", bug: "vote-before-sync", network: .fifo, crashes: 1),
      Mutant(system: "raft", bug: "ack-before-sync", network: .fifo, crashes: 1),
      Mutant(system: "synod", bug: "ignores-accepted", network: .set),
      Mutant(system: "synod", bug: "breaks-promise", network: .set),
      Mutant(system: "two-phase-commit", bug: "commits-early", network: .set),
      Mutant(system: "two-phase-commit", bug: "prepared-aborts", network: .fifo),
      Mutant(system: "two-phase-commit", bug: "prepared-aborts", network: .set, strategy: .dfs),
      Mutant(system: "two-phase-commit", bug: "prepared-aborts", network: .set, strategy: .random),
      Mutant(system: "two-phase-commit", bug: "forgetful", network: .set, crashes: 1),
      Mutant(system: "lease-lock", bug: "no-fencing", network: .multiset),
      Mutant(system: "lease-lock", bug: "volatile-token", network: .multiset, crashes: 1),
      Mutant(system: "lease-lock", bug: "forgetful-storage", network: .set, crashes: 1),
    ])
  func roundTrip(mutant: Mutant) throws {
    let (scenario, result) = try mutant.find()
    let text = try Scenario(value: Value(json: scenario.value.json))
    for read in [text, try Scenario(token: scenario.token)] {
      #expect(read.steps == scenario.steps)
      let replay = try read.replay()
      #expect(replay.violation == result.violation)
      #expect(replay.steps == result.counterexample)
    }
  }

  /// Kleppmann's late client, as people write it.
  static func late() throws -> Scenario {
    try Scenario(
      value: Value(
        json: """
          {"system": "lease-lock", "node-count": 2, "network": "multiset", "bounds": {"token": 3},
           "bugs": ["no-fencing"], "steps": [
            {"timer": "retry", "of": "n1"},
            {"deliver": "acquire", "from": "n1", "to": "n3"},
            {"deliver": "granted", "from": "n3", "to": "n1"},
            {"timer": "retry", "of": "n2"},
            {"timer": "expire", "of": "n3"},
            {"deliver": "acquire", "from": "n2", "to": "n3"},
            {"deliver": "granted", "from": "n3", "to": "n2"},
            {"deliver": "write", "from": "n2", "to": "n4"},
            {"deliver": "write", "from": "n1", "to": "n4"}]}
          """))
  }

  @Test("steps are named as people write them")
  func names() throws {
    let system = ExplorableSystem.leaseLock
    var plan = system.standard
    plan.bugs = ["no-fencing"]
    let found = try #require(Scenario(system, plan, try system.run(plan)))
    #expect(found.value == (try ScenarioTests.late().value))
  }

  @Test(
    "a step is read as it is written",
    arguments: [
      ScenarioStep(.deliver(ScenarioMessage("vote", from: NodeID(1), to: NodeID(0)))),
      ScenarioStep(.drop(ScenarioMessage("vote", from: NodeID(1), to: NodeID(0), which: 2))),
      ScenarioStep(.duplicate(ScenarioMessage("write(1)", from: NodeID(0), to: NodeID(9)))),
      ScenarioStep(.lose(ScenarioMessage("vote", from: NodeID(1), to: NodeID(0)))),
      ScenarioStep(.timer("election", of: NodeID(2)), answers: [0, 3]),
      ScenarioStep(
        .timer("election", of: NodeID(2)),
        crash: CrashPoint(effectCount: 3, keptCount: 1, isTorn: true)),
      ScenarioStep(.request(client: 1, of: NodeID(0)), crash: CrashPoint()),
      ScenarioStep(.restart(NodeID(0))),
      ScenarioStep(.crash(NodeID(0)), crash: CrashPoint(keptCount: 2)),
    ])
  func steps(step: ScenarioStep) throws {
    #expect(ScenarioStep(value: try Value(json: step.value.json)) == step)
  }

  @Test(
    "what is no step is refused",
    arguments: [
      "1", "{}", #"{"deliver":"vote","from":"n1"}"#, #"{"timer":"election","of":"n0"}"#,
      #"{"timer":"election","of":"n1","when":1}"#, #"{"crash":"n1","crash-after":1}"#,
      #"{"timer":"election","of":"n1","answers":["x"]}"#, #"{"crash":"n1","keeps":"all"}"#,
      #"{"timer":"election","of":"n1","keeps":1}"#, #"{"restart":"n1","crash":"n1"}"#,
      #"{"deliver":"vote","from":"n1","to":"n2","which":"last"}"#,
    ])
  func noSteps(json: String) throws {
    #expect(ScenarioStep(value: try Value(json: json)) == nil)
  }

  @Test("other steps of the same states have another end")
  func edited() throws {
    var scenario = try ScenarioTests.late()
    scenario.steps.swapAt(7, 8)
    let replay = try scenario.replay()
    #expect(replay.violation == nil)
    #expect(replay.steps.count == 9)
    // Nothing has to be allowed before it can be tried.
    scenario.steps = [
      scenario.steps[0],
      ScenarioStep(.duplicate(ScenarioMessage("acquire", from: NodeID(0), to: NodeID(2)))),
      ScenarioStep(.drop(ScenarioMessage("acquire", from: NodeID(0), to: NodeID(2)))),
      ScenarioStep(.crash(NodeID(2)), crash: CrashPoint()), ScenarioStep(.restart(NodeID(2))),
      scenario.steps[1],
    ]
    #expect(try scenario.replay().steps.last?.consequences.first == "sends granted(1) to n1")
  }

  @Test("a message may be named in full")
  func full() throws {
    var scenario = try ScenarioTests.late()
    let before = try scenario.replay()
    scenario.steps[8] = ScenarioStep(
      .deliver(ScenarioMessage("write(1)", from: NodeID(0), to: NodeID(3))))
    let after = try scenario.replay()
    #expect(after.violation?.invariant == "mutual-exclusion")
    #expect(after.violation == before.violation)
    #expect(after.steps.map(\.event) == before.steps.map(\.event))
  }

  @Test("a step that can't be taken is told, and what could be")
  func impossible() throws {
    var scenario = try ScenarioTests.late()
    scenario.steps[2] = ScenarioStep(
      .deliver(ScenarioMessage("refused", from: NodeID(3), to: NodeID(0))))
    let error = #expect(throws: ExplorationError.self) { try scenario.replay() }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("step 3, deliver refused from n4 to n1, can't be taken; what can is "))
    #expect(text.contains("deliver granted from n3 to n1;"))
    #expect(!text.contains("\n"))
  }

  @Test("two messages of a kind on a link are told apart by what they say")
  func ambiguous() throws {
    var plan = ExplorableSystem.leaseLock.standard
    plan.network = .set
    let link = (NodeID(2), NodeID(0))
    func deliver(_ name: String, _ from: NodeID, _ to: NodeID) -> ScenarioStep {
      ScenarioStep(.deliver(ScenarioMessage(name, from: from, to: to)))
    }
    let before = [
      ScenarioStep(.timer("retry", of: NodeID(0))), deliver("acquire", NodeID(0), NodeID(2)),
      ScenarioStep(.timer("expire", of: NodeID(2))), deliver("acquire", NodeID(0), NodeID(2)),
    ]
    let vague = Scenario("lease-lock", plan, before + [deliver("granted", link.0, link.1)])
    let error = #expect(throws: ExplorationError.self) { try vague.replay() }
    #expect(error?.description.contains("deliver granted(1) from n3 to n1;") == true)
    let exact = Scenario("lease-lock", plan, before + [deliver("granted(2)", link.0, link.1)])
    #expect(try exact.replay().steps.last?.consequences.last == "is now client, with token 2")
  }

  @Test("a damaged token is refused", arguments: [0, 1, 2, 40, 77, -1])
  func damaged(place: Int) throws {
    let token = Scenario("synod", ExplorableSystem.synod.standard, []).token
    var bytes = Array(token.utf8)
    if place < 0 { bytes.removeLast() } else { bytes[place] = UInt8(ascii: "_") }
    #expect(throws: ExplorationError.self) {
      try Scenario(token: String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test(
    "what is no scenario is refused, and why is told",
    arguments: [
      (#"{"system":"nothing","steps":[]}"#, "there is no system \"nothing\" to explore"),
      (#"{"steps":[]}"#, "a scenario is an object with a system and steps"),
      (#"{"system":"synod","steps":1}"#, "steps are a list"),
      (#"{"system":"synod","steps":[1]}"#, "step 1: 1 is no step"),
      (#"{"system":"synod","steps":[],"seed":1}"#, "a scenario has no field \"seed\": 1"),
      (
        #"{"system":"synod","steps":[],"network":"wet"}"#,
        "a scenario has no field \"network\": \"wet\""
      ),
    ])
  func unreadable(json: String, problem: String) throws {
    let value = try Value(json: json)
    let error = #expect(throws: ExplorationError.self) { try Scenario(value: value) }
    #expect(error?.description == problem)
  }

  @Test("a path that ends without what must come is replayed as one")
  func ending() throws {
    let exploration = Exploration(PropertyTests.settings(bugs: ["gives-up"]))
    let result = try exploration.run()
    let replay = try exploration.replay(result.counterexample.map(\.name), from: result.start)
    #expect(replay.violation == result.violation)
    #expect(try exploration.replay([]).violation == nil)
    #expect(throws: ExplorationError.self) { try exploration.replay([], from: 1) }
  }
}
