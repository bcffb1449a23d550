import Linearizability
import Testing

/// An account, as a model of one's own: it answers whether there was enough to withdraw.
private struct Account: SequentialObject {
  enum Operation: Hashable, Sendable {
    case deposit(Int)
    case withdraw(Int, isPaid: Bool)
    case balance(Int)
  }

  let initial = 0

  func step(_ state: Int, _ operation: Operation) -> Int? {
    switch operation {
    case .deposit(let sum): state + sum
    case .withdraw(let sum, isPaid: true): state >= sum ? state - sum : nil
    case .withdraw(let sum, isPaid: false): state < sum ? state : nil
    case .balance(let seen): seen == state ? state : nil
    }
  }

  func isPure(_ operation: Operation) -> Bool {
    if case .balance = operation { true } else { false }
  }
}

/// A cache, as a model that is not deterministic: it may have forgotten what was put into it.
private struct Cache: NondeterministicObject {
  enum Operation: Hashable, Sendable {
    case put(Int)
    case get(Int?)
  }

  let initial: Int? = nil

  func successors(of state: Int?, _ operation: Operation) -> [Int?] {
    switch operation {
    case .put(let value): [value]
    case .get(nil): [nil]
    case .get(let value): state == value ? [state] : []
    }
  }
}

@Suite("Models of one's own")
struct OwnModelTests {
  /// Two clients withdraw 80 of 100 at the same time; `second` is what the later one is told.
  private func withdrawals(second: Bool) -> ObjectHistory<Account.Operation> {
    var history = ObjectHistory<Account.Operation>()
    let deposit = history.invoke(.deposit(100), process: 0, at: 0, completion: 1)
    history.complete(deposit)
    let first = history.invoke(.withdraw(80, isPaid: true), process: 0, at: 2, completion: 4)
    let other = history.invoke(.withdraw(80, isPaid: second), process: 1, at: 3, completion: 5)
    history.complete(first)
    history.complete(other)
    return history
  }

  @Test("are judged like any other")
  func account() {
    let judge = Judge(Account())
    let fair = judge.judge([withdrawals(second: false)])
    #expect(fair.invalid == nil && fair.undecided.isEmpty)
    let unfair = judge.judge([withdrawals(second: false), withdrawals(second: true)])
    #expect(unfair.invalid?.object == 1)
  }

  @Test(
    "have operations that never returned, which may have taken effect or not",
    arguments: [
      0, 50,
    ])
  func crashed(balance: Int) {
    var history = ObjectHistory<Account.Operation>()
    _ = history.invoke(.deposit(50), process: 0, at: 0, completion: nil)
    let read = history.invoke(.balance(balance), process: 1, at: 1, completion: 2)
    history.complete(read)
    let judgement = Judge(Account()).judge([history])
    #expect(judgement.invalid == nil && judgement.undecided.isEmpty)
  }

  @Test(
    "may leave open which state follows",
    arguments: [
      ([nil, nil], true), ([7, nil], true), ([nil, 7], false), ([7, 7], true), ([8, nil], false),
    ] as [([Int?], Bool)])
  func cache(answers: [Int?], isLinearizable: Bool) {
    var history = ObjectHistory<Cache.Operation>()
    history.complete(history.invoke(.put(7), at: 0, completion: 1))
    for (place, answer) in answers.enumerated() {
      let line = 2 + 2 * place
      history.complete(history.invoke(.get(answer), at: line, completion: line + 1))
    }
    let judgement = Judge(Powerset(Cache())).judge([history])
    #expect((judgement.invalid == nil) == isLinearizable)
    #expect(judgement.undecided.isEmpty)
  }

  @Test("stop within their budget")
  func budget() {
    var history = ObjectHistory<Account.Operation>()
    var open: [Int32] = []
    for client in 0..<20 {
      open.append(
        history.invoke(
          .deposit(1 << client), process: Int32(client), at: client, completion: 20 + client))
    }
    for operation in open { history.complete(operation) }
    history.complete(history.invoke(.balance(3), at: 40, completion: 41))
    let judgement = Judge(Account(), budget: Budget(steps: 1000)).judge([history])
    #expect(judgement.invalid == nil)
    #expect(judgement.undecided.map(\.reason) == [.steps])
  }
}
