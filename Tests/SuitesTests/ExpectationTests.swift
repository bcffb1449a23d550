import Suites
import Testing
import Values
import Verdicts

@Suite("Expectations")
struct ExpectationTests {
  private static func unknown(_ reason: String) -> RunReport {
    var report = RunReport(.unknown)
    report.reasons = [reason]
    return report
  }

  @Test(
    "are held against verdicts",
    arguments: [
      (.valid, RunReport(.valid), .met), (.valid, report("lost"), .unmet),
      (.valid, unknown("budget"), .undecided), (.invalid(["lost"]), report("lost"), .met),
      (.invalid(["lost"]), RunReport(.valid), .unmet),
      (.invalid(["lost"]), report("stale"), .unmet),
      (.invalid(["lost"]), report("lost", "stale"), .unmet),
      (.invalid(["lost", "stale"]), report("stale"), .met),
      (.invalid(["lost"]), report(), .unmet), (.invalid([]), report("anything"), .met),
      (.invalid([]), RunReport(.valid), .unmet), (.invalid(["lost"]), unknown("x"), .undecided),
      (.unknown, unknown("x"), .met), (.unknown, RunReport(.valid), .unmet),
      (.unknown, report("lost"), .unmet),
    ] as [(Suites.Expectation, RunReport, CaseResult.Status)])
  func judged(expectation: Suites.Expectation, report: RunReport, status: CaseResult.Status) throws
  {
    var suiteCase = try onlyCase("system: raft, seed: 1")
    suiteCase.expectation = expectation
    let result = CaseResult(suiteCase, .judged(report))
    #expect(result.status == status)
    #expect(status == .met || !result.message.isEmpty)
  }

  @Test("of several cases: the worst counts")
  func ranking() throws {
    let suiteCase = try onlyCase("system: raft, seed: 1")
    let met = CaseResult(suiteCase, .judged(RunReport(.valid)))
    let unmet = CaseResult(suiteCase, .judged(report("lost")))
    let undecided = CaseResult(suiteCase, .judged(RunReport(.unknown)))
    let hindered = CaseResult(suiteCase, .hindered("it broke"))
    let notRun = CaseResult(suiteCase, .notRun("no time"))
    func status(_ results: CaseResult...) -> CaseResult.Status {
      SuiteResult(name: "s", file: "f", began: "", duration: 0, results: results).status
    }
    #expect(status(met, met) == .met)
    #expect(status(met, notRun) == .notRun)
    #expect(status(notRun, undecided, met) == .undecided)
    #expect(status(undecided, hindered, met, notRun) == .hindered)
    #expect(status(hindered, unmet, undecided) == .unmet)
  }

  @Test("are held against what a run's document says")
  func document() throws {
    let text = """
      {"verdict":"invalid","seed":3,"token":"s1x","run":"results/r","replay":"shrike replay s1x",
       "checkers":[{"name":"stats","verdict":"valid"},
        {"name":"set-full","verdict":"invalid","anomalies":[
          {"type":"lost","count":2,"operations":[1],"explanation":"gone"},
          {"type":"diverging","count":1,"operations":[],"explanation":"apart"}]},
        {"name":"slow","verdict":"unknown","reason":"no time"}],"hindered":["a disk"]}
      """
    let report = try #require(RunReport(document: Value(json: text)))
    #expect(report.verdict == .invalid)
    #expect(report.types == ["lost", "diverging"])
    #expect(report.reasons == ["slow: no time"])
    #expect(report.hindrances == ["a disk"])
    #expect(report.token == "s1x" && report.replay == "shrike replay s1x")
    #expect(report.folders == ["results/r"])
    #expect(report.explanation.hasPrefix("set-full: lost × 2\ngone\nset-full: diverging\napart"))
    #expect(RunReport(document: ["verdict": "sure"]) == nil)
    #expect(RunReport(document: .null) == nil)
  }

  @Test("of a campaign know what was found in any of its failures, listed or not")
  func campaign() throws {
    let text = """
      {"verdict":"invalid","runs":9,"failures":[
        {"seed":4,"token":"s1a","replay":"shrike replay s1a","anomalies":["lost"],
         "checkers":[{"name":"c","verdict":"invalid","anomalies":[{"type":"lost","count":1}]}]},
        {"seed":5,"token":"s1b","anomalies":["stale"]}],
       "signatures":[{"anomalies":["c/lost","d/torn"],"count":7}]}
      """
    let report = try #require(RunReport(document: Value(json: text)))
    #expect(report.types == ["lost", "stale", "torn"])
    #expect(report.replay == "shrike replay s1a")
    #expect(report.anomalies.last?.checker == "d")
  }

  @Test("of a campaign that proves nothing tell each reason once")
  func reasons() throws {
    let text = """
      {"verdict":"unknown","vacuous":["no read ever succeeded"],"reasons":[
        "vacuous: no read ever succeeded","a demanded coverage mark never fired: x"]}
      """
    let report = try #require(RunReport(document: Value(json: text)))
    #expect(
      report.reasons == [
        "vacuous: no read ever succeeded", "a demanded coverage mark never fired: x",
      ])
  }
}
