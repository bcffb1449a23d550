public import Histories
internal import Values
public import Verdicts

/// Judges that no identifier was given out twice.
///
/// Operations: `generate` → id. Identifiers that a client never got are unknown and can't clash.
public struct UniqueIDsChecker: Checker {
  public var name: String { "unique-ids" }

  public init() {}

  /// - Complexity: O(*n* log *n*).
  public func check(_ history: History) -> Finding {
    var attempts = 0
    var places: [Value: [Int]] = [:]
    for (position, line) in history.operations.enumerated()
    where line.f == "generate" && line.process.number != nil {
      if line.type == .invoke { attempts += 1 }
      if line.type == .ok { places[line.value, default: []].append(position) }
    }
    let ids = places.keys.sorted()
    var facts = ValueMap(facts: [
      "attempted-count": .integer(attempts),
      "acknowledged-count": .integer(places.values.reduce(0) { $0 + $1.count }),
    ])
    let duplicated = ids.filter { (places[$0]?.count ?? 0) > 1 }
    facts[fact: "duplicated-count"] = .integer(duplicated.count)
    guard let first = ids.first, let last = ids.last else {
      return Finding(name, .unknown, reason: "no identifier was generated", facts: facts)
    }
    facts[fact: "range"] = .list([first, last])
    guard !duplicated.isEmpty else { return Finding(name, .valid, facts: facts) }
    return Finding(
      name, .invalid, reason: "\(duplicated.count) duplicated",
      anomalies: [anomaly(duplicated, places, history)], facts: facts)
  }

  private func anomaly(
    _ duplicated: [Value], _ places: [Value: [Int]], _ history: History
  ) -> Anomaly {
    // The most frequent first; of equal ones the least.
    let shown = duplicated.enumerated().sorted { a, b in
      (-(places[a.element]?.count ?? 0), a.offset) < (-(places[b.element]?.count ?? 0), b.offset)
    }.prefix(8).map(\.element)
    var text = ["duplicated (\(duplicated.count)): given out more than once"]
    for id in shown {
      let lines = (places[id] ?? []).map { history.operations[$0] }
      let holders = lines.map { "op \($0.index) to process \($0.process)" }
      text.append("  \(id.text()): \(lines.count) times, \(listing(holders, limit: 6))")
    }
    if duplicated.count > shown.count {
      text.append("  and \(duplicated.count - shown.count) more")
    }
    let operations = shown.flatMap { places[$0] ?? [] }.map { history.operations[$0].index }
    return Anomaly(
      "duplicated", count: duplicated.count, operations: operations.sorted(),
      explanation: text.joined(separator: "\n"))
  }
}
