import Linearizability
import Testing

@Suite("Sequential consistency")
struct SequentialTests {
  /// A history in which the processes' operations follow each other in time as they are listed.
  private func history<Operation: Sendable>(
    _ operations: [(process: Int32, Operation)], crashed: Set<Int> = []
  ) -> ObjectHistory<Operation> {
    var history = ObjectHistory<Operation>()
    for (place, (process, operation)) in operations.enumerated() {
      let crashes = crashed.contains(place)
      let number = history.invoke(
        operation, process: process, at: 2 * place, completion: crashes ? nil : 2 * place + 1)
      if !crashes { history.complete(number) }
    }
    return history
  }

  /// The operations of the certificate, or nothing where the history is sequentially consistent.
  private func violation<Object: SequentialObject>(
    _ object: Object, _ history: ObjectHistory<Object.Operation>
  ) -> [Int32]? {
    let outcome = SequentialJudge(object).judge(history)
    let searched = SequentialJudge(object, usesDeciders: false).judge(history)
    switch (outcome, searched) {
    case (.valid, .valid): return nil
    case (.invalid(let certificate), .invalid): return certificate.operations
    default:
      Issue.record("judged \(outcome) and \(searched)")
      return nil
    }
  }

  private let register = Register(initial: 0)

  @Test("a stale read by another process is sequentially consistent")
  func staleRead() {
    #expect(violation(register, history([(0, .set(1)), (1, .observe(0))])) == nil)
    #expect(violation(register, history([(0, .set(1)), (0, .observe(0))])) == [0, 1])
  }

  @Test("two processes can't see two writes in different orders")
  func oppositeOrders() {
    let operations: [(process: Int32, Action)] = [
      (0, .set(1)), (1, .set(2)), (2, .observe(1)), (2, .observe(2)), (3, .observe(2)),
      (3, .observe(1)),
    ]
    #expect(violation(register, history(operations)) == [0, 1, 2, 3, 4, 5])
    #expect(violation(register, history(Array(operations.prefix(5)))) == nil)
  }

  @Test("a value that was never written can't be read")
  func phantom() {
    #expect(violation(register, history([(0, .set(1)), (1, .observe(2))])) == [1])
  }

  @Test("a process can't read its own later write, nor go back along a chain")
  func chain() {
    #expect(violation(register, history([(0, .observe(1)), (0, .set(1))])) == [0, 1])
    #expect(
      violation(
        register,
        history([(0, .set(1)), (1, .move(from: 1, to: 2)), (2, .observe(2)), (2, .observe(1))]))
        == [0, 1, 2, 3])
    #expect(
      violation(
        register, history([(0, .move(from: 0, to: 1)), (1, .move(from: 0, to: 2))])) == [0, 1])
    #expect(
      violation(
        register, history([(0, .move(from: 2, to: 1)), (1, .move(from: 1, to: 2))])) == [0, 1])
    #expect(
      violation(
        register,
        history([
          (0, .move(from: 0, to: 1)), (1, .move(from: 1, to: 2)), (2, .set(3)), (1, .observe(3)),
          (0, .observe(0)),
        ])) == [0, 4])
  }

  @Test("a crashed write comes after what its process did before, and holds nothing up")
  func crashedWrite() {
    let operations: [(process: Int32, Action)] = [
      (0, .observe(1)), (0, .set(2)), (0, .observe(1)), (1, .observe(2)), (2, .set(1)),
    ]
    #expect(violation(register, history(operations, crashed: [1])) == nil)
    #expect(violation(register, history(operations)) != nil)
    #expect(
      violation(
        register,
        history([(1, .observe(2)), (1, .set(1)), (0, .observe(1)), (0, .set(2))], crashed: [3]))
        == [0, 1, 2, 3])
  }

  @Test("the store buffers of two processes are not sequentially consistent")
  func storeBuffers() {
    let object = KeyValues(keyCount: 2, initial: 0)
    let operations: [(process: Int32, KeyValues.Operation)] = [
      (0, [.init(0, .write(1))]), (0, [.init(1, .read(0))]),
      (1, [.init(1, .write(1))]), (1, [.init(0, .read(0))]),
    ]
    #expect(violation(object, history(operations)) == [0, 1, 2, 3])
    #expect(violation(object, history(Array(operations.prefix(3)))) == nil)
  }

  @Test("two readers can't see independent writes in opposite orders")
  func independentWrites() {
    let object = KeyValues(keyCount: 2, initial: 0)
    let operations: [(process: Int32, KeyValues.Operation)] = [
      (0, [.init(0, .write(1))]), (1, [.init(1, .write(1))]),
      (2, [.init(0, .read(1))]), (2, [.init(1, .read(0))]),
      (3, [.init(1, .read(1))]), (3, [.init(0, .read(0))]),
    ]
    #expect(violation(object, history(operations)) == [0, 1, 2, 3, 4, 5])
    #expect(violation(object, history(Array(operations.prefix(5)))) == nil)
    #expect(
      violation(
        object,
        history([operations[0], operations[1], (2, [.init(0, .read(0)), .init(1, .read(1))])]))
        == nil)
  }

  @Test("operations of one process that overlap leave its order open")
  func overlap() {
    var history = ObjectHistory<Action>()
    let first = history.invoke(.set(1), process: 7, at: 0, completion: 2)
    let second = history.invoke(.set(2), process: 7, at: 1, completion: 3)
    history.complete(first)
    history.complete(second)
    guard case .undecided(.overlap(process: 7)) = SequentialJudge(register).judge(history) else {
      Issue.record("it was decided")
      return
    }
  }

  @Test("a search without hope ends with its budget")
  func budget() {
    var operations: [(process: Int32, Action)] = []
    for process in 0..<12 as Range<Int32> {
      for round in 0..<12 as Range<Int32> {
        operations.append((process, .set((process * 5 + round * 7) % 9)))
        operations.append((process, .observe((process + round * round) % 9)))
      }
    }
    let history = history(operations)
    for (budget, reason) in [
      (Budget(steps: 20_000), Exhaustion.steps),
      (Budget(memory: 1 << 10), .memory),
      (Budget { true }, .time),
    ] {
      let judge = SequentialJudge(register, budget: budget)
      guard case .undecided(.exhausted(reason)) = judge.judge(history) else {
        Issue.record("\(reason): \(judge.judge(history))")
        continue
      }
    }
  }
}
