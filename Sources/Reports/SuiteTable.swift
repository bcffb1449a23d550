public import Suites
import Values
import Verdicts

/// A suite's result as a table for people.
public enum SuiteTable {
  /// Longer messages are cut in tables; documents and files have them whole.
  static let messageLengthMax = 100

  /// Nothing but the table, its rows in the order of the file.
  public static func text(_ suite: SuiteResult) -> String {
    let header = ["", "test", "seed", "expected", "verdict", "time", ""]
    let rows = suite.results.map { result -> [String] in
      let test = result.suiteCase
      let runs = test.runs.map { " × \($0)" } ?? ""
      return [
        mark(result.status), test.id, "\(test.seed)\(runs)", test.expectation.text, verdict(result),
        "\(result.duration.secondsText) s", cut(result.message),
      ]
    }
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
      var line = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// What went wrong with each case, in full.
  public static func details(_ suite: SuiteResult) -> String {
    suite.results.filter { $0.status != .met && $0.status != .notRun }.map { result in
      let lines = result.details.split(separator: "\n", omittingEmptySubsequences: false)
      return "\(mark(result.status)) \(result.suiteCase.name)\n"
        + lines.map { "    \($0)" }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  static func mark(_ status: CaseResult.Status) -> String {
    switch status {
    case .met: "✓"
    case .unmet: "✗"
    case .undecided: "?"
    case .hindered: "!"
    case .notRun: "-"
    }
  }

  /// The verdict on the system, or why there is none.
  static func verdict(_ result: CaseResult) -> String {
    switch result.end {
    case .judged(let report): report.verdict.rawValue
    case .hindered: "harness failed"
    case .notRun: "not run"
    }
  }

  private static func cut(_ text: String) -> String {
    text.count > messageLengthMax ? "\(text.prefix(messageLengthMax - 1))…" : text
  }
}
