import Histories
import Invariants
import Testing
import Values
import Verdicts

/// What counter should say, by trying every subset of the adds.
private struct DefinedCounter {
  var unacceptable = 0
  var diverging = 0
  var outOfBounds = 0
  var compatible = 0

  init(_ history: History) {
    let adds = history.calls.filter { $0.f == "add" && $0.outcome != .fail }
    let reads = history.calls.filter { $0.f == "read" && $0.outcome == .ok }
    let final = reads.filter { $0.completion?.extra[.string("final")] == true }
    func delta(_ add: Call) -> Int { add.invocation.value.integer ?? 0 }
    func certain(_ read: Call) -> [Call] {
      adds.filter { $0.outcome == .ok && ($0.end ?? 0) < read.position }
    }
    func possible(_ read: Call) -> [Call] {
      let known = certain(read)
      return adds.filter { add in
        add.position < read.end ?? 0 && !known.contains { $0.position == add.position }
      }
    }
    for read in final {
      let value = read.value.integer ?? 0
      if !Self.sums(certain(read).map(delta), possible(read).map(delta)).contains(value) {
        unacceptable += 1
      }
      let ok = adds.filter { $0.outcome == .ok }.map(delta)
      let info = adds.filter { $0.outcome != .ok }.map(delta)
      if !Self.sums(ok, info).contains(value) { compatible += 1 }
    }
    if let last = final.last {
      let alike = final.filter { read in
        certain(read) == certain(last) && possible(read) == possible(last)
      }
      diverging = alike.count { $0.value != alike[0].value }
    }
    for read in reads {
      let sums = Self.sums(certain(read).map(delta), possible(read).map(delta))
      let value = read.value.integer ?? 0
      if value < sums.min() ?? 0 || value > sums.max() ?? 0 { outOfBounds += 1 }
    }
  }

  private static func sums(_ certain: [Int], _ possible: [Int]) -> Set<Int> {
    var sums: Set = [certain.reduce(0, +)]
    for delta in possible { sums.formUnion(sums.map { $0 + delta }) }
    return sums
  }
}

@Suite("counter agrees with its definition")
struct CounterTwinTests {
  private func random(_ seed: UInt64) throws -> History {
    var draws = Draws(seed: seed)
    var lines: [String] = []
    var value = 0
    var pending: [String?] = Array(repeating: nil, count: 3)
    let flaws = draws.chance(0.5) ? 0.2 : 0.0
    let scale = draws.chance(0.5) ? 1 : 100
    let isFinalPossible = draws.chance(0.7)
    for _ in 0..<(4 + draws.below(24)) {
      let client = draws.below(3)
      guard let operation = pending[client] else {
        let isFinal = isFinalPossible && draws.chance(0.5)
        let delta = (draws.below(10) - 5) * scale
        let next = draws.chance(0.5) ? "add \(delta)" : isFinal ? "read!" : "read"
        lines.append("\(client) invoke \(next)")
        pending[client] = next
        continue
      }
      pending[client] = nil
      if operation.hasPrefix("add") {
        let outcome = draws.chance(0.5) ? "ok" : draws.chance(0.7) ? "info" : "fail"
        let delta = Int(operation.dropFirst(4)) ?? 0
        let isKept = outcome == "ok" ? !draws.chance(flaws) : outcome == "info" && draws.chance(0.5)
        if isKept { value += delta }
        lines.append("\(client) \(outcome) \(operation)")
      } else if draws.chance(0.9) {
        let answer = draws.chance(flaws) ? value + draws.below(20) - 10 : value
        lines.append("\(client) ok \(operation) \(answer)")
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
      let expected = DefinedCounter(history)
      let final = CounterChecker(judging: .final).check(history)
      let counts = [expected.unacceptable, expected.diverging]
      let found = ["unacceptable", "diverging"].map { type in
        final.anomalies.first { $0.type == type }?.count ?? 0
      }
      #expect(found == counts, "seed \(seed)")
      #expect(
        final.facts[fact: "out-of-bounds-count"]?.integer == expected.outOfBounds, "seed \(seed)")
      seen[final.verdict, default: 0] += 1
      let every = CounterChecker(judging: .every).check(history)
      #expect((every.verdict == .invalid) == (expected.outOfBounds > 0), "seed \(seed)")
      let compatible = CounterChecker(isCompatible: true).check(history)
      #expect((compatible.verdict == .invalid) == (expected.compatible > 0), "seed \(seed)")
    }
    for verdict in [Verdict.valid, .invalid, .unknown] {
      #expect(seen[verdict, default: 0] >= 10, "\(verdict): \(seen[verdict, default: 0])")
    }
  }
}
