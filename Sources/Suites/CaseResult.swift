public import Values
public import Verdicts

/// What came of a case, held against what was expected.
public struct CaseResult: Hashable, Sendable {
  /// How a case ended.
  public enum End: Hashable, Sendable {
    /// Its `shrike test` came to a verdict.
    case judged(RunReport)
    /// The harness failed: it crashed, refused the case, or was hindered.
    case hindered(String)
    /// It was not run, or not to its end.
    case notRun(String)
  }

  /// The end held against the expectation.
  public enum Status: String, Hashable, Sendable, CaseIterable {
    case met
    case unmet
    /// There is no verdict where one was expected.
    case undecided
    case hindered
    case notRun = "not-run"
  }

  public let suiteCase: SuiteCase
  public let end: End
  /// How long it took.
  public let duration: Nanoseconds
  public let status: Status
  /// In a line why the status is what it is; empty where there is nothing to say.
  public let message: String

  public init(_ suiteCase: SuiteCase, _ end: End, duration: Nanoseconds = 0) {
    self.suiteCase = suiteCase
    self.end = end
    self.duration = duration
    switch end {
    case .hindered(let reason): (status, message) = (.hindered, reason.firstLine)
    case .notRun(let reason): (status, message) = (.notRun, reason)
    case .judged(let report): (status, message) = suiteCase.expectation.judge(report)
    }
  }

  /// What the `shrike test` said, where it came to a verdict.
  public var report: RunReport? {
    if case .judged(let report) = end { report } else { nil }
  }

  /// The verdict on the system, where there is one.
  public var verdict: Verdict? { report?.verdict }

  /// The line that runs the case again: the failure's own where there is one.
  public var replay: String { report?.replay ?? suiteCase.command }

  /// All that a person needs to follow what went wrong.
  public var details: String {
    var lines = [message]
    switch end {
    case .judged(let report): lines.append(report.explanation)
    case .hindered(let reason): lines.append(reason)
    case .notRun: break
    }
    if lines.count > 1, lines[1].isEmpty || lines[1] == message { lines.removeLast() }
    lines.append("replay: \(replay)")
    if replay != suiteCase.command { lines.append("test: \(suiteCase.command)") }
    return lines.joined(separator: "\n")
  }
}

extension Expectation {
  /// Holds a verdict against what was expected.
  ///
  /// Anomalies that are expected must be found, and no others: a violation that went away and one
  /// that is new both need someone to look.
  func judge(_ report: RunReport) -> (CaseResult.Status, String) {
    let found = report.types.joined(separator: ", ")
    switch (self, report.verdict) {
    case (.valid, .valid): return (.met, "")
    case (.unknown, .unknown): return (.met, report.reasons.first?.firstLine ?? "")
    case (.valid, .unknown), (.invalid, .unknown):
      return (.undecided, report.reasons.first?.firstLine ?? "no verdict was reached")
    case (.valid, .invalid), (.unknown, .invalid):
      return (.unmet, "\(found.isEmpty ? "invalid" : found), where \(text) was expected")
    case (.invalid, .valid), (.unknown, .valid):
      return (.unmet, "valid, where \(text) was expected")
    case (.invalid(let types), .invalid):
      let others = report.types.filter { !types.contains($0) }
      if types.isEmpty || others.isEmpty && !report.types.isEmpty { return (.met, found) }
      let surprise = others.isEmpty ? "an unnamed anomaly" : others.joined(separator: ", ")
      return (.unmet, "\(surprise) is not among the expected \(types.joined(separator: ", "))")
    }
  }
}

extension String {
  /// The text up to its first line break.
  var firstLine: String { String(prefix { $0 != "\n" && $0 != "\r\n" }) }
}
