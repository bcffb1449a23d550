import Suites
import Testing
import YAML

@Suite("Suite files")
struct SuiteFileTests {
  @Test("become command lines of shrike test")
  func commandLines() throws {
    #expect(
      try onlyCase("system: raft, seed: 3").arguments() == ["test", "raft", "--seed=3"])
    #expect(
      try onlyCase("system: raft, rate: -1, nemesis: [kill, pause], bug: [x, y], seed: 3")
        .arguments() == [
          "test", "raft", "--rate=-1", "--nemesis=kill,pause", "--bug=x", "--bug=y", "--seed=3",
        ])
    #expect(
      try onlyCase("system: raft, options: { a: 1, b: c=d }, client-faults: true, seed: 0")
        .arguments(output: ["--json"]) == [
          "test", "raft", "--client-faults", "--option=a=1", "--option=b=c=d", "--seed=0", "--json",
        ])
    #expect(
      try onlyCase("bin: ./x.py, arguments: [--y, z], client-faults: false, seed: 1").arguments()
        == ["test", "--bin=suites/x.py", "--seed=1", "--", "--y", "z"])
    #expect(try onlyCase("bin: /x, seed: 1").arguments() == ["test", "--bin=/x", "--seed=1"])
    #expect(
      try onlyCase("system: raft, bounds: [msgs-per-op<30, max<1s], seed: 1").arguments()
        == ["test", "raft", "--expect=msgs-per-op<30,max<1s", "--seed=1"])
    #expect(
      try onlyCase("system: raft, nemesis: [], seed: 1").arguments()
        == ["test", "raft", "--seed=1"])
  }

  @Test("have commands that shells take as they are")
  func quoting() throws {
    let quoted = try onlyCase("system: raft, bounds: \"p50<4 it's\", seed: 1")
    #expect(quoted.command == "shrike test raft '--expect=p50<4 it'\\''s' --seed=1")
  }

  @Test("have a case for each seed, and one for a campaign")
  func seeds() throws {
    let text = """
      defaults: { seeds: [1, 2], expect: valid, system: raft }
      tests:
        - { id: a }
        - { id: b, seed: 9 }
        - { id: c, seeds: [4, 18446744073709551615] }
        - { id: d, runs: 10 }
        - { id: e, runs: 10, seed: 5 }
      """
    let names = try suite(text).cases(freshSeed: .drawn(7)).map(\.name)
    #expect(
      names == [
        "a seed 1", "a seed 2", "b seed 9", "c seed 4", "c seed 18446744073709551615",
        "d seeds 0-9", "e seeds 5-14",
      ])
  }

  @Test("that name no seed take a drawn one, campaigns 0, and all the commit's")
  func freshSeeds() throws {
    #expect(try onlyCase("system: raft").seed == 7)
    #expect(try onlyCase("system: raft, runs: 3").seed == 0)
    #expect(try onlyCase("system: raft", freshSeed: .ofCommit(8)).seed == 8)
    #expect(try onlyCase("system: raft, runs: 3", freshSeed: .ofCommit(8)).seed == 8)
    #expect(try onlyCase("system: raft, seed: 1", freshSeed: .ofCommit(8)).seed == 1)
  }

  @Test("stop campaigns at the first failure where one is expected, unless they say otherwise")
  func stopping() throws {
    func stops(_ expect: String, _ rest: String) throws -> Bool {
      try suite("tests: [{ id: a, system: raft, expect: \(expect), \(rest) }]")
        .cases(freshSeed: .drawn(0))[0].stopsAtFailure
    }
    #expect(try stops("{ invalid: [x] }", "runs: 3"))
    #expect(try stops("invalid", "runs: 3"))
    #expect(try !stops("valid", "runs: 3"))
    #expect(try !stops("invalid", "seed: 3"))
    #expect(try !stops("invalid", "runs: 3, fail-fast: false"))
    #expect(try stops("valid", "runs: 3, fail-fast: true"))
  }

  @Test("that give a test a time make a campaign of it")
  func budget() throws {
    let suite = try suite(
      "tests: [{ id: a, system: raft, expect: invalid, budget: 5m, seed: 7 }]")
    let found = suite.cases(freshSeed: .drawn(1))[0]
    #expect(found.isCampaign)
    #expect(found.name == "a seeds from 7")
    #expect(found.arguments() == ["test", "raft", "--budget=5m", "--seed=7", "--fail-fast=1"])
  }

  @Test("merge defaults below each test")
  func defaults() throws {
    let text = """
      name: nightly
      defaults:
        system: raft
        rate: 5
        nemesis: [kill]
        options: { a: 1, b: 2 }
        expect: { invalid: lost }
        runs: 4
      tests:
        - id: a
        - { id: b, rate: 6, options: { b: 3 }, expect: valid, seeds: [1] }
        - { id: c, bin: ./x, nemesis: [], seed: 2 }
      """
    let suite = try suite(text)
    #expect(suite.name == "nightly")
    let cases = suite.cases(freshSeed: .drawn(0))
    #expect(
      cases.map { $0.arguments().joined(separator: " ") } == [
        "test raft --rate=5 --nemesis=kill --option=a=1 --option=b=2 --seed=0 --runs=4 --fail-fast=1",
        "test raft --nemesis=kill --rate=6 --option=a=1 --option=b=3 --seed=1",
        "test --bin=suites/x --rate=5 --option=a=1 --option=b=2 --seed=2 --runs=4 --fail-fast=1",
      ])
    #expect(cases.map(\.expectation) == [.invalid(["lost"]), .valid, .invalid(["lost"])])
  }

  @Test(
    "are refused with line and column of what is wrong",
    arguments: [
      ("", "f:1:1: a suite is a mapping"), ("tests: []", "f:1:8: `tests` is a list of tests"),
      ("name: x", "f:1:1: a suite has a list of `tests`"),
      ("test: []", "f:1:1: a suite has no key `test`; did you mean `tests`?"),
      ("tests:\n- {system: raft, expect: valid}", "f:2:3: this test has no `id`"),
      ("tests:\n- {id: a, expect: valid}", "f:2:8: test \"a\" names neither"),
      ("tests:\n- {id: a, system: raft}", "f:2:8: test \"a\" does not say what to `expect`"),
      ("tests:\n- {id: a, system: r, bin: b, expect: valid}", "f:2:22: with `system` there is no"),
      ("tests:\n- {id: a, system: r, expect: maybe}", "f:2:30: `expect` is"),
      ("tests:\n- {id: a, system: r, expect: {valid: x}}", "f:2:30: `expect` is"),
      ("tests:\n- {id: a, system: r, expect: {invalid: []}}", "f:2:40: name the types"),
      ("tests:\n- {id: a/b, system: r, expect: valid}", "f:2:8: an id is made of"),
      ("tests:\n- {id: .., system: r, expect: valid}", "f:2:8: an id is made of"),
      (
        "tests:\n- {id: a, system: r, expect: valid, nemesiss: x}", "f:2:37: a test has no key `nem"
      ),
      ("tests:\n- {id: a, system: r, expect: valid, rate: [1]}", "f:2:43: `rate` is one value"),
      ("tests:\n- {id: a, system: r, expect: valid, rate: }", "f:2:43: `rate` is one value"),
      ("tests:\n- {id: a, system: r, expect: valid, bug: {a: b}}", "f:2:42: `bug` is a value or a"),
      ("tests:\n- {id: a, system: r, expect: valid, bug: [[a]]}", "f:2:43: an element of `bug`"),
      ("tests:\n- {id: a, system: r, expect: valid, client-faults: 1}", "f:2:52: `client-faults`"),
      ("tests:\n- {id: a, system: r, expect: valid, seed: x}", "f:2:43: a seed is a whole number"),
      ("tests:\n- {id: a, system: r, expect: valid, seeds: [1, 1]}", "f:2:48: the seed 1 is there"),
      ("tests:\n- {id: a, system: r, expect: valid, seeds: []}", "f:2:44: there is no seed"),
      ("tests:\n- {id: a, system: r, expect: valid, runs: 0}", "f:2:43: `runs` is a whole number"),
      ("tests:\n- {id: a, system: r, expect: valid, seeds: [1], runs: 2}", "f:2:49: `runs` go on"),
      ("tests:\n- {id: a, system: --json, expect: valid}", "f:2:19: a system's name"),
      ("tests:\n- {id: a, system: r, expect: valid, options: [a]}", "f:2:46: `options` is a map"),
      ("defaults: {id: a}\ntests:\n- {id: a, system: r, expect: valid}", "f:1:12: defaults has no"),
      (
        "tests:\n- {id: a, system: r, expect: valid}\n- {id: a, system: r, expect: valid}",
        "f:3:8: the id \"a\" is there already, in line 2"
      ),
      ("tests: [", "f:2:1: "),
    ])
  func refused(yaml: String, line: String) {
    let lines = mistakes(yaml)
    #expect(lines.count == 1 && lines[0].hasPrefix(line), "\(lines)")
  }

  @Test("are told all their mistakes, in order")
  func all() {
    let text = """
      defaults: { rat: 5 }
      tests:
        - { id: a, system: r, expect: no }
        - { id: a b, system: r, expect: valid, seed: -1 }
        - system: r
      """
    #expect(
      mistakes(text).map { $0.prefix(7) } == [
        "f:1:13:", "f:3:33:", "f:4:11:", "f:4:48:", "f:5:5: ",
      ])
  }

  @Test("are told where what shrike test refuses stands")
  func blame() throws {
    let text = """
      defaults: { nemesis: [kill, disk] }
      tests:
        - id: a
          system: raft
          bug: [stale, foo]
          rate: lots
          time-limit: 1s
          options: { speed: warp }
          expect: valid
      """
    let test = try suite(text).tests[0]
    func place(_ message: String) -> String {
      let position = test.mistake(message).mistake.position
      return "\(position.line):\(position.column)"
    }
    #expect(place("raft has no planted bug \"foo\"; it has stale") == "5:18")
    #expect(place("The value 'lots' is invalid for '--rate <rate>'") == "6:11")
    #expect(place("there is no system \"raft\"") == "4:13")
    #expect(place("a time limit of 1s is too short for each of kill, disk to hold") == "7:17")
    #expect(
      place("this environment can't inject disk faults: simulate the system to do so") == "1:29")
    #expect(place("option speed: \"warp\" is not a duration") == "8:23")
    #expect(place("raft has no option \"speed\"") == "8:16")
    #expect(place("something else altogether") == "3:9")
    #expect(test.mistake("can't inject disk faults").mistake.text.hasSuffix("(in test \"a\")"))
    let rest = try #require(test.mistake("raft has no planted bug \"foo\"").rest)
    #expect(!rest.cases(freshSeed: .drawn(0))[0].arguments().contains("--bug=foo"))
    #expect(test.mistake("there is no system \"raft\"").rest == nil)
  }
}
