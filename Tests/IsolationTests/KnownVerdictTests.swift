import Histories
import Isolation
import Testing
import Values
import Verdicts

/// A history together with what must be found in it.
private struct Known: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var kind: TransactionKind
  /// The phenomena under strict serializability.
  var types: [String]
  /// A model that rules the history out, and one that allows it.
  var prohibits: ConsistencyModel
  var allows: ConsistencyModel?
  var script: String

  init(
    _ name: String, _ kind: TransactionKind, _ types: [String], not prohibits: ConsistencyModel,
    but allows: ConsistencyModel?, _ script: String
  ) {
    testDescription = name
    self.kind = kind
    self.types = types
    self.prohibits = prohibits
    self.allows = allows
    self.script = script
  }
}

@Suite("Each phenomenon is found where it is, and judged by the models")
struct KnownVerdictTests {
  private static let lists = [
    Known(
      "a read that misses its transaction's own append", .listAppend, ["internal"],
      not: .readAtomic, but: .readCommitted, "0 do a x 1, r x []"),
    Known(
      "a read unlike the one before it", .listAppend, ["internal", "G-single-item"],
      not: .repeatableRead,
      but: .readCommitted,
      """
      0 do r x
      1 invoke r x, r x
      0 do a x 1
      1 ok r x [], r x [1]
      """),
    Known(
      "an element of another between a read and the own append", .listAppend,
      ["internal", "G-single-item"], not: .readAtomic, but: .readCommitted,
      """
      0 invoke r x, a x 1, r x
      1 do a x 2
      0 ok r x [], a x 1, r x [2 1]
      """),
    Known(
      "an aborted element that was read", .listAppend, ["G1a"], not: .readCommitted,
      but: .readUncommitted,
      """
      0 invoke a x 1
      0 fail a x 1
      1 do r x [1]
      """),
    Known(
      "an append on top of an aborted one", .listAppend, ["G1a", "dirty-update"],
      not: .readCommitted, but: .readUncommitted,
      """
      0 invoke a x 1
      0 fail a x 1
      1 do a x 2
      2 do r x [1 2]
      """),
    Known(
      "an intermediate element that was read", .listAppend, ["G1b"], not: .readCommitted,
      but: .readUncommitted,
      """
      0 invoke a x 1, a x 2
      1 do r x [1]
      0 ok a x 1, a x 2
      2 do r x [1 2]
      """),
    Known(
      "an element twice in a list", .listAppend, ["duplicate-elements"], not: .readUncommitted,
      but: .monotonicReads,
      """
      0 do a x 1
      1 do r x [1 1]
      """),
    Known(
      "an element that nobody appended", .listAppend, ["garbage-versions"], not: .readUncommitted,
      but: nil, "0 do a y 1\n1 do r x [7]"),
    Known(
      "two reads of which neither begins like the other", .listAppend, ["incompatible-order"],
      not: .readCommitted, but: .readUncommitted,
      """
      0 invoke a x 1
      1 invoke a x 2
      2 do r x [1 2]
      3 do r x [2 1]
      0 ok a x 1
      1 ok a x 2
      """),
    Known(
      "a transaction's appends in the other order", .listAppend, ["incompatible-order", "G1b"],
      not: .readCommitted, but: .readUncommitted, "0 do a x 1, a x 2\n1 do r x [2 1]"),
    Known(
      "a transaction's first append gone", .listAppend, ["incompatible-order"],
      not: .readCommitted, but: .readUncommitted, "0 do a x 1, a x 2\n1 do r x [2]"),
    Known(
      "interleaved appends", .listAppend, ["G0"], not: .readUncommitted, but: .monotonicReads,
      """
      0 invoke a x 1, a x 2
      1 do a x 3
      0 ok a x 1, a x 2
      2 do r x [1 3 2]
      """),
    Known(
      "a transaction that read what it appended only afterwards", .listAppend,
      ["future-read", "internal"], not: .readCommitted, but: .readUncommitted,
      "0 do r x [1], a x 1, r x [1]"),
    Known(
      "two appends after the same read", .listAppend, ["lost-update", "G-single-item"],
      not: .cursorStability, but: .readCommitted,
      """
      0 invoke r x, a x 1
      1 invoke r x, a x 2
      0 ok r x [], a x 1
      1 ok r x [], a x 2
      2 do r x [1 2]
      """),
    Known(
      "an append that is not on top of what was read", .listAppend, ["G-single-item"],
      not: .cursorStability, but: .readAtomic,
      """
      0 invoke r x, a x 1
      1 do a x 2
      0 ok r x [], a x 1
      2 do r x [2 1]
      """),
    Known(
      "a read that misses an append that was over", .listAppend, ["G-single-item-realtime"],
      not: .strongSnapshotIsolation, but: .strongSessionSerializable,
      "0 do a x 1\n1 do r x []\n2 do r x [1]"),
    Known(
      "a read that misses an append that nobody ever read", .listAppend, ["G-single-item-realtime"],
      not: .strictSerializable, but: .serializable, "0 do a x 1\n1 do r x []"),
    Known(
      "a read that misses what an earlier one saw", .listAppend, ["G-single-item-realtime"],
      not: .strictSerializable, but: .serializable,
      """
      0 invoke a x 1
      1 do r x [1]
      2 do r x []
      0 ok a x 1
      """),
    Known(
      "a read of an append that had not begun", .listAppend, ["G1c-realtime"],
      not: .strongReadCommitted, but: .serializable, "1 do r x [1]\n0 do a x 1"),
    Known(
      "an append before one that was over", .listAppend, ["G0-realtime"],
      not: .strongReadUncommitted, but: .serializable, "0 do a x 1\n1 do a x 2\n2 do r x [2 1]"),
  ]

  private static let registers = [
    Known(
      "a read that misses its transaction's own write", .register, ["internal"],
      not: .readAtomic, but: .readCommitted, "0 do w x 1, w x 2, r x 1"),
    Known(
      "an aborted write that was read", .register, ["G1a"], not: .readCommitted,
      but: .readUncommitted,
      """
      0 invoke w x 1
      0 fail w x 1
      1 do r x 1
      """),
    Known(
      "an intermediate write that was read", .register, ["G1b"], not: .readCommitted,
      but: .readUncommitted,
      """
      0 invoke w x 1, w x 2
      1 do r x 1
      0 ok w x 1, w x 2
      """),
    Known(
      "a value that nobody wrote", .register, ["garbage-versions"], not: .readUncommitted,
      but: nil, "1 do r x 7"),
    Known(
      "a transaction that read what it wrote only afterwards", .register, ["future-read"],
      not: .readCommitted, but: .readUncommitted, "0 do r x 1, w x 1"),
    Known(
      "two writes after the same read", .register, ["lost-update"], not: .cursorStability,
      but: .readCommitted,
      """
      0 invoke r x, w x 1
      1 invoke r x, w x 2
      0 ok r x, w x 1
      1 ok r x, w x 2
      """),
    Known(
      "writes that follow each other in a circle", .register, ["G1c"], not: .readCommitted,
      but: .readUncommitted,
      """
      0 invoke r x, w x 1
      1 invoke r x, w x 2
      0 ok r x 2, w x 1
      1 ok r x 1, w x 2
      """),
    Known(
      "a read of the initial state after a write was over", .register, ["G-single-item-realtime"],
      not: .strongSnapshotIsolation, but: .serializable, "0 do w x 1\n1 do r x"),
    Known(
      "a read of what was overwritten", .register, ["G-single-item-realtime"],
      not: .strictSerializable, but: .strongSessionSerializable,
      "0 do w x 1\n1 do w x 2\n2 do r x 1"),
    Known(
      "a read of what a read-modify-write replaced", .register, ["G-single-item-realtime"],
      not: .strictSerializable, but: .serializable, "0 do w x 1\n1 do r x 1, w x 2\n2 do r x 1"),
    Known(
      "two writes whose order two reads see differently", .register, ["G-single-item-realtime"],
      not: .strictSerializable, but: .serializable,
      """
      0 invoke w x 1
      1 invoke w x 2
      0 ok w x 1
      1 ok w x 2
      2 do r x 1
      3 do r x 2
      4 do r x 1
      """),
    Known(
      "a read of a write that had not begun", .register, ["G1c-realtime"],
      not: .strongReadCommitted, but: .serializable, "1 do r x 1\n0 do w x 1"),
  ]

  @Test("in lists and registers", arguments: lists + registers)
  private func known(_ known: Known) throws {
    let history = try script(known.script)
    let strict = checker(known.kind, .strictSerializable).check(history)
    #expect(strict.verdict == .invalid)
    #expect(Set(strict.types) == Set(known.types), "\(strict)")
    for anomaly in strict.anomalies {
      #expect(!anomaly.operations.isEmpty && anomaly.operations == anomaly.operations.sorted())
      #expect(anomaly.explanation.contains("T1 = "))
    }
    #expect(checker(known.kind, known.prohibits).check(history).verdict == .invalid)
    guard let allows = known.allows else { return }
    let allowed = checker(known.kind, allows).check(history)
    #expect(allowed.verdict == .valid, "\(allowed)")
    // Read committed of registers is judged without looking at what is above it.
    guard known.kind == .listAppend || allows != .readCommitted else { return }
    #expect(allowed.reason?.contains("also found, and allowed: ") == true)
  }

  @Test(
    "guarantees to sessions are told apart",
    arguments: [
      ("0 do a x 1\n0 do r x []", ConsistencyModel.readYourWrites, "unread-own-write"),
      ("1 do a x 1\n0 do r x [1]\n0 do r x []", .monotonicReads, "nonmonotonic-read"),
      ("0 do a x 1\n0 do a x 2\n1 do r x [2 1]", .monotonicWrites, "nonmonotonic-write"),
      (
        "0 do r x [1]\n0 do a x 1", .writesFollowReads,
        "write-before-read"
      ),
    ])
  func guarantees(text: String, model: ConsistencyModel, type: String) throws {
    let history = try script(text)
    let all: [ConsistencyModel] = [
      .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
    ]
    for other in all {
      let finding = checker(.listAppend, other).check(history)
      #expect(finding.types == (other == model ? [type] : []), "\(other)")
    }
    let session = checker(.listAppend, .strongSessionSerializable).check(history)
    #expect(session.types.allSatisfy { $0.hasSuffix("-process") } && session.types.count == 1)
    let strict = checker(.listAppend, .strictSerializable).check(history)
    #expect(strict.types.allSatisfy { $0.hasSuffix("-realtime") } && strict.types.count == 1)
    #expect(strict.ruledOut.contains(model.name))
  }

  @Test("registers' sessions are judged where reads before writes order versions")
  func registerSessions() throws {
    let initial = try script("0 do w x 1\n0 do r x")
    #expect(checker(.register, .readYourWrites).check(initial).types == ["unread-own-write"])
    #expect(
      checker(.register, .strongSessionSerializable).check(initial).types == [
        "G-single-item-process"
      ])
    let chain = try script("1 do w x 1\n1 do r x 1, w x 2\n0 do r x 2\n0 do r x 1")
    #expect(checker(.register, .monotonicReads).check(chain).types == [])
    let assuming = RegisterTransactionsChecker(
      models: [.monotonicReads], assuming: [.writesFollowReads])
    #expect(assuming.check(chain).types == ["nonmonotonic-read"])
    let back = try script("1 do w x 1\n2 do w x 2\n0 do r x 1\n0 do r x 2\n0 do r x 1")
    #expect(checker(.register, .monotonicReads).check(back).types == ["nonmonotonic-read"])
    #expect(checker(.register, .causal).check(back).verdict == .valid)
    #expect(checker(.register, .causalConvergence).check(back).types == ["CyclicCF"])
  }

  @Test("a reply that is the request unchanged is internal, and not read-atomic")
  func unchangedReply() throws {
    let finding = checker(.listAppend, .strictSerializable).check(
      try script("0 do a x 1, r x"))
    #expect(finding.types == ["internal"])
    #expect(finding.ruledOut == ["read-atomic"])
    #expect(finding.reason == "1 internal; not read-atomic")
  }

  @Test("two nodes that know nothing of each other are not read-committed")
  func splitStores() throws {
    let finding = checker(.listAppend, .strictSerializable).check(
      try script("0 do a x 1\n1 do a x 2\n0 do r x [1]\n1 do r x [2]"))
    #expect(finding.types == ["incompatible-order"])
    #expect(finding.ruledOut == ["read-committed"])
  }

  @Test("several models are asked together")
  func severalModels() throws {
    let history = try script("0 do a x 1\n0 do r x []")
    let finding = checker(.listAppend, .readCommitted, .readYourWrites).check(history)
    #expect(finding.types == ["unread-own-write"])
    #expect(finding.facts[fact: "models"] == ["read-committed", "read-your-writes"])
  }

  @Test("an indeterminate append may be there, late, or never")
  func indeterminate() throws {
    let before = "0 invoke a x 1\n0 info a x 1\n"
    for reads in ["1 do r x []\n1 do r x [1]", "1 do r x []", "1 do r x [1]"] {
      #expect(
        checker(.listAppend, .strictSerializable).check(try script(before + reads)).verdict
          == .valid)
    }
    let gone = try script(before + "1 do r x [1]\n1 do r x []")
    #expect(
      checker(.listAppend, .strictSerializable).check(gone).types == ["G-single-item-realtime"])
  }

  @Test("write skew is found across keys")
  func skew() throws {
    let skew = try script(
      """
      0 invoke r x, a y 1
      1 invoke r y, a x 1
      0 ok r x [], a y 1
      1 ok r y [], a x 1
      """)
    let finding = checker(.listAppend, .strictSerializable).check(skew)
    #expect(finding.types == ["G2-item"])
    #expect(finding.ruledOut == ["update-serializable", "repeatable-read"])
    #expect(checker(.listAppend, .snapshotIsolation).check(skew).verdict == .valid)
    #expect(
      finding.anomalies[0].explanation == """
        a circle of dependencies with missed writes
        Let:
          T1 = [["r", "x", []], ["append", "y", 1]] (op 2, process 0)
          T2 = [["r", "y", []], ["append", "x", 1]] (op 3, process 1)
        Then:
          - T1 < T2, because T1 observed the initial (nil) state of key "x", which T2 created by \
        appending 1.
          - However, T2 < T1, because T2 observed the initial (nil) state of key "y", which T1 \
        created by appending 1: a contradiction!
        """)
  }
}
