import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("causal-reverse")
struct CausalReverseTests {
  private func check(_ text: String) throws -> Finding {
    CausalReverseChecker().check(try script(text))
  }

  private static let written = "0 invoke write 1\n0 ok write 1\n0 invoke write 2\n0 ok write 2\n"

  @Test("reads may lack later writes")
  func valid() throws {
    let finding = try check(Self.written + "1 invoke read\n1 ok read [1]")
    #expect(finding.verdict == .valid)
    #expect(finding.facts == ValueMap(facts: ["write-count": 2, "read-count": 1]))
  }

  @Test("reads may lack a write that was concurrent")
  func concurrent() throws {
    let text = "0 invoke write 1\n2 invoke write 2\n0 ok write 1\n2 ok write 2\n"
    #expect(try check(text + "1 invoke read\n1 ok read [2]").verdict == .valid)
  }

  @Test("a read of a write that lacks an earlier one")
  func reversed() throws {
    let finding = try check(Self.written + "1 invoke read\n1 ok read [2]")
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["causal-reverse"])
    #expect(finding.anomalies[0].operations == [0, 1, 2, 5])
    #expect(
      finding.anomalies[0].explanation.hasSuffix(
        "op 5 has 2, whose write began at op 2, but lacks 1, which was acknowledged at op 1"))
  }

  @Test("each key by itself, as Jepsen's independent keys are")
  func keyed() throws {
    let text = """
      {:type :invoke, :f :write, :value [0 1], :process 0, :index 0}
      {:type :ok, :f :write, :value [0 1], :process 0, :index 1}
      {:type :invoke, :f :write, :value [5 2], :process 0, :index 2}
      {:type :ok, :f :write, :value [5 2], :process 0, :index 3}
      {:type :invoke, :f :read, :value [5 nil], :process 0, :index 4}
      {:type :ok, :f :read, :value [5 #{2}], :process 0, :index 5}
      """
    let columns = try Array(text.utf8).withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "a test", format: .jepsenEDN)
    }
    #expect(CausalReverseChecker(isKeyed: true).check(columns).verdict == .valid)
    let finding = try check("0 invoke write 1\n0 ok write 1\n1 invoke write [5 2]")
    #expect(finding.reason == "no read succeeded")
  }

  @Test("what makes nothing known is told")
  func unknown() throws {
    #expect(try check(Self.written).reason == "no read succeeded")
    #expect(
      try check(Self.written + "1 invoke write 1").reason
        == "op 4: 1 was written at op 0 already; elements must be unique")
    #expect(
      try check("0 invoke read\n0 ok read 3").reason
        == "op 1: a read should answer a list, not 3")
    #expect(try check("0 invoke add 3").reason == "op 0: causal-reverse has no operation add")
  }

  @Test("it agrees with its definition on random histories", arguments: 0..<4 as Range<UInt64>)
  func twin(batch: UInt64) throws {
    var seen: [Verdict: Int] = [:]
    for seed in batch * 500..<batch * 500 + 500 {
      let history = try random(seed)
      let calls = history.calls
      let writes = calls.filter { $0.f == "write" }
      let reads = calls.filter { $0.f == "read" && $0.outcome == .ok }
      let reversed = reads.filter { read in
        let elements = read.value.elements ?? []
        return writes.contains { later in
          elements.contains(later.invocation.value)
            && writes.contains { earlier in
              earlier.outcome == .ok && earlier.end ?? .max < later.position
                && !elements.contains(earlier.invocation.value)
            }
        }
      }
      let finding = CausalReverseChecker().check(history)
      #expect(finding.anomalies.first?.count ?? 0 == reversed.count, "seed \(seed)")
      let verdict: Verdict = !reversed.isEmpty ? .invalid : reads.isEmpty ? .unknown : .valid
      #expect(finding.verdict == verdict, "seed \(seed)")
      seen[verdict, default: 0] += 1
    }
    for verdict in [Verdict.valid, .invalid, .unknown] {
      #expect(seen[verdict, default: 0] >= 20, "\(seen)")
    }
  }

  private func random(_ seed: UInt64) throws -> History {
    var draws = Draws(seed: seed)
    let flaws = draws.chance(0.5) ? 0.2 : 0
    var lines: [String] = []
    var pending: [String?] = [nil, nil, nil]
    var visible: [Int] = []
    var next = 0
    for _ in 0..<draws.below(24) {
      let client = draws.below(3)
      guard let operation = pending[client] else {
        pending[client] = draws.chance(0.6) ? "write \(next)" : "read"
        if pending[client] != "read" {
          if draws.chance(0.7) { visible.append(next) }
          next += 1
        }
        lines.append("\(client) invoke \(pending[client] ?? "")")
        continue
      }
      pending[client] = nil
      if operation == "read" {
        let elements = visible.filter { _ in !draws.chance(flaws) }
        lines.append("\(client) ok read [\(elements.map { "\($0)" }.joined(separator: " "))]")
      } else {
        let element = Int(operation.dropFirst(6)) ?? 0
        let outcome = draws.chance(0.8) ? "ok" : draws.chance(0.5) ? "info" : "fail"
        if outcome == "ok", !visible.contains(element) { visible.append(element) }
        lines.append("\(client) \(outcome) \(operation)")
      }
    }
    return try script(lines.joined(separator: "\n"))
  }
}
