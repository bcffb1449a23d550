import Glibc
import Testing
import Values

/// What all tests here say: little time, and faults that come soon.
func realTest(
  _ workshop: Workshop, _ node: String, _ workload: String, _ more: [String],
  nodeArguments: [String] = []
) throws -> Command.End {
  try workshop.start(
    ["test", "--bin", node, "-w", workload, "--results", "\(workshop.path)/results", "--json"]
      + ["--nemesis-interval", "1s", "--seed", "7"] + more + ["--"] + nodeArguments
  ).wait()
}

/// The kinds of anomalies that a verdict names.
func anomalies(_ document: Value) -> [String] {
  (document["checkers"]?.elements ?? []).flatMap { $0["anomalies"]?.elements ?? [] }
    .compactMap { $0["type"]?.name }
}

@Suite("Tests of real processes", .serialized)
struct EndToEndTests {
  @Test("echo is valid, and the verdict has the contract's keys", .timeLimit(.minutes(3)))
  func echo() throws {
    let workshop = try Workshop()
    let end = try realTest(
      workshop, pythonNode("echo.py"), "echo",
      ["--node-count", "3", "--time-limit", "3", "--rate", "50"])
    #expect(end.code == 0, "\(end.errors)")
    let document = try end.json
    #expect(document["verdict"] == "valid")
    #expect(document["seed"] == 7)
    #expect(document["token"] == nil, "only simulated runs have tokens")
    let folder = try #require(document["run"]?.name)
    #expect(folder.hasPrefix("\(workshop.path)/results/echo.py-echo/"))
    #expect(document["replay"]?.name == "shrike replay \(folder)")
    let checkers = try #require(document["checkers"]?.elements)
    #expect(checkers.compactMap { $0["name"]?.name } == ["echo", "availability", "stats"])
    #expect(checkers.allSatisfy { $0["verdict"] == "valid" })
    #expect(try #require(document["statistics"]?["operations"]?.integer) > 50)
    #expect(try Value(json: try #require(text(ofFile: "\(folder)/verdict.json"))) == document)
    #expect(text(ofFile: "\(workshop.latest)/plan.json") == text(ofFile: "\(folder)/plan.json"))
    #expect(workshop.becomesQuiet)
    // Judged again from its folder, it is what it was.
    #expect(try workshop.run("check", folder).code == 0)
  }

  @Test(
    "a proxy is as linearizable as the service behind it", .timeLimit(.minutes(3)),
    arguments: [("lin-kv", 0), ("seq-kv", 1)])
  func proxy(service: String, code: Int32) throws {
    let workshop = try Workshop()
    let end = try realTest(
      workshop, pythonNode("kv_proxy.py"), "lin-kv",
      ["--node-count", "3", "--time-limit", "4", "--rate", "200", "--concurrency", "2n"]
        + ["--nemesis", "partition"],
      nodeArguments: [service])
    #expect(end.code == code, "\(end.errors)")
    #expect(anomalies(try end.json) == (code == 0 ? [] : ["nonlinearizable"]))
    #expect(workshop.becomesQuiet)
    // The history in the folder is what was judged.
    #expect(try workshop.run("check", workshop.latest).code == code)
    #expect(
      try workshop.run("check", "\(workshop.latest)/history.jsonl", "--model", "key-value").code
        == code)
  }

  @Test(
    "a run that is replayed sees the faults again as they happened", .timeLimit(.minutes(3)))
  func replayed() throws {
    let workshop = try Workshop()
    let first = try realTest(
      workshop, pythonNode("kv_proxy.py"), "lin-kv",
      ["--node-count", "3", "--time-limit", "3", "--rate", "50", "--nemesis", "partition,pause"])
    #expect(first.code == 0, "\(first.errors)")
    let folder = try #require(try first.json["run"]?.name)
    let again = try workshop.run(
      "replay", folder, "--results", "\(workshop.path)/results", "--json")
    #expect(again.code == 0, "\(again.errors)")
    let other = try #require(try again.json["run"]?.name)
    #expect(other != folder)
    func faults(_ folder: String) throws -> [Value] {
      try #require(text(ofFile: "\(folder)/faults.jsonl")).split(separator: "\n")
        .map { try Value(json: String($0)) }
    }
    let happened = try faults(folder)
    #expect(happened.count > 3)
    // What heals at the end is chosen anew.
    let repeated = try faults(other)
    let scheduled = happened.filter { ($0["time"]?.integer ?? 0) < 2_900_000_000 }
    for (before, after) in zip(scheduled, repeated) {
      #expect(after["fault"] == before["fault"])
      #expect(after["target"] == before["target"])
      let late = (after["time"]?.integer ?? 0) - (before["time"]?.integer ?? 0)
      #expect((0..<500_000_000).contains(late))
    }
    #expect(repeated.count >= scheduled.count)
    #expect(workshop.becomesQuiet)
  }

  @Test("a bundled system stands partitions, kills and pauses", .timeLimit(.minutes(3)))
  func raft() throws {
    let workshop = try Workshop()
    let end = try workshop.run(
      "test", "raft", "--results", "\(workshop.path)/results", "--json", "--time-limit", "5",
      "--rate", "100", "--nemesis", "partition,kill,pause", "--nemesis-interval", "600ms")
    #expect(end.code == 0, "\(end.errors)")
    #expect(workshop.becomesQuiet)
  }

  @Test(
    "a controller that is killed leaves a history to judge, and no node", .timeLimit(.minutes(3)))
  func killed() throws {
    let workshop = try Workshop()
    let command = try workshop.start([
      "test", "--bin", pythonNode("kv_proxy.py"), "-w", "lin-kv", "--node-count", "3", "--rate",
      "200", "--time-limit", "60", "--results", "\(workshop.path)/results", "--nemesis",
      "partition,pause", "--nemesis-interval", "1s",
    ])
    let history = "\(workshop.latest)/history.jsonl"
    var lineCount: Int { text(ofFile: history)?.split(separator: "\n").count ?? 0 }
    for _ in 0..<100 where lineCount < 300 { usleep(100_000) }
    #expect(workshop.processes.count >= 4, "the controller and three nodes")
    kill(command.pid, SIGKILL)
    #expect(command.wait().code == 128 + SIGKILL)
    #expect(workshop.becomesQuiet, "\(workshop.processes)")
    #expect(lineCount >= 300)
    #expect(try workshop.run("check", workshop.latest).code == 0)
    // Cut in the middle of a line, as a full disk leaves it.
    truncate(history, off_t(try #require(text(ofFile: history)).utf8.count - 10))
    let end = try workshop.run("check", workshop.latest)
    #expect(end.code == 0)
    #expect(end.errors.contains("the last line was cut short"))
  }

  @Test("^C heals, judges what there is, and exits by it", .timeLimit(.minutes(3)))
  func interrupted() throws {
    let workshop = try Workshop()
    let command = try workshop.start([
      "test", "--bin", pythonNode("kv_proxy.py"), "-w", "lin-kv", "--node-count", "3", "--rate",
      "100", "--time-limit", "60", "--results", "\(workshop.path)/results", "--json", "--nemesis",
      "partition", "--nemesis-interval", "500ms",
    ])
    let faults = "\(workshop.latest)/faults.jsonl"
    for _ in 0..<100 where text(ofFile: faults)?.contains("mend") != true { usleep(100_000) }
    kill(command.pid, SIGINT)
    let end = command.wait()
    #expect(end.code == 0, "\(end.errors)")
    #expect(try end.json["verdict"] == "valid")
    #expect(workshop.becomesQuiet)
  }

  @Test(
    "what a node does wrong is said, and counts where it is evidence", .timeLimit(.minutes(3)),
    arguments: [
      ("print('last words', file=sys.stderr, flush=True); os._exit(3)", 1, "crash", "last words"),
      ("del answer['echo']", 1, "malformed-reply", "echo"),
      ("answer['type'] = 'write_ok'", 1, "mismatched-reply", "write_ok"),
      ("return", 1, "no-reply", "echo"),
      ("answer['echo'] = 'another'", 1, nil, "another"),
      ("print('this is no message')", 0, nil, "this is no message"),
    ] as [(String, Int32, String?, String)])
  func misdeeds(misdeed: String, code: Int32, anomaly: String?, said: String) throws {
    let workshop = try Workshop()
    let end = try realTest(
      workshop, try workshop.echoThat(misdeed), "echo",
      ["--node-count", "2", "--time-limit", "2", "--rate", "60", "--timeout", "1s"])
    #expect(end.code == code, "\(end.errors)")
    let document = try end.json
    if let anomaly { #expect(anomalies(document).contains(anomaly)) }
    if code == 0 {
      let warnings = document["warnings"]?.elements?.compactMap(\.name) ?? []
      #expect(warnings.contains { $0.contains(said) })
    }
    #expect(end.errors.contains(said))
    #expect(workshop.becomesQuiet)
  }

  @Test(
    "a node that never comes up hinders the run: 70, and it says which", .timeLimit(.minutes(3)))
  func neverUp() throws {
    let workshop = try Workshop()
    let node = try workshop.file("node.sh", "#!/bin/sh\necho no config >&2\nexit 4\n")
    let end = try realTest(workshop, node, "echo", ["--node-count", "2", "--time-limit", "2"])
    #expect(end.code == 70)
    #expect(end.errors.contains("never came up"))
    #expect(end.errors.contains("no config"))
    #expect(try end.json["verdict"] == "unknown")
    #expect(workshop.becomesQuiet)
  }

  @Test(
    "a simulated run leaves the same history when its token is replayed", .timeLimit(.minutes(3)))
  func token() throws {
    let workshop = try Workshop()
    let results = ["--results", "\(workshop.path)/results", "--json"]
    let first = try workshop.start(
      ["test", "raft", "--env", "simulated", "--seed", "5", "--time-limit", "5", "--rate", "100"]
        + ["--nemesis", "all", "--nemesis-interval", "1s"] + results
    ).wait()
    #expect(first.code == 0, "\(first.errors)")
    let folder = try #require(try first.json["run"]?.name)
    let token = try #require(try first.json["token"]?.name)
    for what in [token, folder, "\(folder)/plan.json"] {
      let again = try workshop.start(["replay", what] + results).wait()
      #expect(again.code == 0)
      let other = try #require(try again.json["run"]?.name)
      #expect(other != folder)
      #expect(text(ofFile: "\(other)/history.jsonl") == text(ofFile: "\(folder)/history.jsonl"))
      #expect(text(ofFile: "\(other)/faults.jsonl") == text(ofFile: "\(folder)/faults.jsonl"))
    }
  }
}

/// Beside the others, because its final phase waits for half a minute in vain.
@Suite("Tests of real broadcasts", .serialized)
struct BroadcastEndToEndTests {
  @Test(
    "broadcast converges when the partitions are over, and loses messages where it must not retry",
    .timeLimit(.minutes(2)), arguments: [true, false])
  func broadcast(retries: Bool) throws {
    let workshop = try Workshop()
    let end = try realTest(
      workshop, pythonNode("broadcast.py"), "broadcast",
      ["--node-count", "5", "--time-limit", "4", "--rate", "50", "--nemesis", "partition:halves"]
        + ["--topology", "line"],
      nodeArguments: retries ? [] : ["no-retry"])
    let document = try end.json
    if retries {
      #expect(end.code == 0, "\(end.errors)")
      #expect(document["verdict"] == "valid")
    } else {
      #expect(end.code == 1, "\(end.errors)")
      #expect(anomalies(document).contains("lost"))
    }
    #expect(document["statistics"]?["faults"]?["start-partition"]?.integer ?? 0 > 0)
    let faults = try #require(text(ofFile: "\(workshop.latest)/faults.jsonl"))
    for line in faults.split(separator: "\n") {
      let fault = try Value(json: String(line))
      for key in ["time", "fault", "did", "tookHold", "affected"] {
        #expect(fault[key] != nil, "\(key) is missing in \(line)")
      }
    }
    #expect(workshop.becomesQuiet)
  }
}
