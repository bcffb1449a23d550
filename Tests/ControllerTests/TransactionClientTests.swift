import Histories
import Nodes
import Testing
import Values
import Verdicts
import Workloads

@Suite("Replies to transactions are compared with what was asked")
struct TransactionClientTests {
  private func answer(
    _ workload: any Workload.Type, to asked: Value, _ reply: Reply, isCompatible: Bool = false
  ) -> Completion? {
    var options = WorkloadOptions(seed: 0, nodes: [NodeID(0)], concurrency: 1)
    options.isCompatible = isCompatible
    var client = workload.init(options).makeClient()
    #expect(
      client.begin("txn", asked, ValueMap()) == .ask(.transaction(asked.elements ?? [])))
    guard case .complete(let completion) = client.receive(reply) else { return nil }
    return completion
  }

  /// A step, the answer to it, and what is wrong with that.
  static let answers: [(asked: Value, answered: Value, problem: String?)] = {
    let (read, append): (Value, Value) = (["r", 3, nil], ["append", 3, 1])
    var answers: [(asked: Value, answered: Value, problem: String?)] = []
    answers.append((read, ["r", 3, [1, 2]], nil))
    answers.append((read, read, nil))
    answers.append((append, append, nil))
    answers.append((read, append, #"asked ["r",3,null], answered ["append",3,1]"#))
    answers.append((append, read, #"asked ["append",3,1], answered ["r",3,null]"#))
    for wrong: Value in [["r", 3, 7], ["r", 4, []], ["r", 3], 5, ["append", 3, nil]] {
      answers.append((read, wrong, "answered \(wrong.json)"))
    }
    answers.append((append, ["append", 3, [1]], #"answered ["append",3,[1]]"#))
    return answers
  }()

  @Test("reads may be filled, and nothing else may change", arguments: answers)
  func lists(asked: Value, answered: Value, problem: String?) {
    let before: Value = ["append", 1, 1]
    let completion = answer(
      ListAppendWorkload.self, to: [before, asked], .transaction([before, answered]))
    if let problem {
      #expect(completion?.type == .info)
      #expect(completion?.mismatch?.contains("txn[1]: ") == true)
      #expect(completion?.mismatch?.hasSuffix(problem) == true, "\(completion?.mismatch ?? "")")
    } else {
      #expect(completion == .ok([before, answered]))
    }
    // As by Maelstrom, anything is taken.
    #expect(
      answer(
        ListAppendWorkload.self, to: [before, asked], .transaction([before, answered]),
        isCompatible: true) == .ok([before, answered]))
  }

  @Test("a step more or less is told")
  func length() {
    let step: Value = ["r", 3, nil]
    for answered in [[], [step, step]] {
      let completion = answer(
        RegisterTransactionsWorkload.self, to: [step], .transaction(answered))
      #expect(completion?.mismatch == "1 micro-operations, not \(answered.count)")
    }
  }

  @Test("a register's read may be anything")
  func registers() {
    for value: Value in [nil, 3, "x", [1]] {
      #expect(
        answer(
          RegisterTransactionsWorkload.self, to: [["r", 3, nil]], .transaction([["r", 3, value]]))
          == .ok([["r", 3, value]]))
    }
  }

  @Test("errors end transactions as they should")
  func errors() {
    let conflict = answer(
      ListAppendWorkload.self, to: [], .failed(ErrorReply(.transactionConflict)))
    #expect(conflict?.type == .fail)
    let crash = answer(ListAppendWorkload.self, to: [], .failed(ErrorReply(.crash)))
    #expect(crash?.type == .info && crash?.mismatch == nil)
    let other = answer(ListAppendWorkload.self, to: [], .written)
    #expect(other?.mismatch == "txn_ok with \"txn\"")
  }

  @Test("a model that there is not leaves the verdict open, where Maelstrom's rules let it through")
  func unknownModel() throws {
    var options = WorkloadOptions(seed: 0, nodes: [NodeID(0)], concurrency: 1)
    options.consistencyModels = ["serialisable"]
    let checkers = ListAppendWorkload(options).checkers
    let finding = try #require(checkers.first).check(try History([]))
    #expect(checkers.count == 1 && finding.verdict == .unknown)
    #expect(finding.reason?.contains("no consistency model \"serialisable\"") == true)
  }

  @Test("a bank's replies are taken apart")
  func bank() {
    let options = WorkloadOptions(seed: 0, nodes: [NodeID(0)], concurrency: 1)
    func end(_ f: String, _ asked: Value, _ reply: Reply) -> Completion? {
      var client = BankWorkload(options).makeClient()
      guard case .ask = client.begin(f, asked, ValueMap()),
        case .complete(let completion) = client.receive(reply)
      else { return nil }
      return completion
    }
    let transfer: Value = ["from": 0, "to": 1, "amount": 5]
    #expect(end("read", nil, .value([[0, 95], [1, 5]])) == .ok([0: 95, 1: 5]))
    #expect(end("transfer", transfer, .custom(["type": "transfer_ok"])) == .ok())
    let refused = ErrorReply(.preconditionFailed, "the money is not there")
    #expect(end("transfer", transfer, .failed(refused))?.type == .fail)
    for wrong in [Reply.value(3), .value([[0]]), .added] {
      #expect(end("read", nil, wrong)?.mismatch?.hasPrefix("read_ok with [[account") == true)
    }
    #expect(end("transfer", transfer, .value(3))?.mismatch == "transfer_ok")
    var client = BankWorkload(options).makeClient()
    #expect(
      client.begin("transfer", transfer, ValueMap())
        == .ask(.custom(["type": "transfer", "from": 0, "to": 1, "amount": 5])))
  }
}
