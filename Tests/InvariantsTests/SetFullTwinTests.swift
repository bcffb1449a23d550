import Histories
import Invariants
import Testing
import Values
import Verdicts

/// What set-full should say, element by element and read by read, from the definition.
private struct DefinedSet {
  var attempts = 0
  var stable = 0
  var stale = 0
  var lost = 0
  var neverRead = 0
  var duplicated = 0
  var phantom = 0
  var diverging = 0

  init(_ history: History) {
    let calls = history.calls
    let adds = calls.filter { $0.f == "add" }
    let reads = calls.filter { $0.f == "read" && $0.outcome == .ok }
    attempts = adds.count
    let values = Set(
      adds.map(\.invocation.value) + reads.flatMap { $0.value.elements ?? [] })
    for value in values { judge(value, adds.filter { $0.invocation.value == value }, reads) }
    let final = reads.filter { $0.completion?.extra[.string("final")] == true }
    diverging =
      final.filter { Set($0.value.elements ?? []) != Set(final[0].value.elements ?? []) }
      .count
  }

  private mutating func judge(_ value: Value, _ adds: [Call], _ reads: [Call]) {
    let having = reads.filter { $0.value.elements?.contains(value) == true }
    if having.contains(where: { ($0.value.elements ?? []).filter { $0 == value }.count > 1 }) {
      duplicated += 1
    }
    let isExplained = having.allSatisfy { read in
      adds.contains { $0.outcome != .fail && $0.position < read.end ?? 0 }
    }
    if !isExplained { phantom += 1 }
    guard !adds.isEmpty else { return }
    let known =
      (adds.filter { $0.outcome == .ok }.compactMap(\.end) + having.compactMap(\.end)).min()
    let present = having.map(\.position).max()
    let absent = reads.filter { $0.value.elements?.contains(value) != true }.map(\.position).max()
    if let present, (absent ?? -1) < present {
      stable += 1
      // A line is a millisecond.
      if let absent, let known, absent > known { stale += 1 }
    } else if let known, let absent, absent > (present ?? -1), absent > known {
      lost += 1
    } else {
      neverRead += 1
    }
  }

  var verdict: Verdict {
    if lost + duplicated + phantom + diverging > 0 { return .invalid }
    return stable > 0 ? .valid : .unknown
  }
}

@Suite("set-full agrees with its definition")
struct SetFullTwinTests {
  private func random(_ seed: UInt64) throws -> History {
    var draws = Draws(seed: seed)
    var lines: [String] = []
    var contents: [Int] = []
    var pending: [String?] = Array(repeating: nil, count: 3)
    let flaws = draws.chance(0.5) ? 0.15 : 0.0
    for _ in 0..<(4 + draws.below(24)) {
      let client = draws.below(3)
      guard let operation = pending[client] else {
        let next =
          draws.chance(0.5) ? "add \(draws.below(6))" : draws.chance(0.3) ? "read!" : "read"
        lines.append("\(client) invoke \(next)")
        pending[client] = next
        continue
      }
      pending[client] = nil
      if operation.hasPrefix("add") {
        let outcome = draws.chance(0.7) ? "ok" : draws.chance(0.5) ? "info" : "fail"
        let element = Int(operation.dropFirst(4)) ?? 0
        let isKept = outcome == "ok" ? !draws.chance(flaws) : outcome == "info" && draws.chance(0.5)
        if isKept, !contents.contains(element) { contents.append(element) }
        lines.append("\(client) \(outcome) \(operation)")
      } else if draws.chance(0.9) {
        var seen = contents.filter { _ in !draws.chance(flaws) }
        if draws.chance(flaws), let first = seen.first { seen.append(first) }
        if draws.chance(flaws) { seen.append(6 + draws.below(2)) }
        let text = seen.map { "\($0)" }.joined(separator: " ")
        lines.append("\(client) ok \(operation) [\(text)]")
      } else {
        lines.append("\(client) info \(operation)")
      }
    }
    return try script(lines.joined(separator: "\n"))
  }

  @Test("on random histories", arguments: 0..<20 as Range<UInt64>)
  func random(batch: UInt64) throws {
    var seen: [Verdict: Int] = [:]
    for seed in batch * 250..<batch * 250 + 250 {
      let history = try random(seed)
      let expected = DefinedSet(history)
      let finding = SetFullChecker().check(history)
      #expect(finding.verdict == expected.verdict, "seed \(seed)")
      let facts = finding.facts
      #expect(facts[fact: "attempt-count"]?.integer == expected.attempts, "seed \(seed)")
      #expect(facts[fact: "stable-count"]?.integer == expected.stable, "seed \(seed)")
      #expect(facts[fact: "stale-count"]?.integer == expected.stale, "seed \(seed)")
      #expect(facts[fact: "lost-count"]?.integer == expected.lost, "seed \(seed)")
      #expect(facts[fact: "never-read-count"]?.integer == expected.neverRead, "seed \(seed)")
      #expect(facts[fact: "duplicated-count"]?.integer == expected.duplicated, "seed \(seed)")
      #expect(facts[fact: "phantom-count"]?.integer == expected.phantom, "seed \(seed)")
      #expect(facts[fact: "diverging-count"]?.integer == expected.diverging, "seed \(seed)")
      seen[finding.verdict, default: 0] += 1
    }
    for verdict in [Verdict.valid, .invalid, .unknown] {
      #expect(seen[verdict, default: 0] >= 10, "\(verdict): \(seen[verdict, default: 0])")
    }
  }
}
