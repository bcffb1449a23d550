public import Suites
import Values

/// A suite's result as Markdown, for the summary page of a CI job.
public enum SuiteMarkdown {
  /// So many cases that went wrong are told in full: GitHub takes 1 MiB for a job's step.
  static let detailedMax = 20
  /// Longer details are cut, in characters.
  static let detailsLengthMax = 10_000

  public static func text(_ suite: SuiteResult) -> String {
    var lines = [
      "## \(mark(suite.status)) \(escaped(suite.name))", "", escaped(suite.summary), "",
      "| | test | seed | expected | verdict | time | |", "|---|---|---|---|---|---|---|",
    ]
    for result in suite.results {
      let test = result.suiteCase
      let cells = [
        mark(result.status), escaped(test.id), "\(test.seed)\(test.runs.map { " × \($0)" } ?? "")",
        escaped(test.expectation.text), SuiteTable.verdict(result),
        "\(result.duration.secondsText) s", escaped(result.message),
      ]
      lines.append("| \(cells.joined(separator: " | ")) |")
    }
    let wrong = suite.results.filter { $0.status != .met && $0.status != .notRun }
    for result in wrong.prefix(detailedMax) { lines += details(result) }
    if wrong.count > detailedMax {
      lines += ["", "\(wrong.count - detailedMax) more are not shown here."]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func details(_ result: CaseResult) -> [String] {
    let whole = result.details
    let isCut = whole.count > detailsLengthMax
    let text = isCut ? "\(whole.prefix(detailsLengthMax))\n…\nreplay: \(result.replay)" : whole
    let fence = fence(for: text)
    return [
      "", "<details><summary>\(mark(result.status)) \(escaped(result.suiteCase.name))</summary>",
      "",
      fence, text, fence, "", "</details>",
    ]
  }

  /// A fence of more backquotes than the text has in a row.
  private static func fence(for text: String) -> String {
    var longest = 0
    var count = 0
    for byte in text.utf8 {
      count = byte == UInt8(ascii: "`") ? count + 1 : 0
      longest = max(longest, count)
    }
    return String(repeating: "`", count: max(3, longest + 1))
  }

  private static func mark(_ status: CaseResult.Status) -> String {
    switch status {
    case .met: "✅"
    case .unmet: "❌"
    case .undecided: "❔"
    case .hindered: "⚠️"
    case .notRun: "⏭️"
    }
  }

  /// A text that Markdown takes for nothing but text, on one line.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "$", "@": escaped += "\\\(character)"
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case _ where character.isNewline: escaped += " "
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
