import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("counter")
struct CounterTests {
  private func check(_ text: String, compatible: Bool = false) throws -> Finding {
    CounterChecker(isCompatible: compatible).check(try script(text))
  }

  private static let added = """
    0 invoke add 3
    0 ok add 3
    0 invoke add -5
    0 info add -5
    2 invoke add 7
    2 fail add 7

    """

  @Test(
    "a final read of the acknowledged adds and any indeterminate ones is valid", arguments: [3, -2])
  func valid(value: Int) throws {
    let finding = try check(Self.added + "1 invoke read!\n1 ok read! \(value)")
    #expect(finding.verdict == .valid)
    #expect(
      finding.facts
        == ValueMap(facts: [
          "attempt-count": 3, "acknowledged-count": 1, "indeterminate-count": 1, "read-count": 1,
          "sum": 3, "out-of-bounds-count": 0, "final-reads": [.integer(value)],
          "acceptable": [[-2, -2], [3, 3]],
        ]))
  }

  @Test("a final read of anything else is invalid", arguments: [10, 0, -1, 2, -5, 4])
  func unacceptable(value: Int) throws {
    let finding = try check(Self.added + "1 invoke read!\n1 ok read! \(value)")
    #expect(finding.verdict == .invalid)
    #expect(finding.reason == "1 unacceptable")
    #expect(
      finding.anomalies == [
        Anomaly(
          "unacceptable", operations: [2, 7],
          explanation: """
            unacceptable (1 of 1 final reads): no sum that the adds allow
              the read at op 7 answered \(value)
              acceptable: -2, 3
              adds that were certainly there (1) make 3
              adds that may have been there (1): -5 (op 2)
            """)
      ])
  }

  @Test("a final read of null is one of 0, and a missing final read proves nothing")
  func null() throws {
    #expect(try check("0 invoke read!\n0 ok read!").verdict == .valid)
    let finding = try check("0 invoke add 1\n0 ok add 1\n0 invoke read!\n0 info read!")
    #expect(finding.verdict == .unknown && finding.reason == "no final read was answered")
    #expect(try check("").verdict == .unknown)
  }

  @Test("final reads that differ are diverging, even where each may be right")
  func diverging() throws {
    let reads = "1 invoke read!\n1 ok read! 3\n2 invoke read!\n2 ok read! -2"
    let finding = try check(Self.added + reads)
    #expect(finding.anomalies.map(\.type) == ["diverging"])
    #expect(finding.anomalies.first?.operations == [7, 9])
    #expect(
      finding.anomalies.first?.explanation == """
        diverging (1 of 2 final reads): other than the first one
          the read at op 7 answered 3
          the read at op 9 answered -2
        """)
    #expect(try check(Self.added + reads, compatible: true).verdict == .valid)
  }

  @Test("an add that was acknowledged only after a final read began may be missing in it")
  func concurrent() throws {
    let text = "0 invoke add 1\n1 invoke read!\n0 ok add 1\n1 ok read! 0"
    #expect(try check(text).verdict == .valid)
    // Maelstrom compares with all adds, whenever they were.
    #expect(try check(text, compatible: true).verdict == .invalid)
    #expect(
      try check("1 invoke read!\n1 ok read! 1\n0 invoke add 1\n0 ok add 1").verdict == .invalid)
  }

  @Test("in compatible mode no final read is no objection")
  func compatible() throws {
    #expect(try check("0 invoke add 1\n0 ok add 1", compatible: true).verdict == .valid)
    #expect(
      try check("0 invoke add 1\n0 ok add 1\n0 invoke read\n0 ok read 9", compatible: true).verdict
        == .valid)
  }

  @Test("where no read is final, each lies between the bounds of a linearizable counter")
  func everyRead() throws {
    let text = """
      0 invoke add 2
      0 ok add 2
      0 invoke add 5
      1 invoke read
      1 ok read %
      0 info add 5
      """
    for value in [2, 4, 7] {
      #expect(try check(text.replacing("%", with: "\(value)")).verdict == .valid)
    }
    for value in [1, 8] {
      let finding = try check(text.replacing("%", with: "\(value)"))
      #expect(finding.verdict == .invalid)
      #expect(
        finding.anomalies == [
          Anomaly(
            "out-of-bounds", operations: [4],
            explanation: """
              out-of-bounds (1 of 1 reads): less than what was acknowledged before, or more than \
              what was begun
                the read at op 4 answered \(value), not within 2 and 7
              """)
        ])
    }
    let finding = CounterChecker(judging: .final).check(
      try script(text.replacing("%", with: "1")))
    #expect(finding.verdict == .unknown && finding.facts[fact: "out-of-bounds-count"] == 1)
  }

  @Test("reads before the final ones are not judged")
  func stale() throws {
    let finding = try check(
      "0 invoke add 1\n0 ok add 1\n0 invoke read\n0 ok read 0\n0 invoke read!\n0 ok read! 1")
    #expect(finding.verdict == .valid && finding.facts[fact: "out-of-bounds-count"] == 1)
  }

  @Test(
    "what is no counter's operation or no integer is not judged",
    arguments: [
      ("0 invoke push 1", "op 0: counter has no operation push"),
      ("0 invoke add x", "op 0: an add should be of an integer of at most 64 bits, not \"x\""),
      (
        "0 invoke read!\n0 ok read! [1]",
        "op 1: a read should answer an integer of at most 64 bits, not [1]"
      ),
      (
        "0 invoke add \(Int.max)\n0 ok add \(Int.max)\n0 invoke add 1\n0 ok add 1",
        "the adds' sums are beyond 64 bits"
      ),
    ])
  func unknown(text: String, reason: String) throws {
    let finding = try check(text)
    #expect(finding.verdict == .unknown && finding.reason == reason, "\(finding)")
  }

  @Test("a thousand indeterminate adds are compared exactly while their sums are few")
  func manyIndeterminate() throws {
    func text(_ deltas: [Int], _ read: Int) -> String {
      deltas.enumerated().map { "\($0) invoke add \($1)\n\($0) info add \($1)\n" }.joined()
        + "9999 invoke read!\n9999 ok read! \(read)"
    }
    let small = (0..<1_000).map { $0 % 10 - 5 }
    #expect(try check(text(small, -1_500)).verdict == .valid)
    #expect(try check(text(small, -1_501)).verdict == .invalid)
    let thousands = (0..<1_000).map { (1 + $0 % 7) * 1_000 }
    #expect(try check(text(thousands, 2_000_000)).verdict == .valid)
    #expect(try check(text(thousands, 2_000_001)).verdict == .invalid)
  }

  @Test("where their sums are too many, only what is certainly wrong is invalid")
  func tooManySums() throws {
    var draws = Draws(seed: 1)
    let deltas = (0..<100).map { _ in Int(draws.within(1_000_000_000_000...2_000_000_000_000)) }
    let text = deltas.enumerated().map { "\($0) invoke add \($1)\n\($0) info add \($1)\n" }.joined()
    let sum = deltas[..<50].reduce(0, +)
    let finding = try check(text + "9999 invoke read!\n9999 ok read! \(sum)")
    #expect(finding.verdict == .unknown)
    #expect(finding.reason?.contains("sums") == true)
    #expect(try check(text + "9999 invoke read!\n9999 ok read! 1").verdict == .invalid)
  }
}

/// Final reads of named nodes, as a driver repeats them.
@Suite("A counter's repeated final reads")
struct CounterFinalReadsTests {
  private typealias Read = (node: String, second: Int64, answer: Int?)

  /// A counter to which 2 was added and acknowledged, and perhaps 4.
  private func check(_ reads: [Read]) throws -> Finding {
    var lines = try script("0 invoke add 2\n0 ok add 2\n0 invoke add 4\n0 info add 4").operations
    for (process, read) in reads.enumerated() {
      let extra = ValueMap(facts: ["final": true, "node": .string(read.node)])
      for type in [Operation.Kind.invoke, read.answer == nil ? .info : .ok] {
        lines.append(
          Operation(
            index: lines.count, time: .seconds(read.second), type: type,
            process: .client(process + 1), f: "read",
            value: type == .ok ? .integer(read.answer ?? 0) : .null, extra: extra))
      }
    }
    return CounterChecker().check(try History(lines))
  }

  private func rounds(_ answers: (Int64) -> (Int?, Int?)) -> [Read] {
    (0...6 as ClosedRange<Int64>).flatMap { round in
      let (first, second) = answers(round)
      return [("n1", 2 * round, first), ("n2", 2 * round, second)]
    }
  }

  @Test("that are alike and acceptable in the end are valid")
  func converged() throws {
    #expect(
      try check([("n1", 1, 0), ("n2", 1, 2), ("n1", 2, 6), ("n2", 2, 6)]).verdict == .valid)
  }

  @Test("that are alike but lack what was acknowledged are invalid")
  func lost() throws {
    #expect(
      try check([("n1", 1, 4), ("n2", 1, 4)]).anomalies.map(\.type) == ["unacceptable"])
  }

  @Test("that stay unequal for ten seconds are diverging")
  func diverging() throws {
    #expect(try check(rounds { _ in (2, 6) }).anomalies.map(\.type) == ["diverging"])
    #expect(
      try check(rounds { _ in (0, 2) }).anomalies.map(\.type) == ["unacceptable", "diverging"])
  }

  @Test("that still change, or never come, prove nothing")
  func unrest() throws {
    let changing = try check(rounds { ($0 < 5 ? 0 : 2, 6) })
    #expect(changing.verdict == .unknown, "\(changing)")
    #expect(changing.reason == "n1's answers had not come to rest when the final reads ended")
    let silent = try check(rounds { _ in (nil, 6) })
    #expect(silent.verdict == .unknown && silent.reason == "n1 never answered a final read")
    #expect(try check(rounds { _ in (nil, nil) }).verdict == .unknown)
  }

  @Test("that still change are invalid where no subset of all adds makes them")
  func growing() throws {
    let finding = try check(rounds { (Int(10 * $0) + 7, 6) })
    #expect(finding.anomalies.map(\.type) == ["unacceptable"])
    #expect(finding.anomalies.first?.count == 1)
  }
}
