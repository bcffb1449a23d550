import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("bank")
struct BankTests {
  private func check(_ text: String, _ checker: BankChecker = BankChecker()) throws -> Finding {
    let columns = try Array(text.utf8).withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "a test", format: .jepsenEDN)
    }
    return checker.check(columns)
  }

  /// A history in which transfers and reads follow each other, in Jepsen's words.
  private func history(_ reads: String...) -> String {
    let transfer = "{:from 1, :to 0, :amount 5}"
    let lines =
      [
        "{:type :invoke, :f :transfer, :process 0, :time 1, :index 0, :value \(transfer)}",
        "{:type :ok, :f :transfer, :process 0, :time 2, :index 1, :value \(transfer)}",
      ]
      + reads.enumerated().flatMap { place, read in
        let (time, index) = (3 + 2 * place, 2 + 2 * place)
        return [
          "{:type :invoke, :f :read, :process 0, :time \(time), :index \(index), :value nil}",
          "{:type :ok, :f :read, :process 0, :time \(time + 1), :index \(index + 1), :value \(read)}",
        ]
      }
    return lines.joined(separator: "\n")
  }

  @Test("reads that add up to the same are valid")
  func valid() throws {
    let finding = try check(history("{0 97, 1 0, 2 3}", "{0 92, 1 5, 2 3}"))
    #expect(finding.verdict == .valid)
    #expect(finding.facts == ValueMap(facts: ["read-count": 2, "transfer-count": 1, "total": 100]))
  }

  @Test(
    "each anomaly, by Jepsen's names",
    arguments: [
      ("{0 97, 1 0, 2 3, 9 0}", "unexpected-key", "op 7 has 9, which is no account"),
      ("{0 97, 1 nil, 2 3}", "nil-balance", "op 7 has no balance of 1"),
      ("{0 97, 1 5, 2 3}", "wrong-total", "op 7 adds up to 105, not to 100: {0: 97, 1: 5, 2: 3}"),
      ("{0 99, 1 -2, 2 3}", "negative-value", "op 7 has a balance below 0 of 1"),
    ])
  func anomalies(read: String, type: String, text: String) throws {
    let finding = try check(history("{0 97, 1 0, 2 3}", "{0 92, 1 5, 2 3}", read))
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == [type])
    #expect(finding.anomalies[0].operations == [7])
    #expect(finding.anomalies[0].explanation.contains(text))
  }

  @Test("what is said outweighs what the history tells")
  func said() throws {
    let debts = history("{0 102, 1 -5, 2 3}")
    #expect(try check(debts).anomalies.map(\.type) == ["negative-value"])
    #expect(try check(debts, BankChecker(allowsDebts: true)).verdict == .valid)
    let poor = try check(debts, BankChecker(total: 110, allowsDebts: true))
    #expect(poor.anomalies.map(\.type) == ["wrong-total"])
    let few = try check(debts, BankChecker(accounts: [0, 1], allowsDebts: true))
    #expect(few.anomalies.map(\.type) == ["unexpected-key"])
  }

  @Test("sums beyond 64 bits are wrong")
  func overflow() throws {
    let finding = try check(history("{0 1, 1 0}", "{0 \(Int.max), 1 \(Int.max)}", "{0 1, 1 0}"))
    #expect(finding.anomalies.map(\.type) == ["wrong-total"])
  }

  @Test("without reads nothing is known, and other operations are refused")
  func refused() throws {
    #expect(try check(history()).reason == "no read succeeded")
    #expect(
      try check(history("[1 2]")).reason
        == "op 3: a read should answer {account: balance, …}, not [1, 2]")
    let other = #"{:type :invoke, :f :deposit, :process 0, :index 0, :value 3}"#
    #expect(try check(other).reason == "op 0: bank has no operation deposit")
  }

  @Test("it agrees with its definition on random reads", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [String: Int] = [:]
    for seed in batch * 500..<batch * 500 + 500 {
      var draws = Draws(seed: seed)
      let flaws = draws.chance(0.4) ? 0 : 0.2
      let allowsDebts = draws.chance(0.5)
      var lines: [Operation] = []
      var reads: [[Int: Int?]] = []
      for place in 0..<draws.below(8) {
        var balances: [Int: Int?] = [0: 4, 1: 3, 2: 3]
        let (from, to) = (draws.below(3), draws.below(3))
        if from != to {
          balances[from] = (balances[from] ?? 0)! - 1
          balances[to] = (balances[to] ?? 0)! + 1
        }
        if draws.chance(flaws) { balances[draws.below(3)] = -1 + draws.below(5) }
        if draws.chance(flaws) { balances[draws.below(3)] = .some(nil) }
        if draws.chance(flaws) { balances[7] = 0 }
        if draws.chance(flaws) { balances[1] = nil }
        if draws.chance(flaws) { balances = [0: 12, 1: -1, 2: -1] }
        reads.append(balances)
        let value = Value.map(
          ValueMap(
            balances.map { key, balance in
              ValueMap.Entry(key: .integer(key), value: balance.map { .integer($0) } ?? .null)
            }))
        for (type, value) in [(Operation.Kind.invoke, Value.null), (.ok, value)] {
          lines.append(
            Operation(
              index: lines.count, type: type, process: .client(place % 2), f: "read", value: value))
        }
      }
      let checker = BankChecker(accounts: [0, 1, 2], total: 10, allowsDebts: allowsDebts)
      let finding = checker.check(try History(lines))
      var expected: [String: Int] = [:]
      for read in reads {
        let type =
          read.keys.contains { $0 > 2 }
          ? "unexpected-key"
          : read.values.contains { $0 == nil }
            ? "nil-balance"
            : read.values.reduce(0) { $0 + ($1 ?? 0) } != 10
              ? "wrong-total"
              : !allowsDebts && read.values.contains { $0 ?? 0 < 0 } ? "negative-value" : nil
        if let type { expected[type, default: 0] += 1 }
      }
      let counts = Dictionary(uniqueKeysWithValues: finding.anomalies.map { ($0.type, $0.count) })
      #expect(counts == expected, "seed \(seed)")
      let verdict: Verdict = !expected.isEmpty ? .invalid : reads.isEmpty ? .unknown : .valid
      #expect(finding.verdict == verdict, "seed \(seed)")
      for type in counts.keys { seen[type, default: 0] += 1 }
      seen[verdict.rawValue, default: 0] += 1
    }
    for type in [
      "unexpected-key", "nil-balance", "wrong-total", "negative-value", "valid", "unknown",
    ] {
      #expect(seen[type, default: 0] >= 10, "\(type): \(seen)")
    }
  }
}
