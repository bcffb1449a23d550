import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("long-fork")
struct LongForkTests {
  /// A history of transactions that are invoked and completed one after the other.
  private func check(
    _ transactions: [(f: String, value: Value)], _ checker: LongForkChecker = LongForkChecker()
  ) throws -> Finding {
    var lines: [Operation] = []
    for (f, value) in transactions {
      for type in [Operation.Kind.invoke, .ok] {
        lines.append(
          Operation(index: lines.count, type: type, process: .client(0), f: f, value: value))
      }
    }
    return checker.check(try History(lines))
  }

  private func read(_ values: Value...) -> (f: String, value: Value) {
    ("read", .list(values.enumerated().map { ["r", .integer($0.offset), $0.element] }))
  }

  private let writes: [(f: String, value: Value)] = (0..<3).map {
    ("write", [["w", .integer($0), 1]])
  }

  @Test("reads that see one order are valid")
  func valid() throws {
    let finding = try check(
      writes + [read(nil, nil, nil), read(nil, 1, nil), read(1, 1, nil), read(1, 1, 1)])
    #expect(finding.verdict == .valid)
    #expect(
      finding.facts
        == ValueMap(facts: ["reads-count": 4, "early-read-count": 1, "late-read-count": 1]))
  }

  @Test("reads that see two orders are a long fork")
  func fork() throws {
    let finding = try check(writes + [read(nil, 1, nil), read(1, nil, 1)])
    #expect(finding.verdict == .invalid)
    #expect(finding.reason == "1 long-fork")
    #expect(finding.anomalies[0].operations == [7, 9])
    #expect(
      finding.anomalies[0].explanation.contains(
        "op 7 has key 1 and lacks 0, op 9 has key 0 and lacks 1"))
  }

  @Test("it reads elle-cli's operations")
  func literal() throws {
    let text = """
      {:type :invoke, :f :read, :value [[:r 0 nil] [:r 1 nil] [:r 2 nil]], :process 0, :index 0}
      {:type :ok, :f :read, :value [[:r 0 1] [:r 1 1] [:r 2 nil]], :process 0, :index 1}
      """
    let columns = try Array(text.utf8).withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "a test", format: .jepsenEDN)
    }
    #expect(LongForkChecker(groupSize: 3).check(columns).verdict == .valid)
    #expect(
      LongForkChecker(groupSize: 2).check(columns).reason
        == "op 1: 3 keys are read, and not a group of 2")
  }

  @Test("what makes nothing known is told")
  func unknown() throws {
    #expect(try check(writes).reason == "no read succeeded")
    #expect(
      try check(writes + [writes[0]]).reason
        == "op 6: key 0 was written at op 0 already; each is to be written once")
    #expect(
      try check([read(1, nil), read(2, nil)]).reason
        == "op 3: key 0 has the values 1 and 2; each is to be written once")
    #expect(
      try check([("txn", [["w", 0, 1], ["r", 1, nil]])]).reason
        == "op 0: long-fork has transactions of one write, or of reads only")
    #expect(
      try check([("txn", [["r", 0, 1], ["r", 0, 1]])]).reason
        == "op 1: key 0 is read twice in one transaction")
  }

  @Test("it agrees with its definition on random reads", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [Verdict: Int] = [:]
    for seed in batch * 500..<batch * 500 + 500 {
      var draws = Draws(seed: seed)
      let isFlawed = draws.chance(0.5)
      let (groups, size) = (1 + draws.below(2), 2 + draws.below(3))
      let orders = (0..<groups).map { _ in draws.shuffled(Array(0..<size)) }
      var reads: [(group: Int, values: [Bool])] = []
      for _ in 0..<draws.below(9) {
        let group = draws.below(groups)
        var values = Array(repeating: false, count: size)
        for key in orders[group].prefix(draws.below(size + 1)) { values[key] = true }
        if isFlawed, draws.chance(0.2) { values[draws.below(size)].toggle() }
        reads.append((group, values))
      }
      let finding = try check(
        reads.map { group, values in
          // Keys in any order.
          let steps: [Value] = values.enumerated().map {
            ["r", .integer(group * 10 + $0.offset), $0.element ? 1 : .null]
          }
          return ("txn", .list(draws.shuffled(steps)))
        })
      let forked = (0..<groups).filter { group in
        let own = reads.filter { $0.group == group }.map(\.values)
        return own.contains { a in
          own.contains { b in
            zip(a, b).contains { $0 && !$1 } && zip(a, b).contains { !$0 && $1 }
          }
        }
      }
      #expect(finding.anomalies.first?.count ?? 0 == forked.count, "seed \(seed)")
      let verdict: Verdict = !forked.isEmpty ? .invalid : reads.isEmpty ? .unknown : .valid
      #expect(finding.verdict == verdict, "seed \(seed)")
      seen[verdict, default: 0] += 1
    }
    for verdict in [Verdict.valid, .invalid, .unknown] {
      #expect(seen[verdict, default: 0] >= 20, "\(seen)")
    }
  }
}
