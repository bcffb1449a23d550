import Histories
import Linearizability
import ObjectModels
import Testing
import Values
import Verdicts

@Suite("Reading operations")
struct ReadingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var model: any Model
    /// Operations one after another, each: f, what was asked, what was answered.
    var calls: String
    var verdict: Verdict = .valid
    var reason: String?
    var testDescription: String { "\(model.name): \(calls)" }
  }

  /// A history of operations that follow each other, from lines of JSON: [f, asked, answered].
  private func history(_ calls: String) throws -> History {
    var lines: [Operation] = []
    for line in calls.split(separator: "\n") {
      guard case .list(let words) = try Value(json: String(line)), case .string(let f) = words[0]
      else { continue }
      for (type, value) in [(Operation.Kind.invoke, words[1]), (.ok, words[2])] {
        lines.append(
          Operation(index: lines.count, type: type, process: .client(0), f: f, value: value))
      }
    }
    return try History(lines)
  }

  static let legal: [Case] = [
    Case(
      model: RegisterModel(),
      calls: "[\"write\",1,1]\n[\"cas\",[1,2],[1,2]]\n[\"read\",null,2]"),
    Case(
      model: KeyValueModel(),
      calls: """
        ["write",["a",1],["a",1]]
        ["put",["b","x"],["b","x"]]
        ["append",["b","y"],["b","y"]]
        ["get",["b",null],["b","xy"]]
        ["cas",["a",[1,2]],["a",[1,2]]]
        ["range",[["a","c"],null],[["a","c"],[["a",2],["b","xy"]]]]
        ["delete",["a",null],["a",null]]
        ["read",["a",null],["a",null]]
        ["txn",[["r","a",null],["w","c",3]],[["r","a",null],["w","c",3]]]
        ["read",["c",null],["c",3]]
        """),
    Case(
      model: KeyValueModel(name: "multi-register"),
      calls: """
        ["txn",[["w",1,1],["w",2,1]],[["w",1,1],["w",2,1]]]
        ["txn",[["r",1,null],["r",2,null]],[["r",1,1],["r",2,1]]]
        """),
    Case(
      model: MutexModel(),
      calls: "[\"acquire\",null,null]\n[\"release\",null,null]\n[\"acquire\",null,null]"),
    Case(
      model: MutexModel(),
      calls: "[\"acquire\",null,3]\n[\"release\",null,null]\n[\"acquire\",null,7]"),
    Case(
      model: MutexModel(isReentrant: true),
      calls: "[\"acquire\",null,null]\n[\"acquire\",null,null]\n[\"release\",null,null]"),
    Case(
      model: SemaphoreModel(permits: 3),
      calls: "[\"acquire\",2,2]\n[\"release\",1,1]\n[\"acquire\",2,2]"),
    Case(
      model: SetModel(),
      calls: """
        ["add",1,1]
        ["add",2,2]
        ["remove",1,1]
        ["contains",1,[1,false]]
        ["contains",2,[2,true]]
        ["read",null,[2]]
        """),
    Case(
      model: QueueModel(),
      calls: "[\"dequeue\",null,null]\n[\"enqueue\",1,1]\n[\"enqueue\",2,2]\n[\"dequeue\",null,1]"),
    Case(
      model: StackModel(),
      calls: "[\"pop\",null,null]\n[\"push\",1,1]\n[\"push\",2,2]\n[\"pop\",null,2]"),
    Case(
      model: PriorityQueueModel(),
      calls: """
        ["insert",[2,"b"],[2,"b"]]
        ["insert",[1,"a"],[1,"a"]]
        ["remove-min",null,[1,"a"]]
        ["remove-min",null,[2,"b"]]
        ["remove-min",null,null]
        """),
    Case(
      model: CounterModel(),
      calls: "[\"add\",2,2]\n[\"fetch-add\",3,[3,2]]\n[\"read\",null,5]"),
    Case(
      model: LogModel(),
      calls: """
        ["send",["k",1],["k",[0,1]]]
        ["send",["k",2],["k",[1,2]]]
        ["poll",["k",0],["k",[[0,1],[1,2]]]]
        ["poll",["k",2],["k",[]]]
        """),
  ]

  @Test("takes what each model has", arguments: legal)
  func takes(_ example: Case) throws {
    let finding = LinearizabilityChecker(example.model).check(try history(example.calls))
    #expect(finding.verdict == .valid, "\(finding.reason ?? "") \(finding.anomalies)")
  }

  static let illegal: [Case] = [
    Case(model: RegisterModel(), calls: "[\"write\",1,1]\n[\"read\",null,2]"),
    Case(
      model: KeyValueModel(),
      calls: "[\"put\",[\"b\",\"x\"],[\"b\",\"x\"]]\n[\"append\",[\"b\",\"y\"],[\"b\",\"y\"]]\n"
        + "[\"get\",[\"b\",null],[\"b\",\"yx\"]]"),
    Case(
      model: KeyValueModel(),
      calls: "[\"put\",[\"b\",1],[\"b\",1]]\n"
        + "[\"range\",[[\"a\",\"c\"],null],[[\"a\",\"c\"],[]]]"),
    Case(
      model: KeyValueModel(name: "multi-register"),
      calls: "[\"txn\",[[\"w\",1,1],[\"r\",2,null]],[[\"w\",1,1],[\"r\",2,5]]]"),
    Case(model: MutexModel(), calls: "[\"release\",null,null]"),
    Case(
      model: MutexModel(),
      calls: "[\"acquire\",null,3]\n[\"release\",null,null]\n[\"acquire\",null,3]"),
    Case(model: SemaphoreModel(permits: 1), calls: "[\"acquire\",2,2]"),
    Case(model: SetModel(), calls: "[\"add\",1,1]\n[\"contains\",1,[1,false]]"),
    Case(model: SetModel(), calls: "[\"add\",1,1]\n[\"read\",null,[]]"),
    Case(model: QueueModel(), calls: "[\"enqueue\",1,1]\n[\"dequeue\",null,null]"),
    Case(model: StackModel(), calls: "[\"push\",1,1]\n[\"pop\",null,2]"),
    Case(
      model: PriorityQueueModel(),
      calls: "[\"insert\",2,2]\n[\"insert\",1,1]\n[\"remove-min\",null,2]"),
    Case(model: CounterModel(), calls: "[\"add\",2,2]\n[\"fetch-add\",3,[3,1]]"),
    Case(
      model: LogModel(),
      calls: "[\"send\",[\"k\",1],[\"k\",[0,1]]]\n[\"poll\",[\"k\",0],[\"k\",[[0,2]]]]"),
  ]

  @Test("finds what no model does", arguments: illegal)
  func finds(_ example: Case) throws {
    let finding = LinearizabilityChecker(example.model).check(try history(example.calls))
    #expect(finding.verdict == .invalid, "\(finding.reason ?? "")")
  }

  static let misshapen: [Case] = [
    Case(
      model: RegisterModel(), calls: "[\"pop\",null,null]",
      reason: "op 0: the model has no operation pop"),
    Case(
      model: RegisterModel(), calls: "[\"cas\",3,3]",
      reason: "op 0: cas should have [from, to] for a value, not 3"),
    Case(
      model: KeyValueModel(), calls: "[\"read\",3,3]",
      reason: "op 0: read should have [key, value] for a value, not 3"),
    Case(
      model: KeyValueModel(), calls: "[\"cas\",[1,2],[1,2]]",
      reason: "op 0: cas should have [key, [from, to]] for a value, not [1, 2]"),
    Case(
      model: KeyValueModel(), calls: "[\"append\",[1,2],[1,2]]",
      reason: "op 0: append should have [key, text] for a value, not [1, 2]"),
    Case(
      model: KeyValueModel(), calls: "[\"delete\",[1,2],[1,2]]",
      reason: "op 0: delete should have [key, null] for a value, not [1, 2]"),
    Case(
      model: KeyValueModel(), calls: "[\"range\",[1,null],[1,[]]]",
      reason: "op 0: range should have [[from, to], [[key, value], …]] for a value, not [1, []]"),
    Case(
      model: KeyValueModel(), calls: "[\"txn\",[[\"x\",1,2]],[[\"x\",1,2]]]",
      reason: "op 0: txn should have [[\"r\", key, value], [\"w\", key, value], …] for a value, "
        + "not [[\"x\", 1, 2]]"),
    Case(
      model: SetModel(), calls: "[\"contains\",1,1]",
      reason: "op 0: contains should have [element, true or false] for a value, not 1"),
    Case(
      model: SetModel(), calls: "[\"read\",null,1]",
      reason: "op 0: read should have [element, …] for a value, not 1"),
    Case(
      model: CounterModel(), calls: "[\"add\",\"x\",\"x\"]",
      reason: "op 0: add should have a number for a value, not \"x\""),
    Case(
      model: CounterModel(), calls: "[\"fetch-add\",1,1]",
      reason: "op 0: fetch-add should have [added, the number before] for a value, not 1"),
    Case(
      model: QueueModel(), calls: "[\"enqueue\",1,1]\n[\"peek\",null,1]",
      reason: "op 2: the model has no operation peek"),
  ]

  @Test("says which line it can't read, and what should be there", arguments: misshapen)
  func refuses(_ example: Case) throws {
    let finding = LinearizabilityChecker(example.model).check(try history(example.calls))
    #expect(finding.verdict == .unknown)
    #expect(finding.reason == example.reason)
  }
}
