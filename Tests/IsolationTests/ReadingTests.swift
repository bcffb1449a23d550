import Histories
import Isolation
import Testing
import Values
import Verdicts

@Suite("Transactions are read from histories as tools write them")
struct ReadingTests {
  private func history(edn: String) throws -> History {
    var text = edn
    let file = try text.withUTF8 { try HistoryFile(edn: UnsafeRawBufferPointer($0)) }
    return try file.history(named: "history.edn")
  }

  private func history(json: String) throws -> History {
    var text = json
    let file = try text.withUTF8 { try HistoryFile(jsonLines: UnsafeRawBufferPointer($0)) }
    return try file.history(named: "history.jsonl")
  }

  @Test("Jepsen's EDN and JSON are one")
  func formats() throws {
    let edn = try history(
      edn: """
        {:index 0, :type :invoke, :process 0, :f :txn, :value [[:append :x 1] [:r :y nil]]}
        {:index 1, :type :ok, :process 0, :f :txn, :value [[:append :x 1] [:r :y [1]]]}
        {:index 2, :type :invoke, :process 1, :f :txn, :value [[:append :y 1]]}
        {:index 3, :type :fail, :process 1, :f :txn, :value [[:append :y 1]]}
        """)
    let json = try history(
      json: """
        {"index":0,"type":"invoke","process":0,"f":"txn","value":[["append","x",1],["r","y",null]]}
        {"index":1,"type":"ok","process":0,"f":"txn","value":[["append","x",1],["r","y",[1]]]}
        {"index":2,"type":"invoke","process":1,"f":"txn","value":[["append","y",1]]}
        {"index":3,"type":"fail","process":1,"f":"txn","value":[["append","y",1]]}
        """)
    for history in [edn, json] {
      let finding = checker(.listAppend, .readCommitted).check(history)
      #expect(finding.types == ["G1a"])
      #expect(finding.anomalies.first?.operations == [0, 1, 2])
      #expect(TransactionKind(detecting: history) == .listAppend)
    }
  }

  @Test(
    "what the objects are is told by the first write, or by reads",
    arguments: [
      ("0 do r x\n0 do a x 1", TransactionKind.listAppend), ("0 do r x\n0 do w x 1", .register),
      ("0 do r x [1]", .listAppend), ("0 do r x []", .listAppend), ("0 do r x 1", .register),
    ])
  func kinds(text: String, kind: TransactionKind) throws {
    #expect(TransactionKind(detecting: try script(text)) == kind)
  }

  @Test("a history without transactions is of no kind")
  func noKind() throws {
    #expect(TransactionKind(detecting: try History([])) == nil)
    let write = Operation(index: 0, type: .invoke, process: .client(0), f: "write", value: 1)
    #expect(TransactionKind(detecting: try History([write])) == nil)
  }

  @Test(
    "what is no transaction makes the verdict unknown, and is named with its line",
    arguments: [
      (TransactionKind.listAppend, "0 do w x 1", "op 1: txn[0], [\"w\", \"x\", 1], is neither"),
      (
        .register, "0 do r y\n0 do w x 1, a x 2", "op 3: txn[1], [\"append\", \"x\", 2], is neither"
      ),
      (.listAppend, "0 do r x 3", "op 1: a read of key \"x\" observed 3, which is no list"),
      (.register, "0 do w x", "op 1: txn[0], [\"w\", \"x\", null], writes null"),
    ])
  func malformed(kind: TransactionKind, text: String, problem: String) throws {
    let finding = checker(kind, .strictSerializable).check(try script(text))
    #expect(finding.verdict == .unknown)
    #expect(finding.reason?.hasPrefix(problem) == true, "\(finding.reason ?? "")")
  }

  @Test(
    "other shapes are named with their line, too",
    arguments: [
      ("txn", Value.integer(3), "op 0: 3 is no list of micro-operations"),
      (
        "txn", Value.list([["append", 1]]), "op 0: txn[0], [\"append\", 1], is not [f, key, value]"
      ),
      ("read", Value.null, "op 0: \"read\" is no transaction, \"txn\""),
    ])
  func otherShapes(f: String, value: Value, problem: String) throws {
    let line = Operation(index: 0, type: .invoke, process: .client(0), f: f, value: value)
    let finding = checker(.listAppend, .strictSerializable).check(try History([line]))
    #expect(finding.verdict == .unknown && finding.reason == problem)
  }

  @Test("two writes of one value leave their key undecided, and only it")
  func ambiguous() throws {
    let twice = "0 do a x 1\n1 do a x 1\n"
    let undecided = checker(.listAppend, .strictSerializable).check(try script(twice))
    #expect(undecided.verdict == .unknown)
    #expect(
      undecided.reason
        == "ops 0 and 2 both write 1 to key \"x\", so that what a read saw can't be told")
    let same = try script(twice + "2 do r x [1 1], a x 1, r x [1 1 1]")
    #expect(checker(.listAppend, .strictSerializable).check(same).verdict == .unknown)
    let other = checker(.listAppend, .strictSerializable).check(
      try script(twice + "0 do a y 1\n1 do r y []"))
    #expect(other.types == ["G-single-item-realtime"])
  }

  @Test("nothing that committed proves nothing", arguments: ["", "0 invoke a x 1\n0 info a x 1"])
  func nothing(text: String) throws {
    for kind in [TransactionKind.listAppend, .register] {
      let history = try script(kind == .register ? text.replacing("a x", with: "w x") : text)
      let finding = checker(kind, .strictSerializable).check(history)
      #expect(finding.verdict == .unknown && finding.reason == "no transaction committed")
    }
  }
}
