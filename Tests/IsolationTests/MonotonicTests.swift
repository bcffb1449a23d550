import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("monotonic")
struct MonotonicTests {
  /// A history of reads, of a process and what each key has, one after the other.
  private func history(_ reads: [(process: Int, values: ValueMap)]) throws -> History {
    var lines: [Operation] = []
    for read in reads {
      for (type, value) in [(Operation.Kind.invoke, Value.null), (.ok, .map(read.values))] {
        lines.append(
          Operation(
            index: lines.count, type: type, process: .client(read.process), f: "read", value: value)
        )
      }
    }
    return try History(lines)
  }

  private func check(_ reads: (process: Int, values: ValueMap)...) throws -> Finding {
    MonotonicChecker().check(try history(reads))
  }

  @Test("values that grow together are valid, in any order of time")
  func valid() throws {
    let finding = try check(
      (0, ValueMap(facts: ["x": 2, "y": 2])), (1, ValueMap(facts: ["x": 0, "y": .null])),
      (2, ValueMap(facts: ["x": 1, "y": 2])))
    #expect(finding.verdict == .valid)
    #expect(finding.facts == ValueMap(facts: ["operation-count": 3, "key-count": 2]))
  }

  @Test("values that grow against each other are a cycle")
  func cycle() throws {
    let finding = try check(
      (0, ValueMap(facts: ["x": 0, "y": 1])), (1, ValueMap(facts: ["x": 1, "y": 0])))
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["cycle"])
    #expect(finding.anomalies[0].operations == [1, 3])
    #expect(finding.anomalies[0].explanation.contains("op 1 has \"x\" = 0, op 3 has 1"))
    #expect(finding.anomalies[0].explanation.contains("op 3 has \"y\" = 0, op 1 has 1"))
  }

  @Test("a process that reads a lower value than before")
  func process() throws {
    let finding = try check((0, ValueMap(facts: ["x": 1])), (0, ValueMap(facts: ["x": 0])))
    #expect(finding.anomalies.map(\.type) == ["cycle-process"])
    #expect(
      finding.anomalies[0].explanation.contains("op 3 of the same process came after op 1"))
  }

  @Test("without answers nothing is known, and others are refused")
  func unknown() throws {
    #expect(try check().reason == "no operation succeeded")
    #expect(
      try check((0, ValueMap(facts: ["x": "a"]))).reason
        == "op 1: an answer should be {key: integer, …}, not {\"x\": \"a\"}")
  }

  @Test("it agrees with its definition on random reads", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * 500..<batch * 500 + 500 {
      var draws = Draws(seed: seed)
      let flaws = draws.chance(0.3) ? 0 : 0.2
      var reads: [(process: Int, values: [Int: Int])] = []
      var state = [0, 0, 0]
      for _ in 0..<draws.below(9) {
        state[draws.below(3)] += 1
        var values: [Int: Int] = [:]
        for key in 0..<3 where draws.chance(0.7) {
          values[key] = draws.chance(flaws) ? draws.below(4) : state[key]
        }
        reads.append((draws.below(3), values))
      }
      let finding = MonotonicChecker().check(
        try history(
          reads.map { read in
            (
              read.process,
              ValueMap(
                read.values.map { .init(key: .integer($0.key), value: .integer($0.value)) })
            )
          }))
      let counts = Dictionary(uniqueKeysWithValues: finding.anomalies.map { ($0.type, $0.count) })
      #expect(counts == MonotonicTests.counts(reads), "seed \(seed)")
      #expect((finding.verdict == .invalid) == !counts.isEmpty, "seed \(seed)")
      for type in counts.keys { seen[type, default: 0] += 1 }
      seen[finding.verdict.rawValue, default: 0] += 1
    }
    for type in ["cycle", "cycle-process", "valid"] {
      #expect(seen[type, default: 0] >= 10, "\(type): \(seen)")
    }
  }

  /// How many components there are, from the definition.
  private static func counts(_ reads: [(process: Int, values: [Int: Int])]) -> [String: Int] {
    var counts: [String: Int] = [:]
    var explained: Set<Int> = []
    for type in ["cycle", "cycle-process"] {
      var reaches = reads.map { _ in reads.map { _ in false } }
      for a in reads.indices {
        for b in reads.indices where a != b {
          reaches[a][b] =
            reads[a].values.contains { key, value in
              reads[b].values[key].map { $0 > value } ?? false
            }
            || type == "cycle-process" && reads[a].process == reads[b].process && a < b
        }
      }
      for middle in reads.indices {
        for a in reads.indices where reaches[a][middle] {
          for b in reads.indices where reaches[middle][b] { reaches[a][b] = true }
        }
      }
      var done: Set<Int> = []
      for a in reads.indices where reaches[a][a] && !done.contains(a) {
        let component = reads.indices.filter { reaches[a][$0] && reaches[$0][a] }
        done.formUnion(component)
        guard explained.isDisjoint(with: component) else { continue }
        explained.formUnion(component)
        counts[type, default: 0] += 1
      }
    }
    return counts
  }
}
