import Histories
import Isolation
import Testing
import Values
import Verdicts

/// A history that books or other checkers are known by, and what levels it is of.
private struct Textbook: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var script: String
  /// What it is named after under the strongest model.
  var types: [String]
  var holds: [ConsistencyModel]
  var not: [ConsistencyModel]

  init(
    _ name: String, _ script: String, _ types: [String], is holds: [ConsistencyModel],
    not: [ConsistencyModel]
  ) {
    testDescription = name
    self.script = script
    self.types = types
    self.holds = holds
    self.not = not
  }
}

@Suite("Histories of the literature are of the levels that they are known for")
struct TextbookTests {
  private static let all = [
    Textbook(
      "a read that misses the cause of what it read",
      """
      2 invoke r y, r x
      0 do a x 1
      1 do r x [1], a y 1
      2 ok r y [1], r x []
      """, ["G-single-item"], is: [.readAtomic, .strongSessionReadAtomic, .cursorStability],
      not: [.causalCerone, .prefix, .parallelSnapshotIsolation, .consistentView, .repeatableRead]),
    Textbook(
      "a long fork",
      """
      0 invoke a x 1
      1 invoke a y 1
      2 invoke r x, r y
      3 invoke r x, r y
      0 ok a x 1
      1 ok a y 1
      2 ok r x [1], r y []
      3 ok r x [], r y [1]
      """, ["G-nonadjacent-item"], is: [.parallelSnapshotIsolation, .updateSerializable],
      not: [.prefix, .snapshotIsolation, .repeatableRead]),
    Textbook(
      "a fractured read",
      """
      1 invoke r x, r y
      0 do a x 1, a y 1
      1 ok r x [1], r y []
      """, ["G-single-item"], is: [.readCommitted, .cursorStability],
      not: [.monotonicAtomicView, .readAtomic, .causalCerone, .consistentView]),
    Textbook(
      "a fractured read that misses before it sees",
      """
      1 invoke r x, r y
      0 do a x 1, a y 1
      1 ok r x [], r y [1]
      """, ["G-single-item"], is: [.monotonicAtomicView, .cursorStability],
      not: [.readAtomic, .causalCerone, .consistentView]),
    Textbook(
      "a lost own write", "0 do a x 1\n0 do r x []", ["G-single-item-realtime"],
      is: [.serializable, .strongReadCommitted, .monotonicReads],
      not: [
        .readYourWrites, .pram, .strongSessionReadAtomic, .strongSessionSnapshotIsolation,
        .strongSnapshotIsolation,
      ]),
    Textbook(
      "a read that goes back",
      """
      1 invoke a x 1
      0 do r x [1]
      0 do r x []
      1 ok a x 1
      """, ["G-single-item-realtime"], is: [.serializable, .readYourWrites],
      not: [.monotonicReads, .pram, .sequential, .strongSessionSnapshotIsolation]),
    Textbook(
      "write skew",
      """
      0 invoke r x, a y 1
      1 invoke r y, a x 1
      0 ok r x [], a y 1
      1 ok r y [], a x 1
      """, ["G2-item"], is: [.strongSnapshotIsolation],
      not: [.updateSerializable, .repeatableRead, .serializable]),
    Textbook(
      "a read-only transaction's anomaly (Fekete, O'Neil and O'Neil, 2004)",
      """
      2 invoke r x, r y, a x 2
      1 invoke r y, a y 1
      1 ok r y [], a y 1
      3 do r x [], r y [1]
      2 ok r x [], r y [], a x 2
      """, ["G2-item"], is: [.strongSnapshotIsolation],
      not: [.updateSerializable, .repeatableRead, .serializable]),
    Textbook(
      "updates that are in order, and two reads that see it differently",
      """
      0 invoke r z, a x 1
      1 invoke r z, a y 1
      2 invoke r x, r y
      3 invoke r x, r y
      0 ok r z [], a x 1
      1 ok r z [], a y 1
      2 ok r x [1], r y []
      3 ok r x [], r y [1]
      """, ["G-nonadjacent-item"], is: [.updateSerializable, .parallelSnapshotIsolation],
      not: [.serializable, .snapshotIsolation]),
    Textbook(
      "G1c: circular information flow (Adya)",
      """
      0 invoke a x 1, r y
      1 invoke a y 1, r x
      0 ok a x 1, r y [1]
      1 ok a y 1, r x [1]
      """, ["G1c"], is: [.readUncommitted, .strongReadUncommitted], not: [.readCommitted]),
    Textbook(
      "G0: dirty writes (Adya)",
      """
      0 invoke a x 1, a y 1
      1 invoke a x 2, a y 2
      0 ok a x 1, a y 1
      1 ok a x 2, a y 2
      2 do r x [1 2], r y [2 1]
      """, ["G0"], is: [], not: [.readUncommitted]),
    Textbook(
      "a lost update",
      """
      0 invoke r x, a x 1
      1 invoke r x, a x 2
      0 ok r x [], a x 1
      1 ok r x [], a x 2
      2 do r x [1 2]
      """, ["lost-update", "G-single-item"], is: [.prefix, .readAtomic],
      not: [.cursorStability, .updateAtomic, .parallelSnapshotIsolation]),
  ]

  @Test("level by level", arguments: all)
  private func levels(_ book: Textbook) throws {
    let history = try script(book.script)
    let finding = checker(.listAppend, .strictSerializable).check(history)
    #expect(finding.types == book.types, "\(finding.types)")
    let analysis = try TransactionAnalysis(HistoryColumns(history), .listAppend, for: [])
    for model in book.holds {
      #expect(analysis.decisions[model] == .holds, "\(model.name)")
      #expect(checker(.listAppend, model).check(history).verdict == .valid, "\(model.name)")
    }
    for model in book.not {
      #expect(analysis.decisions[model] == .ruledOut, "\(model.name)")
      #expect(checker(.listAppend, model).check(history).verdict == .invalid, "\(model.name)")
    }
    for anomaly in finding.anomalies where anomaly.type.hasPrefix("G") {
      #expect(anomaly.explanation.contains("However, "))
      #expect(anomaly.explanation.contains(": a contradiction!"))
    }
  }

  @Test(
    "planted among serializable transactions they are found, and nothing else is",
    arguments: all, 0..<5 as Range<UInt64>)
  private func planted(_ book: Textbook, seed: UInt64) throws {
    let shape = Shape(
      kind: .listAppend, clients: 5, transactions: 200, keys: 6, length: 4, aborts: 0.05,
      crashes: 0.03)
    let around = try History.random(shape, seed: seed).operations
    let planted = try script(book.script)
    var draws = Draws(seed: seed, stream: 3)
    // The planted lines stay in order, but others come in between.
    var lines: [Operation] = []
    var next = 0
    for line in around {
      lines.append(line)
      if next < planted.operations.count, draws.chance(0.05) {
        lines.append(planted.operations[next])
        lines[lines.count - 1].process = .client(
          10_000 + (planted.operations[next].process.number ?? 0))
        next += 1
      }
    }
    lines += planted.operations[next...].map { line in
      var line = line
      line.process = .client(10_000 + (line.process.number ?? 0))
      return line
    }
    for place in lines.indices {
      (lines[place].index, lines[place].time) = (place, .milliseconds(Int64(place)))
    }
    let (alone, among) = (
      checker(.listAppend, .strictSerializable).check(planted),
      checker(.listAppend, .strictSerializable).check(try History(lines))
    )
    #expect(among.types == alone.types)
    #expect(among.anomalies.map(\.count) == alone.anomalies.map(\.count))
    #expect(among.ruledOut == alone.ruledOut)
  }

  @Test("the order in which something was seen and missed makes no difference to atomic views only")
  func explanation() throws {
    let finding = checker(.listAppend, .readAtomic).check(
      try script("1 invoke r x, r y\n0 do a x 1, a y 1\n1 ok r x [], r y [1]"))
    #expect(finding.types == ["fractured-read"])
    #expect(
      finding.anomalies[0].explanation == """
        a transaction saw a part only of what another one wrote
        Let:
          T1 = [["r", "x", []], ["r", "y", [1]]] (op 3, process 1)
          T2 = [["append", "x", 1], ["append", "y", 1]] (op 2, process 0)
        Then:
          - T1 read [1] from key "y", which is of T2
          - However, T1 read [] from key "x", and missed T2's append of 1: a contradiction!
        """)
  }

  @Test("time is told as Elle tells it")
  func realtime() throws {
    let finding = checker(.listAppend, .strictSerializable).check(
      try script("0 do a x 1\n1 do r x []"))
    #expect(
      finding.anomalies[0].explanation.contains(
        """
          - However, T2 < T1, because T2 completed at index 1, 0.001 seconds before the invocation \
        of T1, at index 2: a contradiction!
        """))
  }
}
