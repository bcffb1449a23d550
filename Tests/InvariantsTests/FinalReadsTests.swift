import Histories
import Invariants
import Testing
import Values
import Verdicts

/// Final reads of named nodes, as a driver repeats them.
@Suite("Final reads")
struct FinalReadsTests {
  /// A read of a node at a time in seconds.
  private struct Read {
    var node: String
    var second: Int64
    /// What it answered; nothing where it was not answered.
    var answer: [Int]?
  }

  private func check(_ reads: [Read], added: [Int] = [1, 2]) throws -> Finding {
    var lines: [Operation] = []
    func append(
      _ type: Operation.Kind, _ process: Int, _ f: String, _ value: Value, _ extra: ValueMap
    ) {
      lines.append(
        Operation(
          index: lines.count, time: 0, type: type, process: .client(process), f: f, value: value,
          extra: extra))
    }
    for element in added {
      append(.invoke, 0, "broadcast", .integer(element), ValueMap())
      append(.ok, 0, "broadcast", .integer(element), ValueMap())
    }
    for (process, read) in reads.enumerated() {
      let extra = ValueMap([
        .init(key: "final", value: true), .init(key: "node", value: .string(read.node)),
      ])
      append(.invoke, process + 1, "read", .null, extra)
      if let answer = read.answer {
        append(.ok, process + 1, "read", .list(answer.map { .integer($0) }), extra)
      } else {
        append(.info, process + 1, "read", .null, extra)
      }
      lines[lines.count - 2].time = .seconds(read.second)
      lines[lines.count - 1].time = .seconds(read.second)
    }
    return SetFullChecker().check(try History(lines))
  }

  @Test("that differ at first and are alike in the end are valid")
  func converged() throws {
    let finding = try check([
      Read(node: "n1", second: 1, answer: [1]), Read(node: "n2", second: 1, answer: [1, 2]),
      Read(node: "n1", second: 2, answer: [2, 1]), Read(node: "n2", second: 2, answer: [1, 2]),
    ])
    #expect(finding.verdict == .valid, "\(finding)")
  }

  @Test("that stay unequal for ten seconds are diverging, and what is missing is lost")
  func diverged() throws {
    let reads = (0...6 as ClosedRange<Int64>).flatMap { round in
      [
        Read(node: "n1", second: 2 * round, answer: [1]),
        Read(node: "n2", second: 2 * round, answer: [1, 2]),
      ]
    }
    let finding = try check(reads)
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.contains { $0.type == "diverging" && $0.count == 1 }, "\(finding)")
  }

  @Test("of equal nodes that all lack an acknowledged element show that it is lost")
  func lost() throws {
    let finding = try check([
      Read(node: "n1", second: 1, answer: [1]), Read(node: "n2", second: 1, answer: [1]),
    ])
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["lost"])
  }

  @Test("that still change when they end prove nothing")
  func changing() throws {
    let reads = (0...6 as ClosedRange<Int64>).flatMap { round in
      [
        Read(node: "n1", second: 2 * round, answer: round < 5 ? [] : [1]),
        Read(node: "n2", second: 2 * round, answer: [1, 2]),
      ]
    }
    let finding = try check(reads)
    #expect(finding.verdict == .unknown)
    #expect(finding.reason?.contains("n1") == true, "\(finding)")
    #expect(finding.anomalies.isEmpty)
  }

  @Test("of unequal nodes over less than ten seconds prove nothing")
  func short() throws {
    let finding = try check([
      Read(node: "n1", second: 1, answer: [1]), Read(node: "n2", second: 1, answer: [1, 2]),
      Read(node: "n1", second: 9, answer: [1]), Read(node: "n2", second: 9, answer: [1, 2]),
    ])
    #expect(finding.verdict == .unknown)
  }

  @Test("of a node that never answered prove nothing")
  func silent() throws {
    let reads = (0...6 as ClosedRange<Int64>).flatMap { round in
      [
        Read(node: "n1", second: 2 * round, answer: nil),
        Read(node: "n2", second: 2 * round, answer: [1, 2]),
      ]
    }
    let finding = try check(reads)
    #expect(finding.verdict == .unknown)
    #expect(finding.reason == "n1 never answered a final read")
  }

  @Test("can't excuse an element that is there twice")
  func duplicated() throws {
    let finding = try check([
      Read(node: "n1", second: 1, answer: [1, 1]), Read(node: "n2", second: 1, answer: [1, 2]),
    ])
    #expect(finding.verdict == .invalid)
    #expect(finding.anomalies.map(\.type) == ["duplicated"])
  }
}
