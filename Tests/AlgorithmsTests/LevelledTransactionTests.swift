import Algorithms
import Nodes
import Testing
import Values

@Suite("Transactions at levels")
struct LevelledTransactionTests {
  typealias Database = Driven<LevelledTransactions>

  /// A primary that is alone, on which the transactions of clients 1, 2, … run, in whichever order
  /// their steps are given.
  ///
  /// - Parameter turns: Which client's transaction takes each step.
  private func run(
    _ level: String, _ transactions: [[Value]], turns: [Int], bugs: Set<String> = []
  ) -> [Int: Reply] {
    var database = Database(of: 1, options: ["isolation": level], bugs: bugs)
    for (place, steps) in transactions.enumerated() {
      database.request(.transaction(steps), client: place + 1)
    }
    var running = Array(1...transactions.count)
    var replies: [Int: Reply] = [:]
    for turn in turns {
      guard let place = running.firstIndex(of: turn) else { continue }
      database.context.choices = Choices(answers: [place])
      for case .reply(let id, let reply) in database.handle(.timer(.step)) {
        replies[id.client] = reply
        running.removeAll { $0 == id.client }
      }
    }
    return replies
  }

  private let skew: [[Value]] = [
    [["r", 1, nil], ["w", 2, "a"]], [["r", 2, nil], ["w", 1, "b"]],
  ]
  private let sideBySide = [1, 2, 1, 2, 1, 2]
  private let conflict = Reply.failed(
    ErrorReply(.transactionConflict, "another transaction came first"))

  @Test("let write skew pass under snapshot isolation only, unless reads are not validated")
  func writeSkew() {
    let both: [Int: Reply] = [
      1: .transaction([["r", 1, nil], ["w", 2, "a"]]),
      2: .transaction([["r", 2, nil], ["w", 1, "b"]]),
    ]
    #expect(run("snapshot-isolation", skew, turns: sideBySide) == both)
    for level in ["serializable", "strict-serializable"] {
      #expect(run(level, skew, turns: sideBySide)[1] == both[1])
      #expect(run(level, skew, turns: sideBySide)[2] == conflict)
      #expect(run(level, skew, turns: sideBySide, bugs: ["no-read-validation"]) == both)
    }
  }

  @Test("let the first committer win, or lose what it appended")
  func firstCommitter() {
    let appends: [[Value]] = [[["append", 1, 7]], [["append", 1, 8], ["r", 1, nil]]]
    #expect(run("snapshot-isolation", appends, turns: [1, 2, 1, 2, 2])[2] == conflict)
    #expect(
      run("snapshot-isolation", appends, turns: [1, 2, 1, 2, 2], bugs: ["no-first-committer"])[2]
        == .transaction([["append", 1, 8], ["r", 1, [8]]]))
    // The older waits for the younger one's lock; the younger does not wait for the older's.
    #expect(
      run("read-committed", appends, turns: [2, 1, 2, 2, 1, 1])
        == [
          1: .transaction([["append", 1, 7]]),
          2: .transaction([["append", 1, 8], ["r", 1, [8]]]),
        ])
    #expect(run("read-committed", appends, turns: [1, 2, 1]).values.contains(conflict))
  }

  @Test(
    "show what is not committed at the lowest level only, and what came since from read committed on"
  )
  func reads() {
    let transactions: [[Value]] = [
      [["w", 1, "a"], ["w", 1, "b"]], [["r", 1, nil], ["r", 1, nil], ["r", 1, nil]],
    ]
    let turns = [1, 2, 1, 2, 1, 2, 2]
    func seen(_ level: String, _ bugs: Set<String> = []) -> [Value]? {
      guard case .transaction(let steps)? = run(level, transactions, turns: turns, bugs: bugs)[2]
      else { return nil }
      return steps.map { $0.elements?[2] ?? .null }
    }
    #expect(seen("read-uncommitted") == ["a", "b", "b"])
    #expect(seen("read-committed") == [nil, nil, "b"])
    #expect(seen("snapshot-isolation") == [nil, nil, nil])
    #expect(seen("snapshot-isolation", ["snapshot-per-step"]) == [nil, nil, "b"])
    #expect(seen("strict-serializable", ["dirty-reads"]) == ["a", "b", nil])
  }

  @Test("undo what they refuse, but with no-rollback", arguments: [false, true])
  func rollback(stays: Bool) {
    // The younger of two that want a key is refused, after it has written another.
    let transactions: [[Value]] = [
      [["w", 1, "a"]], [["w", 2, "b"], ["w", 1, "c"]], [["r", 2, nil]],
    ]
    let replies = run(
      "read-committed", transactions, turns: [1, 2, 2, 3, 3], bugs: stays ? ["no-rollback"] : [])
    #expect(replies[2] == conflict)
    #expect(replies[3] == .transaction([["r", 2, stays ? "b" : nil]]))
  }

  @Test("are run by the first node for the others, each once, also after a restart")
  func forwarding() {
    var other = Database(1, of: 2)
    let steps: [Value] = [["append", 1, 7]]
    let sent = other.request(.transaction(steps)).sent()
    #expect(sent.map(\.to) == [0])
    #expect(sent.map(\.message) == [.forward(RequestID(client: 1, number: 1), steps)])
    var primary = Database(of: 2)
    #expect(!primary.receive(sent[0].message, from: 1).timers().isEmpty)
    #expect(primary.receive(sent[0].message, from: 1).isEmpty, "a copy")
    #expect(primary.handle(.timer(.step)).sent().isEmpty)
    let answer = primary.handle(.timer(.step)).sent()
    #expect(answer.map(\.to) == [1])
    #expect(other.receive(answer[0].message, from: 0).replies() == [.transaction(steps)])
    var restarted = Database(of: 2, files: primary.files)
    #expect(restarted.receive(sent[0].message, from: 1).isEmpty, "a copy")
    restarted.request(.transaction([["r", 1, nil]]), number: 2)
    restarted.handle(.timer(.step))
    #expect(restarted.handle(.timer(.step)).replies() == [.transaction([["r", 1, [7]]])])
    // What was begun and lost in a crash is not begun once more, for its writes may have been seen.
    var began = Database(of: 2)
    began.receive(sent[0].message, from: 1)
    var after = Database(of: 2, files: began.files)
    #expect(after.receive(sent[0].message, from: 1).isEmpty)
  }

  @Test("refuse what they can't run, and leave nothing of it")
  func refusals() {
    #expect(
      run("strict-serializable", [[["w", 1, 5], ["append", 1, 6]]], turns: [1, 1])[1]
        == .failed(ErrorReply(.preconditionFailed, "key 1 holds no list")))
    var database = Database(of: 1)
    guard case .failed(let error)? = database.request(.transaction([4])).replies().first else {
      #expect(Bool(false), "4 is no micro-operation")
      return
    }
    #expect(error.code == .malformedRequest)
    #expect(database.request(.readAll, number: 2).replies().count == 1)
  }
}
