import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("set-full")
struct SetFullTests {
  private func check(_ text: String) throws -> Finding { SetFullChecker().check(try script(text)) }

  private static let added = """
    0 invoke add 1
    0 ok add 1
    0 invoke add 2
    0 ok add 2

    """

  @Test("elements that stay are valid")
  func valid() throws {
    let finding = try check(Self.added + "1 invoke read\n1 ok read [1 2]")
    #expect(finding.verdict == .valid)
    #expect(finding.anomalies.isEmpty)
    #expect(
      finding.facts
        == ValueMap(facts: [
          "attempt-count": 2, "acknowledged-count": 2, "read-count": 1, "stable-count": 2,
          "stale-count": 0, "lost-count": 0, "never-read-count": 0, "duplicated-count": 0,
          "phantom-count": 0, "diverging-count": 0,
          "stable-latencies": ["0": 0, "0.5": 0, "0.95": 0, "0.99": 0, "1": 0],
        ]))
  }

  @Test("an acknowledged element that a later read lacks is lost")
  func lost() throws {
    let finding = try check(
      Self.added + "1 invoke read\n1 ok read [1 2]\n1 invoke read\n1 ok read [2]")
    #expect(finding.verdict == .invalid)
    #expect(finding.reason == "1 lost")
    #expect(
      finding.anomalies == [
        Anomaly(
          "lost", operations: [1, 4, 6],
          explanation: """
            lost (1): known to be in the set, and gone for good
              1: acknowledged at op 1, last in the read invoked at op 4, missing from the read \
            invoked at op 6
            """)
      ])
  }

  @Test("an indeterminate element that was read once and then never again is lost")
  func lostIndeterminate() throws {
    let finding = try check(
      """
      0 invoke add 1
      0 info add 1
      1 invoke read
      1 ok read [1]
      1 invoke read
      1 ok read []
      """)
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["lost"])
    #expect(finding.anomalies.first?.operations == [2, 3, 4])
  }

  @Test(
    "in compatible mode only what is lost is invalid, and final reads are reads like any others")
  func compatible() throws {
    func verdict(_ text: String) throws -> Verdict {
      SetFullChecker(isCompatible: true).check(try script(Self.added + text)).verdict
    }
    #expect(try verdict("1 invoke read!\n1 ok read! [1 2 2 7]") == .valid)
    #expect(
      try verdict("1 invoke read!\n2 invoke read!\n1 ok read! [1 2]\n2 ok read! [1 2 9]") == .valid)
    #expect(try verdict("1 invoke read!\n1 ok read! [1]") == .invalid)
    #expect(try verdict("1 invoke read!\n1 info read!") == .unknown)
  }

  @Test("a read that began before the acknowledgement proves no loss")
  func concurrent() throws {
    let finding = try check(
      """
      1 invoke read
      0 invoke add 1
      0 ok add 1
      1 ok read []
      """)
    #expect(finding.verdict == .unknown)
    #expect(finding.facts[fact: "never-read-count"] == 1)
    #expect(finding.reason == "no element was ever read after its add and kept")
  }

  @Test("an element that is late is stale, with its latency, and valid")
  func stale() throws {
    let finding = try check(
      Self.added + "1 invoke read\n1 ok read [1]\n1 invoke read\n1 ok read [1 2]")
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "stale-count"] == 1)
    #expect(
      finding.facts[fact: "worst-stale"]
        == .list([
          .map(ValueMap(facts: ["element": 2, "latency": 1, "known": 3, "last-absent": 4]))
        ]))
  }

  @Test("an element twice in one read is duplicated")
  func duplicated() throws {
    let finding = try check(Self.added + "1 invoke read\n1 ok read [1 2 1]")
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["duplicated"])
    #expect(finding.anomalies.first?.operations == [5])
    #expect(
      finding.anomalies.first?.explanation
        == "duplicated (1): more than once in one read\n  1: in the read at op 5")
  }

  @Test("an element from nowhere is a phantom, and so is one whose add failed or comes later")
  func phantom() throws {
    let finding = try check(
      """
      0 invoke add 1
      0 fail add 1
      1 invoke read
      1 ok read [1 7 8]
      0 invoke add 8
      0 ok add 8
      """)
    #expect(finding.verdict == .invalid)
    let anomaly = try #require(finding.anomalies.first { $0.type == "phantom" })
    #expect(anomaly.count == 3)
    #expect(anomaly.operations == [0, 3, 4])
    #expect(
      anomaly.explanation == """
        phantom (3): read, though no add can have brought them
          1: read at op 3, but was added at op 0 only, and that failed
          7: read at op 3, but was never added
          8: read at op 3, but was added at op 4 at the earliest
        """)
  }

  @Test("an indeterminate element that shows up is fine")
  func indeterminate() throws {
    let finding = try check("0 invoke add 1\n0 info add 1\n1 invoke read\n1 ok read [1]")
    #expect(finding.verdict == .valid)
  }

  @Test("final reads that differ diverge, others may differ")
  func diverging() throws {
    let reads = "1 invoke read!\n1 ok read! [1]\n2 invoke read!\n2 ok read! [1 2]"
    let finding = try check(Self.added + reads)
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["diverging"])
    #expect(finding.anomalies.first?.operations == [5, 7])
    #expect(
      finding.anomalies.first?.explanation == """
        diverging (1 of 2 final reads): other than the first one
          the one at op 5 of process 1 lacks 2
        """)
    #expect(try check(Self.added + reads.replacing("!", with: "")).verdict == .valid)
  }

  @Test("nothing to judge is unknown")
  func empty() throws {
    #expect(SetFullChecker().check(try History([])).reason == "nothing was added")
    #expect(try check("0 invoke add 1\n0 ok add 1").verdict == .unknown)
    #expect(
      try check("0 invoke remove 1\n0 ok remove 1").reason
        == "op 0: set-full has no operation remove")
    #expect(
      try check("0 invoke read\n0 ok read 3").reason
        == "op 1: a read should answer a list, not 3")
  }

  @Test("a million adds and a hundred reads take no time", .timeLimit(.minutes(3)))
  func scale() throws {
    var lines: [Operation] = []
    let count = 1_000_000
    for element in 0..<count {
      for type in [Operation.Kind.invoke, .ok] {
        lines.append(Operation(type: type, process: .client(0), f: "add", value: .integer(element)))
      }
      if element % 10_000 == 9_999 {
        // Each read has the last ten thousand before it; the last one has all.
        let first = element == count - 1 ? 0 : element - 9_999
        lines.append(Operation(type: .invoke, process: .client(1), f: "read"))
        lines.append(
          Operation(
            type: .ok, process: .client(1), f: "read",
            value: .list((first...element).map { .integer($0) })))
      }
    }
    for place in lines.indices { lines[place].index = place }
    let history = try History(lines)
    let clock = ContinuousClock()
    var finding: Finding?
    let time = clock.measure { finding = SetFullChecker().check(history) }
    #expect(finding?.verdict == .valid)
    #expect(finding?.facts[fact: "stable-count"] == .integer(count))
    #expect(time < .seconds(15), "\(time)")
  }

  @Test("reads may answer sets, and elements may be anything")
  func sets() throws {
    let elements: [Value] = ["a", [1, 2], .integer(1 << 40), -7, .keyword("a")]
    var lines: [Operation] = []
    func append(_ process: Int, _ f: String, _ asked: Value, _ answered: Value, _ node: Value?) {
      let extra = node.map { ValueMap(facts: ["final": true, "node": $0]) } ?? ValueMap()
      for (type, value) in [(Operation.Kind.invoke, asked), (.ok, answered)] {
        lines.append(
          Operation(
            index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
            process: .client(process), f: f, value: value, extra: extra))
      }
    }
    for element in elements { append(0, "add", element, element, nil) }
    append(1, "read", .null, .list(elements.reversed()), "n1")
    append(2, "read", .null, .set(ValueSet(elements)), "n2")
    #expect(SetFullChecker().check(try History(lines)).verdict == .valid)

    append(2, "read", .null, .set(ValueSet(elements.dropLast() + ["b"])), nil)
    let finding = SetFullChecker().check(try History(lines))
    #expect(finding.anomalies.map(\.type) == ["lost", "phantom"])
    #expect(finding.anomalies[0].explanation.contains(":a: acknowledged at op 9"))
    #expect(finding.anomalies[1].explanation.contains("\"b\": read at op 15, but was never added"))
  }
}
