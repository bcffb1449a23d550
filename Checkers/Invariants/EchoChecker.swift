public import Histories
internal import Values
public import Verdicts

/// Judges that each answer repeats what was asked.
///
/// Operations: `echo` v → v.
///
/// As Maelstrom's own, of compatible mode, it takes an operation that ended without an answer for a
/// wrong answer, too.
public struct EchoChecker: Checker {
  public var name: String { "echo" }

  private let isCompatible: Bool

  public init(isCompatible: Bool = false) { self.isCompatible = isCompatible }

  /// - Complexity: O(*n*).
  public func check(_ history: History) -> Finding {
    var answers = 0
    var wrong: [(asked: Operation, answered: Operation)] = []
    for (position, line) in history.operations.enumerated()
    where line.f == "echo" && line.type != .invoke && line.process.number != nil
      && (line.type == .ok || isCompatible)
    {
      answers += 1
      let partner = Int(history.partners[position])
      guard partner >= 0, history.operations[partner].value != line.value || line.type != .ok
      else { continue }
      wrong.append((history.operations[partner], line))
    }
    let facts = ValueMap(facts: [
      "acknowledged-count": .integer(answers), "mismatched-count": .integer(wrong.count),
    ])
    guard answers > 0 else {
      return Finding(name, .unknown, reason: "no echo was answered", facts: facts)
    }
    guard !wrong.isEmpty else { return Finding(name, .valid, facts: facts) }
    let shown = wrong.prefix(8)
    var text = ["mismatched (\(wrong.count) of \(answers) answers): not what was asked"]
    text += shown.map { pair in
      "  op \(pair.asked.index) asked \(pair.asked.value.text()), "
        + "op \(pair.answered.index) "
        + (pair.answered.type == .ok
          ? "answered \(pair.answered.value.text())" : "got no answer")
    }
    if wrong.count > shown.count { text.append("  and \(wrong.count - shown.count) more") }
    return Finding(
      name, .invalid, reason: "\(wrong.count) mismatched",
      anomalies: [
        Anomaly(
          "mismatched", count: wrong.count,
          operations: shown.flatMap { [$0.asked.index, $0.answered.index] }.sorted(),
          explanation: text.joined(separator: "\n"))
      ], facts: facts)
  }
}
