public import Values
public import Verdicts

/// What came of a suite.
public struct SuiteResult: Hashable, Sendable {
  public var name: String
  /// The suite's file, as it was named.
  public var file: String
  /// When it began, as `2026-11-25T09:30:12Z`.
  public var began: String
  public var duration: Nanoseconds
  /// The cases in the order of the file.
  public var results: [CaseResult]

  public init(
    name: String, file: String, began: String, duration: Nanoseconds, results: [CaseResult]
  ) {
    self.name = name
    self.file = file
    self.began = began
    self.duration = duration
    self.results = results
  }

  public func count(_ status: CaseResult.Status) -> Int { results.count { $0.status == status } }

  /// What the suite as a whole comes to: an expectation that is not met outranks a failure of the
  /// harness, that outranks a case without a verdict or not run, and that outranks success.
  public var status: CaseResult.Status {
    let ranking: [CaseResult.Status] = [.unmet, .hindered, .undecided, .notRun]
    return ranking.first { count($0) > 0 } ?? .met
  }

  /// The suite's verdict as documents have it.
  public var verdict: Verdict {
    switch status {
    case .met: results.isEmpty ? .unknown : .valid
    case .unmet: .invalid
    case .undecided, .hindered, .notRun: .unknown
    }
  }

  /// The suite in a line: `10 cases in 12 s: 8 met, 1 not met, 1 not run`.
  public var summary: String {
    let words: [(CaseResult.Status, String)] = [
      (.met, "met"), (.unmet, "not met"), (.undecided, "undecided"),
      (.hindered, "where the harness failed"), (.notRun, "not run"),
    ]
    let counts = words.filter { count($0.0) > 0 || $0.0 == .met }
      .map { "\(count($0.0)) \($0.1)" }
    return "\(results.count) cases in \(duration.secondsText) s: "
      + counts.joined(separator: ", ")
  }
}

extension Nanoseconds {
  /// Seconds with three decimals, as JUnit has them, or with fewer.
  public func secondsText(decimals: Int = 3) -> String {
    let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
    let units = Int(self) / (1_000_000_000 / scale)
    guard decimals > 0 else { return "\(units)" }
    let fraction = "\(scale + units % scale)".dropFirst()
    return "\(units / scale).\(fraction)"
  }

  /// Seconds with one decimal, for people.
  public var secondsText: String { secondsText(decimals: 1) }
}
