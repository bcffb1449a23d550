public import Suites
public import Values
import Verdicts
import YAML

/// A suite's result for machines: what `shrike suite --json` prints.
public enum SuiteDocument {
  public static func value(_ suite: SuiteResult) -> Value {
    let counts = CaseResult.Status.allCases.map {
      ValueMap.Entry(key: .string($0.rawValue), value: .integer(suite.count($0)))
    }
    let hindrances = suite.results.filter { $0.status == .hindered }
      .map { Value.string("\($0.suiteCase.name): \($0.message)") }
    var fields: [ValueMap.Entry] = [
      .init(key: "verdict", value: .string(suite.verdict.rawValue)),
      .init(key: "suite", value: .string(suite.name)),
      .init(key: "file", value: .string(suite.file)),
      .init(key: "began", value: .string(suite.began)),
      .init(key: "duration-ns", value: .integer(Int(suite.duration))),
      .init(key: "counts", value: .map(ValueMap(counts))),
      .init(key: "cases", value: .list(suite.results.map(value))),
    ]
    if !hindrances.isEmpty { fields.append(.init(key: "hindered", value: .list(hindrances))) }
    return .map(ValueMap(fields))
  }

  /// A suite file that was refused.
  public static func value(_ error: SuiteError, in file: String) -> Value {
    let mistakes = error.mistakes.map { mistake -> Value in
      [
        "file": .string(file), "line": .integer(mistake.position.line),
        "column": .integer(mistake.position.column), "text": .string(mistake.text),
      ]
    }
    return [
      "verdict": "unknown", "mistakes": .list(mistakes),
      "error": .string(error.mistakes.first?.line(in: file) ?? "the suite can't be read"),
    ]
  }

  private static func value(_ result: CaseResult) -> Value {
    let test = result.suiteCase
    var fields: [ValueMap.Entry] = [
      .init(key: "id", value: .string(test.id)),
      .init(
        key: "seed", value: Int(exactly: test.seed).map { .integer($0) } ?? .number("\(test.seed)")),
      .init(key: "expect", value: value(test.expectation)),
      .init(key: "status", value: .string(result.status.rawValue)),
      .init(key: "duration-ns", value: .integer(Int(result.duration))),
      .init(key: "command", value: .string(test.command)),
    ]
    func add(_ key: Value, _ value: Value) { fields.append(.init(key: key, value: value)) }
    func list(_ texts: [String]) -> Value { .list(texts.map { .string($0) }) }
    if let runs = test.runs { add("runs", .integer(runs)) }
    if !result.message.isEmpty { add("message", .string(result.message)) }
    if case .hindered(let reason) = result.end { add("hindered", list([reason])) }
    if let report = result.report {
      add("verdict", .string(report.verdict.rawValue))
      if !report.types.isEmpty { add("anomalies", list(report.types)) }
      if !report.explanation.isEmpty { add("explanation", .string(report.explanation)) }
      if let token = report.token { add("token", .string(token)) }
      if let replay = report.replay { add("replay", .string(replay)) }
      if !report.folders.isEmpty { add("folders", list(report.folders)) }
    }
    return .map(ValueMap(fields))
  }

  private static func value(_ expectation: Expectation) -> Value {
    switch expectation {
    case .valid: "valid"
    case .unknown: "unknown"
    case .invalid(let types): ["invalid": .list(types.map { .string($0) })]
    }
  }
}
