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
}
