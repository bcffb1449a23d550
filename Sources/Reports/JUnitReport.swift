public import Suites
import Values
import Verdicts

/// A suite's result as JUnit XML, which CI servers read.
///
/// A verdict that is not the expected one is a `failure`; a failure of the harness and a case without
/// a verdict are an `error`, told apart by their `type`; what was not run is `skipped`.
public enum JUnitReport {
  public static func xml(_ suite: SuiteResult) -> String {
    let counts =
      "tests=\"\(suite.results.count)\" failures=\"\(suite.count(.unmet))\" "
      + "errors=\"\(suite.count(.undecided) + suite.count(.hindered))\" "
      + "skipped=\"\(suite.count(.notRun))\" time=\"\(suite.duration.secondsText())\""
    let name = "name=\"\(suite.name.xmlAttribute)\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites \(name) \(counts)>",
      "  <testsuite \(name) \(counts) timestamp=\"\(suite.began.xmlAttribute)\">",
    ]
    lines += suite.results.flatMap { testCase($0, in: suite) }
    lines += ["  </testsuite>", "</testsuites>", ""]
    return lines.joined(separator: "\n")
  }

  private static func testCase(_ result: CaseResult, in suite: SuiteResult) -> [String] {
    let test = result.suiteCase
    var properties = [("seed", "\(test.seed)"), ("expected", test.expectation.text)]
    if let runs = test.runs { properties.append(("runs", "\(runs)")) }
    if let verdict = result.verdict { properties.append(("verdict", verdict.rawValue)) }
    if let token = result.report?.token { properties.append(("token", token)) }
    properties.append(("command", test.command))
    return [
      "    <testcase name=\"\(test.name.xmlAttribute)\" classname=\"\(suite.name.xmlAttribute)\" "
        + "time=\"\(result.duration.secondsText())\">", "      <properties>",
    ]
      + properties.map {
        "        <property name=\"\($0.0)\" value=\"\($0.1.xmlAttribute)\"/>"
      } + ["      </properties>"] + outcome(result) + ["    </testcase>"]
  }

  private static func outcome(_ result: CaseResult) -> [String] {
    let message = "message=\"\(result.message.xmlAttribute)\""
    let details = result.details.xmlText
    switch result.status {
    case .met: return []
    case .unmet: return ["      <failure \(message) type=\"expectation\">\(details)</failure>"]
    case .undecided: return ["      <error \(message) type=\"undecided\">\(details)</error>"]
    case .hindered: return ["      <error \(message) type=\"harness\">\(details)</error>"]
    case .notRun: return ["      <skipped \(message)/>"]
    }
  }
}
