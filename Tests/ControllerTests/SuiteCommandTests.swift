import Glibc
import Testing
import Values

@Suite("The command suite")
struct SuiteCommandTests {
  static let two = """
    name: two
    defaults: { env: simulated, time-limit: 2s, rate: 50, seeds: [1], expect: valid }
    tests:
      - { id: a, system: echo }
      - { id: b, system: unique-ids }
    """

  @Test("runs each case, and leaves what it tells where it was told to", .timeLimit(.minutes(3)))
  func files() throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.two)
    let end = try workshop.run(
      "suite", file, "--json", "--junit", "junit.xml", "--markdown", "summary.md")
    #expect(end.code == 0)
    let document = try end.json
    #expect(document["verdict"] == "valid")
    #expect(document["cases"]?.elements?.map { $0["id"] } == ["a", "b"])
    #expect(end.errors.contains("two: 2 cases in "))
    #expect(try #require(text(ofFile: "\(workshop.path)/junit.xml")).contains("name=\"b seed 1\""))
    #expect(try #require(text(ofFile: "\(workshop.path)/summary.md")).contains("| ✅ | a | 1 |"))
    let folder = try #require(document["cases"]?.elements?[0]["folders"]?.elements?[0].name)
    #expect(text(ofFile: "\(workshop.path)/\(folder)/history.jsonl") != nil)
  }

  @Test("gives a command that does the same again", .timeLimit(.minutes(3)))
  func command() throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.two)
    let end = try workshop.run("suite", file, "--json")
    let first = try #require(end.json["cases"]?.elements?[0])
    let words = try #require(first["command"]?.name).split(separator: " ").map(String.init)
    let again = try workshop.start(Array(words.dropFirst()) + ["--json"]).wait()
    #expect(again.code == 0)
    #expect(try again.json["token"] == first["token"])
  }

  @Test(
    "refuses files that no tests can be made of, with all that is wrong", .timeLimit(.minutes(3)),
    arguments: [
      ("tests:\n- { id: a, system: raft, expect: valid, nemesis: [rate] }", ["2:51: "]),
      (
        "tests:\n- { id: a, system: x, expect: valid, rates: 1 }",
        ["2:38: a test has no key `rates`"]
      ),
      (
        "tests:\n- { id: a, system: raft, expect: valid, rate: x, bug: [y] }\n"
          + "- { id: b, system: x, expect: valid }",
        [
          "2:47: The value 'x' is invalid for '--rate", "2:56: raft has no planted bug \"y\"",
          "3:20: there is no system \"x\"",
        ]
      ),
      ("tests:\n- { id: a, bin: ./no, expect: valid }", ["2:17: --bin "]),
      ("tests:\n- { id: a, system: raft, runs: 3, expect: valid }", ["2:9: --runs needs"]),
      ("tests: [", ["2:1: "]),
    ])
  func refused(yaml: String, beginnings: [String]) throws {
    let workshop = try Workshop()
    let file = try workshop.file("bad.yaml", yaml)
    let end = try workshop.run("suite", file, "--json")
    #expect(end.code == 64)
    let lines = end.errors.split(separator: "\n")
    #expect(lines.count == beginnings.count, "\(lines)")
    for (line, beginning) in zip(lines, beginnings) {
      #expect(line.hasPrefix("\(file):\(beginning)"), "\(line)")
    }
    #expect(try end.json["mistakes"]?.elements?.count == beginnings.count)
    #expect(access("\(workshop.path)/results", F_OK) != 0, "nothing is left behind")
  }

  @Test(
    "refuses command lines that make no sense", .timeLimit(.minutes(3)),
    arguments: [
      (["suite", "/nonexistent"], "/nonexistent: "), (["--budget", "soon"], "--budget soon"),
      (["--jobs", "0"], "--jobs 0"), (["--junit", "/nonexistent/j"], "/nonexistent/j: "),
    ])
  func commandLines(arguments: [String], text: String) throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.two)
    let isWhole = arguments.first == "suite"
    let end = try workshop.start(isWhole ? arguments : ["suite", file] + arguments).wait()
    #expect(end.code == 64)
    #expect(end.errors.hasPrefix("shrike: \(text)"))
    #expect(access("\(workshop.path)/results", F_OK) != 0, "nothing is left behind")
  }

  /// A suite of one long test of real processes, and one that waits for it.
  static let long = """
    defaults: { env: local, time-limit: 50s, rate: 20, seed: 1, expect: valid, node-count: 3 }
    tests:
      - { id: a, system: raft }
      - { id: b, system: raft }
    """

  @Test("tells its cases to stop when it is, and reports them", .timeLimit(.minutes(2)))
  func interrupted() throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.long)
    let command = try workshop.start(["suite", file, "--json", "--jobs", "1"])
    usleep(3_000_000)
    #expect(workshop.processes.count > 2, "the nodes run")
    kill(command.pid, SIGINT)
    let end = command.wait()
    #expect(end.code == 2)
    #expect(try end.json["cases"]?.elements?.map { $0["status"] } == ["not-run", "not-run"])
    #expect(workshop.becomesQuiet)
  }

  @Test("leaves nobody behind when it is killed", .timeLimit(.minutes(2)))
  func killed() throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.long)
    let command = try workshop.start(["suite", file, "--jobs", "2"])
    usleep(3_000_000)
    #expect(workshop.processes.count > 4, "the nodes of both cases run")
    kill(command.pid, SIGKILL)
    _ = command.wait()
    var isQuiet = false
    // They heal, read once more and judge.
    for _ in 0..<8 where !isQuiet { isQuiet = workshop.becomesQuiet }
    #expect(isQuiet)
  }

  @Test("tells failures of its own from verdicts", .timeLimit(.minutes(3)))
  func hindered() throws {
    let workshop = try Workshop()
    let file = try workshop.file(
      "suite.yaml",
      """
      tests:
        - { id: dead, bin: /bin/false, workload: echo, time-limit: 1s, expect: valid }
        - { id: works, system: echo, env: simulated, time-limit: 1s, expect: valid }
      """)
    let end = try workshop.run("suite", file, "--json")
    #expect(end.code == 70)
    #expect(try end.json["cases"]?.elements?.map { $0["status"] } == ["hindered", "met"])
    #expect(try end.json["cases"]?.elements?[0]["verdict"] == nil)
    #expect(try end.json["hindered"]?.elements?.count == 1)
  }

  @Test("does not run what its budget has no time for", .timeLimit(.minutes(3)))
  func budget() throws {
    let workshop = try Workshop()
    let file = try workshop.file("suite.yaml", Self.long)
    let end = try workshop.run("suite", file, "--json", "--budget", "100ms")
    #expect(end.code == 2)
    let cases = try #require(end.json["cases"]?.elements)
    #expect(cases.allSatisfy { $0["status"] == "not-run" })
    #expect(cases.allSatisfy { $0["message"] == "the budget of 100ms was used up" })
  }

  @Test("ends with the first case that is not as expected", .timeLimit(.minutes(3)))
  func failFast() throws {
    let workshop = try Workshop()
    let file = try workshop.file(
      "suite.yaml",
      """
      defaults: { system: echo, env: simulated, time-limit: 1s }
      tests:
        - { id: a, expect: invalid }
        - { id: b, expect: valid }
      """)
    let end = try workshop.run("suite", file, "--json", "--fail-fast", "--jobs", "1")
    #expect(end.code == 1)
    #expect(try end.json["cases"]?.elements?.map { $0["status"] } == ["unmet", "not-run"])
  }

  @Test("has a command line that refuses two seeds", .timeLimit(.minutes(3)))
  func seeds() throws {
    let workshop = try Workshop()
    let end = try workshop.run("test", "echo", "--seed", "1", "--seed-from-commit")
    #expect(end.code == 64)
    #expect(end.errors.contains("--seed and --seed-from-commit"))
  }
}
