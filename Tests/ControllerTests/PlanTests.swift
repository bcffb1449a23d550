import Controller
import Testing
import Values

@Suite("Plans and tokens")
struct PlanTests {
  private var plan: Plan {
    var plan = Plan(system: "raft", workload: "lin-kv", nodes: ["n1", "n2", "n3"], concurrency: 6)
    plan.place = .simulated
    plan.seed = .max
    plan.rate = 12.5
    plan.timeLimit = .milliseconds(1_500)
    plan.latency = .microseconds(7)
    plan.nemesis = ["partition:ring", "kill"]
    plan.availability = "0.9"
    plan.keyCount = 3
    plan.timeout = .seconds(2)
    plan.bugs = ["stale-reads"]
    plan.options = ["heartbeat": "20ms"]
    plan.faults = [["fault": "mend", "time": 5]]
    plan.build = "abc"
    return plan
  }

  @Test("are read as they were written")
  func roundTrip() throws {
    #expect(try Plan(value: Value(json: plan.value.json)) == plan)
    #expect(try Plan(value: Value(json: plan.value.indentedJSON)) == plan)
    #expect(try Token.decode(Token.encode(plan)) == plan)
  }

  @Test(
    "that are wrong are refused with the field and what it should be",
    arguments: [
      (#"{"system":"raft","nodes":["n1"],"concurrency":1,"sed":3}"#, "unknown field \"sed\""),
      (
        #"{"system":"raft","nodes":["n1"],"concurrency":"x"}"#,
        "field \"concurrency\": \"x\" is not a whole number"
      ),
      (#"{"nodes":["n1"],"concurrency":1}"#, "neither system nor bin is named"),
      (#"{"system":"raft"}"#, "a plan needs nodes and a concurrency of at least 1"),
      ("[]", "a plan is an object"),
    ])
  func refused(text: String, problem: String) throws {
    let value = try Value(json: text)
    #expect { try Plan(value: value) } throws: { "\($0)" == problem }
  }

  @Test("are read as they were written, whatever field differs from the standard")
  func everyField() throws {
    let value = plan.value
    let fields = try #require(value.map).entries.compactMap(\.key.name)
    #expect(fields.count == 45)
    for (field, other) in [
      ("manifest", "/a.yaml"), ("bin", "/bin/node"), ("arguments", ["-v", "ü \"q\""]),
      ("env", "local"), ("seed", 0),
      ("rate", 0), ("latency", nil), ("latency-dist", "exponential"), ("topology", "tree4"),
      ("nemesis", []), ("nemesis-interval", "7ns"), ("availability", nil), ("key-count", nil),
      ("max-writes-per-key", 9), ("max-txn-length", 6), ("consistency-models", ["serializable"]),
      ("expect", ["msgs-per-op<30"]), ("maelstrom-compat", true), ("timeout", nil), ("bugs", []),
      ("options", [:]), ("swarm", true), ("at-marks", true), ("liveness", "9s"),
      ("faults", nil), ("faults", []), ("operations", []), ("delays", []),
      ("choices", []), ("reseed", ["time": "1s"]), ("build", ""), ("time-limit", "3h"),
      ("nodes", ["a"]), ("hosts", ["root@a:22"]), ("ssh-config", "/c"), ("known-hosts", "/k"),
      ("identity", "/i"), ("accept-new-host-keys", true), ("ssh-program", true), ("sudo", true),
      ("machine-clocks", true), ("pcap", true),
    ] as [(String, Value)] {
      guard case .map(var map) = value else { return }
      map[.string(field)] = other
      let changed = try Plan(value: .map(map))
      #expect(changed != plan, "\(field)")
      #expect(try Plan(value: Value(json: changed.value.json)) == changed, "\(field)")
      #expect(try Token.decode(Token.encode(changed)) == changed, "\(field)")
    }
  }

  @Test(
    "with a field of the wrong kind are refused, each with its name",
    arguments: [
      "system", "bin", "arguments", "workload", "env", "nodes", "seed", "concurrency", "rate",
      "time-limit", "latency", "latency-dist", "topology", "nemesis", "nemesis-interval",
      "availability", "key-count", "max-writes-per-key", "timeout", "bugs", "options", "faults",
      "operations",
      "build",
    ])
  func wrongKind(field: String) throws {
    for wrong in [["x": 1], [1, 2], true, .double(-0.5)] as [Value] {
      guard case .map(var map) = plan.value else { return }
      map[.string(field)] = wrong
      // A number is a rate, a list may be one of faults, which are read when they are needed.
      let isList = field == "faults" || field == "operations"
      if field == "rate" && wrong == .double(-0.5) || isList && wrong == [1, 2] { continue }
      let value = Value.map(map)
      #expect {
        try Plan(value: value)
      } throws: {
        "\($0)".hasPrefix("field \"\(field)\": \(wrong.json) is not ")
      }
    }
  }

  @Test("a token in which any character is another is refused")
  func mistypedToken() throws {
    let token = Array(Token.encode(plan))
    for place in token.indices {
      var mistyped = token
      mistyped[place] = token[place] == "A" ? "B" : "A"
      #expect(throws: PlanError.self, "character \(place)") {
        try Token.decode(String(mistyped))
      }
    }
  }

  @Test("a damaged token is refused")
  func damagedToken() {
    let token = Token.encode(plan)
    #expect(throws: PlanError.self) { try Token.decode(String(token.dropLast(5))) }
    #expect(throws: PlanError.self) { try Token.decode("s1!!!") }
    #expect(throws: PlanError.self) { try Token.decode("nonsense") }
  }

  @Test(
    "that name what does not exist are refused before anything is done",
    arguments: [
      ("system", "there is no system \"x\""), ("workload", "there is no workload \"x\""),
      ("topology", "there is no topology \"x\""), ("bugs", "raft has no planted bug \"x\""),
      ("options", "raft has no option \"x\""), ("nemesis", "there is no nemesis \"x\""),
      ("latency-dist", "there is no latency distribution \"x\""),
    ])
  func unknownNames(field: String, problem: String) {
    var plan = Plan(system: "raft", workload: "lin-kv", nodes: ["n1"], concurrency: 1)
    plan.place = .simulated
    plan.latency = 1
    switch field {
    case "system": plan.system = "x"
    case "workload": plan.workload = "x"
    case "topology": plan.topology = "x"
    case "bugs": plan.bugs = ["x"]
    case "options": plan.options = ["x": "1"]
    case "nemesis": plan.nemesis = ["x"]
    default: plan.latencyDistribution = "x"
    }
    #expect { try SimulatedRun(plan) } throws: { "\($0)".hasPrefix(problem) }
  }

  @Test("exit codes: invalid outranks hindered, then misuse, then unknown, then valid")
  func exitCodes() {
    let ranked: [ExitCode] = [.valid, .unknown, .usage, .hindered, .invalid]
    for (place, code) in ranked.enumerated() {
      for other in ranked[place...] { #expect(ExitCode.worst(code, other) == other) }
    }
    #expect(ranked.map(\.rawValue) == [0, 2, 64, 70, 1])
  }
}
