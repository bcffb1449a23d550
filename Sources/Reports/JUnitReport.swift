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
    let name = "name=\"\(escaped(suite.name))\""
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<testsuites \(name) \(counts)>",
      "  <testsuite \(name) \(counts) timestamp=\"\(escaped(suite.began))\">",
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
      "    <testcase name=\"\(escaped(test.name))\" classname=\"\(escaped(suite.name))\" "
        + "time=\"\(result.duration.secondsText())\">", "      <properties>",
    ]
      + properties.map {
        "        <property name=\"\($0.0)\" value=\"\(escaped($0.1))\"/>"
      } + ["      </properties>"] + outcome(result) + ["    </testcase>"]
  }

  private static func outcome(_ result: CaseResult) -> [String] {
    let message = "message=\"\(escaped(result.message))\""
    let details = escaped(result.details, inAttribute: false)
    switch result.status {
    case .met: return []
    case .unmet: return ["      <failure \(message) type=\"expectation\">\(details)</failure>"]
    case .undecided: return ["      <error \(message) type=\"undecided\">\(details)</error>"]
    case .hindered: return ["      <error \(message) type=\"harness\">\(details)</error>"]
    case .notRun: return ["      <skipped \(message)/>"]
    }
  }

  /// A text as XML can hold it; what XML 1.0 can't hold in any form becomes U+FFFD.
  static func escaped(_ text: String, inAttribute: Bool = true) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
      case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
      case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
      case "\"" where inAttribute: escaped.append(contentsOf: "&quot;".unicodeScalars)
      // Readers turn these into spaces in attributes, and a carriage return into a line feed.
      case "\n" where inAttribute: escaped.append(contentsOf: "&#10;".unicodeScalars)
      case "\t" where inAttribute: escaped.append(contentsOf: "&#9;".unicodeScalars)
      case "\r": escaped.append(contentsOf: "&#13;".unicodeScalars)
      case "\n", "\t": escaped.append(scalar)
      case "\u{0}"..."\u{1f}", "\u{fffe}", "\u{ffff}": escaped.append("\u{fffd}")
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
