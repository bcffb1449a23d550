import Suites
import Verdicts
import YAML

/// A vocabulary of all kinds of options.
let vocabulary = TestVocabulary([
  .init("workload", .value), .init("env", .value), .init("rate", .value),
  .init("time-limit", .value), .init("node-count", .value), .init("nodes", .words),
  .init("nemesis", .words), .init("bug", .repeated), .init("client-faults", .flag),
  .init("budget", .value),
  .init("bounds", option: "expect", .words),
])

func suite(_ yaml: String) throws -> Suite {
  try Suite(yaml: yaml, name: "file", folder: "suites", vocabulary: vocabulary)
}

/// The mistakes in a suite, as lines.
func mistakes(_ yaml: String) -> [String] {
  do throws(SuiteError) {
    _ = try Suite(yaml: yaml, name: "file", folder: "suites", vocabulary: vocabulary)
    return []
  } catch {
    return error.mistakes.map { $0.line(in: "f") }
  }
}

/// The one case of a suite of one test with these lines, and `expect: valid`.
func onlyCase(_ lines: String, freshSeed: FreshSeed = .drawn(7)) throws -> SuiteCase {
  let cases = try suite("tests: [{ id: a, expect: valid, \(lines) }]").cases(freshSeed: freshSeed)
  precondition(cases.count == 1)
  return cases[0]
}

/// What a `shrike test` said that found such anomalies.
func report(_ types: String...) -> RunReport {
  var report = RunReport(.invalid)
  report.anomalies = types.map { .init(checker: "c", type: $0, explanation: "because of \($0)") }
  return report
}
