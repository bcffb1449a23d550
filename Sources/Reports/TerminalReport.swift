public import Verdicts

/// Findings as people read them in a terminal.
public enum TerminalReport {
  /// All that the checkers have to say, the evidence of what is invalid in full.
  public static func text(_ findings: [Finding]) -> String {
    findings.map(text).joined(separator: "\n")
  }

  /// One checker's verdict in a line, with its evidence below.
  public static func text(_ finding: Finding) -> String {
    var lines = ["  \(mark(finding.verdict)) \(finding.checker): \(summary(finding))"]
    for anomaly in finding.anomalies {
      let times = anomaly.count == 1 ? "" : " × \(anomaly.count)"
      lines.append("      \(anomaly.type)\(times)")
      lines += anomaly.explanation.split(separator: "\n", omittingEmptySubsequences: false)
        .map { "        \($0)" }
    }
    return lines.joined(separator: "\n")
  }

  /// How a verdict looks at the beginning of a line.
  public static func mark(_ verdict: Verdict) -> String {
    switch verdict {
    case .valid: "✓"
    case .invalid: "✗"
    case .unknown: "?"
    }
  }

  private static func summary(_ finding: Finding) -> String {
    finding.reason.map { "\(finding.verdict.rawValue), \($0)" } ?? finding.verdict.rawValue
  }
}
