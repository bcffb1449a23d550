import Histories
import Invariants
import Testing
import Values
import Verdicts

@Suite("unique-ids")
struct UniqueIDsTests {
  @Test("distinct identifiers are valid")
  func valid() throws {
    let finding = UniqueIDsChecker().check(
      try script("0 invoke generate\n1 invoke generate\n0 ok generate 7\n1 ok generate 3"))
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "range"] == [3, 7])
    #expect(finding.facts[fact: "acknowledged-count"] == 2)
  }

  @Test("an identifier given out twice is invalid, and named with its lines")
  func duplicated() throws {
    let finding = UniqueIDsChecker().check(
      try script(
        """
        0 invoke generate
        0 ok generate 7
        1 invoke generate
        1 info generate
        2 invoke generate
        2 ok generate 7
        """))
    #expect(finding.verdict == .invalid)
    #expect(
      finding.anomalies == [
        Anomaly(
          "duplicated", operations: [1, 5],
          explanation: """
            duplicated (1): given out more than once
              7: 2 times, op 1 to process 0, op 5 to process 2
            """)
      ])
    #expect(finding.facts[fact: "duplicated-count"] == 1)
    #expect(finding.facts[fact: "attempted-count"] == 3)
  }

  @Test("no identifiers are unknown")
  func unknown() throws {
    #expect(
      UniqueIDsChecker().check(try script("0 invoke generate\n0 info generate")).verdict
        == .unknown)
  }
}

@Suite("echo")
struct EchoTests {
  @Test("an answer that repeats the question is valid")
  func valid() throws {
    #expect(EchoChecker().check(try script("0 invoke echo a\n0 ok echo a")).verdict == .valid)
  }

  @Test("another answer is invalid")
  func invalid() throws {
    let finding = EchoChecker().check(
      try script("0 invoke echo a\n1 invoke echo b\n0 ok echo b\n1 ok echo b"))
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.first?.operations == [0, 2])
    #expect(
      finding.anomalies.first?.explanation == """
        mismatched (1 of 2 answers): not what was asked
          op 0 asked "a", op 2 answered "b"
        """)
  }

  @Test("silence is unknown")
  func unknown() throws {
    #expect(EchoChecker().check(try script("0 invoke echo a")).verdict == .unknown)
  }
}

@Suite("availability")
struct AvailabilityTests {
  private let text = """
    0 invoke read
    0 ok read 1
    1 invoke read
    1 fail read
    2 invoke read
    3 invoke read
    3 ok read 2
    """

  @Test(
    "the share that is demanded decides",
    arguments: [
      (AvailabilityChecker.Demand.none, Verdict.valid), (.total, .invalid), (.share(0.5), .valid),
      (.share(0.51), .invalid), (.share(0), .valid),
    ])
  func demand(_ demand: AvailabilityChecker.Demand, _ verdict: Verdict) throws {
    let finding = AvailabilityChecker(demand: demand).check(try script(text))
    #expect(finding.verdict == verdict)
    #expect(finding.facts[fact: "ok-fraction"] == 0.5)
  }

  @Test("what did not succeed is named")
  func explanation() throws {
    let finding = AvailabilityChecker(demand: .total).check(try script(text))
    #expect(
      finding.anomalies == [
        Anomaly(
          "unavailable", count: 2, operations: [2, 4],
          explanation: """
            2 of 4 operations succeeded, where all should. The first that did not:
              op 2: read of process 1: fail
              op 4: read of process 2: no answer
            """)
      ])
  }

  @Test("demands are read from text")
  func reading() {
    #expect(AvailabilityChecker.Demand("total") == .total)
    #expect(AvailabilityChecker.Demand("0.9") == .share(0.9))
    #expect(AvailabilityChecker.Demand("1.1") == nil)
    #expect(AvailabilityChecker.Demand("most") == nil)
  }

  @Test("an empty history is unknown")
  func empty() throws {
    #expect(AvailabilityChecker().check(try History([])).verdict == .unknown)
  }
}

@Suite("availability by side of a partition")
struct PartitionSidesTests {
  @Test("counts the operations of each side, and none while nothing is cut")
  func sides() throws {
    let text = try script(
      "0 invoke add 1\n0 ok add 1\n9 info start-partition\n0 invoke add 2\n0 info add 2\n"
        + "1 invoke add 3\n1 ok add 3\n5 invoke add 4\n5 ok add 4\n9 info stop-partition\n"
        + "3 invoke add 5\n3 info add 5")
    var lines = text.operations
    for place in lines.indices where lines[place].process == .client(9) {
      lines[place].process = .nemesis
    }
    // n1 hears of nobody, and the others hear of it: it is alone all the same.
    lines[2].value = ["cut": [["n2", "n1"], ["n3", "n1"]]]
    let checker = AvailabilityChecker(
      placement: ClientPlacement(nodes: ["n1", "n2", "n3"], concurrency: 3))
    let sides = try checker.check(History(lines)).facts[fact: "during-partitions"]
    #expect(sides?["majority"]?["count"] == 2)
    #expect(sides?["majority"]?["ok-count"] == 2)
    #expect(sides?["minority"]?["count"] == 1)
    #expect(sides?["minority"]?["ok-count"] == 0)
    #expect(AvailabilityChecker().check(text).facts[fact: "during-partitions"] == nil)
  }
}

@Suite("stats")
struct OperationStatisticsTests {
  @Test("operations are counted by kind, and kinds that never succeeded are named")
  func counts() throws {
    let finding = OperationStatistics().check(
      try script(
        """
        0 invoke read
        0 ok read 1
        1 invoke cas 3
        0 invoke read
        1 fail cas 3
        2 invoke cas 3
        0 ok read 1
        """))
    #expect(finding.verdict == .valid)
    #expect(finding.facts[fact: "count"] == 4)
    #expect(finding.facts[fact: "ok-count"] == 2)
    #expect(finding.facts[fact: "fail-count"] == 1)
    #expect(finding.facts[fact: "info-count"] == 1)
    #expect(finding.facts[fact: "never-ok"] == ["cas"])
    #expect(finding.facts[fact: "seconds"] == 0.006)
    #expect(finding.facts[fact: "by-f"]?["cas"]?["fail-count"] == 1)
    #expect(
      finding.facts[fact: "by-f"]?["read"]?["latencies-us"]
        == ["0": 1_000, "0.5": 3_000, "0.95": 3_000, "0.99": 3_000, "1": 3_000])
  }

  @Test("an empty history is unknown")
  func empty() throws {
    #expect(OperationStatistics().check(try History([])).verdict == .unknown)
  }

  @Test("crashes count neither as failures nor as operations that never succeed")
  func crashes() throws {
    let sent = "0 invoke send\n0 ok send\n1 invoke crash\n1 info crash\n"
    let unsure = try script(sent + "2 invoke poll\n2 info poll")
    #expect(OperationStatistics().check(unsure).facts[fact: "never-ok"] == ["poll"])
    let calm = try script(sent)
    #expect(AvailabilityChecker(demand: .total).check(calm).verdict == .valid)
    // For Maelstrom they do.
    #expect(AvailabilityChecker(demand: .total, countsAll: true).check(calm).verdict == .invalid)
  }
}
