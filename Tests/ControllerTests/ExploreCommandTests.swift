import Testing
import Values

@Suite("Explorations on the command line", .timeLimit(.minutes(3)))
struct ExploreCommandTests {
  private func explore(_ arguments: [String]) throws -> (code: Int32, document: Value) {
    let workshop = try Workshop()
    let end = try workshop.start(["explore"] + arguments + ["--json"]).wait()
    return (end.code, try end.json)
  }

  @Test("end with 0 and the number of states where all are fine")
  func fine() throws {
    let (code, document) = try explore(["two-phase-commit", "--node-count", "3"])
    #expect(code == 0 && document["verdict"] == "valid")
    #expect(document["states"]?["unique"] == 288)
  }

  @Test("end with 1 and the violated invariant where one is not")
  func violated() throws {
    let (code, document) = try explore(["raft", "--bug", "double-vote"])
    #expect(code == 1 && document["verdict"] == "invalid")
    let anomaly = document["checkers"]?.elements?.first?["anomalies"]?.elements?.first
    #expect(anomaly?["type"] == "election-safety")
  }

  @Test("end with 2 where memory is not enough")
  func outOfMemory() throws {
    let (code, document) = try explore(["raft", "--memory", "1M"])
    #expect(code == 2 && document["verdict"] == "unknown")
  }

  @Test(
    "refuse what the system hasn't",
    arguments: [
      (["raft", "--option", "foo=1"], "raft has no option \"foo\"; it has election-timeout"),
      (
        ["raft", "--option", "pre-vote=perhaps"],
        "option pre-vote: \"perhaps\" is not true or false"
      ),
      (["raft", "--bug", "none"], "raft has no planted bug \"none\"; it has volatile-vote"),
      (["echo", "--symmetry"], "the names of echo's nodes can't be exchanged"),
      (["nothing"], "there is no system \"nothing\" to explore; there are two-phase-commit"),
      (["raft", "--bound", "log=3"], "raft has no bound \"log\""),
    ])
  func refused(arguments: [String], problem: String) throws {
    let (code, document) = try explore(arguments)
    #expect(code == 64)
    #expect(document["error"]?.name?.hasPrefix(problem) == true, "\(document.json)")
  }

  @Test("hand over a scenario that replay takes, as a token and as a file that can be edited")
  func scenario() throws {
    let workshop = try Workshop()
    let found = try workshop.start([
      "explore", "lease-lock", "--bug", "no-fencing", "--scenario", "\(workshop.path)/late.json",
      "--json",
    ]).wait()
    let token = try #require(try found.json["token"]?.name)
    #expect(try found.json["replay"]?.name == "shrike replay \(token)")
    let file = try #require(text(ofFile: "\(workshop.path)/late.json"))
    #expect(try Value(json: file) == found.json["scenario"])
    for what in [token, "\(workshop.path)/late.json"] {
      let end = try workshop.start(["replay", what, "--json"]).wait()
      #expect(end.code == 1)
      #expect(
        try end.json["checkers"]?.elements?.first?["anomalies"]
          == found.json["checkers"]?.elements?.first?["anomalies"])
    }
    let other = file.split(separator: "no-fencing").joined(separator: "volatile-token")
    let fine = try workshop.file("fine.json", other)
    #expect(try workshop.start(["replay", fine]).wait().code == 0)
  }

  @Test(
    "replay refuses a scenario that makes no sense, in one line",
    arguments: [
      (
        #"{"system":"echo","steps":[{"crash":"n9"}]}"#,
        "step 1, crash n9, can't be taken; what can is crash n1; request of client 0 to n1"
      ),
      (#"{"system":"echo","steps":[],"bugs":["none"]}"#, "echo has no planted bug \"none\""),
      (#"{"system":"echo","steps":[],"bounds":{"term":1}}"#, "echo has no bound \"term\""),
      (#"{"system":"none","steps":[]}"#, "there is no system \"none\" to explore"),
    ])
  func refusedScenario(scenario: String, problem: String) throws {
    let workshop = try Workshop()
    let file = try workshop.file("scenario.json", scenario)
    let end = try workshop.start(["replay", file, "--json"]).wait()
    #expect(end.code == 64)
    #expect(try end.json["error"]?.name?.contains(problem) == true)
  }

  @Test("a damaged token is told to be one")
  func damagedToken() throws {
    let workshop = try Workshop()
    let end = try workshop.start(["replay", "x1eyJ", "--json"]).wait()
    #expect(end.code == 64)
    #expect(try end.json["error"]?.name == "the token is damaged, or not the whole of one")
  }

  @Test(
    "what there is to explore is listed, and explained",
    arguments: [
      ("two-phase-commit", "network set"), ("synod", "timeouts 2"),
      ("lease-lock", "names can be exchanged (--symmetry)"),
      ("raft", "(--bound name=number): term"),
      ("echo", "requests 2"),
    ])
  func listed(system: String, words: String) throws {
    let workshop = try Workshop()
    #expect(try workshop.start(["list", "systems"]).wait().output.contains("\n  \(system) "))
    let page = try workshop.start(["list", "system", system]).wait().output
    #expect(page.contains("Can be explored; without options: "))
    #expect(page.contains(words))
    #expect(page.contains("\n  shrike explore \(system)"))
    #expect(page.contains("shrike test") == (system == "raft" || system == "echo"))
  }
}
