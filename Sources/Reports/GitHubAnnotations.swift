public import Suites
import YAML

/// What went wrong in a suite as workflow commands, which GitHub shows where the test stands.
public enum GitHubAnnotations {
  /// A line for each case that is not as expected; what is only not decided or not run is a warning.
  public static func lines(_ suite: SuiteResult) -> [String] {
    suite.results.filter { $0.status != .met }.map { result in
      let isWarning = result.status == .undecided || result.status == .notRun
      return line(
        isWarning ? "warning" : "error", file: suite.file, at: result.suiteCase.position,
        title: "\(suite.name): \(result.suiteCase.name)",
        result.status == .notRun ? result.message : result.details)
    }
  }

  /// The mistakes of a suite file that was refused.
  public static func lines(_ error: SuiteError, in file: String) -> [String] {
    error.mistakes.map {
      line("error", file: file, at: $0.position, title: "suite file", $0.text)
    }
  }

  private static func line(
    _ command: String, file: String, at position: TextPosition, title: String, _ message: String
  ) -> String {
    "::\(command) file=\(property(file)),line=\(position.line),col=\(position.column),"
      + "title=\(property(title))::\(data(message))"
  }

  /// A message, on one line.
  static func data(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": escaped.append(contentsOf: "%25".unicodeScalars)
      case "\r": escaped.append(contentsOf: "%0D".unicodeScalars)
      case "\n": escaped.append(contentsOf: "%0A".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }

  /// A property, which colons and commas would end.
  static func property(_ text: String) -> String {
    var escaped = String.UnicodeScalarView()
    for scalar in data(text).unicodeScalars {
      switch scalar {
      case ":": escaped.append(contentsOf: "%3A".unicodeScalars)
      case ",": escaped.append(contentsOf: "%2C".unicodeScalars)
      default: escaped.append(scalar)
      }
    }
    return String(escaped)
  }
}
