import Glibc
import Linearizability
import Testing

@Suite("Searches within bounds")
struct SearchBudgetTests {
  /// A history of a register of few values under so many hands that its search takes a while.
  private func busy(_ seed: UInt64, operations: Int = 60, lies: Int = 4) -> ObjectHistory<Action> {
    var dice = Dice(seed: seed)
    let scene = Scene(clients: 8, operations: operations, crashes: 4, lies: lies)
    return randomHistory(of: Register(initial: 0), scene, &dice) { state, dice in
      switch dice.below(3) {
      case 0: return .observe(state)
      case 1: return .set(dice.number(4))
      default:
        let from = dice.chance(60) ? state : dice.number(4)
        return from == state ? .move(from: from, to: dice.number(4)) : .differ(from)
      }
    }
  }

  private func outcome(
    _ history: ObjectHistory<Action>, isByLevels: Bool = false, memory: Int = 1 << 28
  ) -> (outcome: SearchOutcome, forgot: Bool) {
    let search = ResumableSearch(history, Transitions(initial: 0), isByLevels: isByLevels)
    return (search.run(steps: 4_000_000, memory: memory), search.isForgetting)
  }

  @Test("come to the same verdict when they forget, by levels, and in competition")
  func forgetting() {
    var forgetful = 0
    var valid = 0
    let count = max(twinCount / 10, 100)
    for seed in 0..<UInt64(count) {
      let history = busy(seed)
      let isValid = outcome(history).outcome == .valid
      if isValid { valid += 1 }
      let starved = outcome(history, memory: 6_000)
      if starved.forgot { forgetful += 1 }
      if starved.outcome == .interrupted { continue }
      #expect((starved.outcome == .valid) == isValid, "\(seed): \(starved)")
      #expect((outcome(history, isByLevels: true).outcome == .valid) == isValid, "\(seed)")
      let pace = Portfolio.Pace(firstSlice: 16, patience: 0, hardness: 0)
      let judgement = Portfolio.judge(1, within: Budget(), pace: pace) { _, isByLevels in
        ResumableSearch(history, Transitions(initial: 0), isByLevels: isByLevels)
      }
      #expect((judgement.invalid == nil) == isValid && judgement.undecided.isEmpty, "\(seed)")
    }
    #expect(forgetful * 10 > count && min(valid, count - valid) * 10 > count)
  }

  @Test("find the first object that is invalid within the fewest steps, on two threads too")
  func portfolio() {
    for seed in 0..<UInt64(max(twinCount / 100, 20)) {
      let histories = (0..<8).map { busy(seed * 8 + $0, operations: 40, lies: 1) }
      let isInvalid = histories.map { outcome($0).outcome != .valid }
      func judge(patience: Int) -> Portfolio.Judgement {
        let pace = Portfolio.Pace(firstSlice: 16, patience: patience, hardness: .max)
        return Portfolio.judge(8, within: Budget(), pace: pace) { object, isByLevels in
          ResumableSearch(histories[object], Transitions(initial: 0), isByLevels: isByLevels)
        }
      }
      let (threaded, alone) = (judge(patience: 0), judge(patience: .max))
      #expect(threaded.invalid?.object == alone.invalid?.object, "\(seed)")
      #expect(threaded.undecided.isEmpty, "\(seed)")
      if let invalid = threaded.invalid {
        #expect(isInvalid[invalid.object], "\(seed)")
      } else {
        #expect(!isInvalid.contains(true), "\(seed)")
      }
    }
  }

  /// The most memory that the process has held so far.
  private var peak: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(0), &usage)
    return usage.ru_maxrss << 10
  }

  /// Operations that are all open to the end, where one must see what nothing leads to in the end.
  private func hopeless<Operation: Sendable>(
    _ open: [Operation], _ last: Operation
  ) -> ObjectHistory<Operation> {
    var history = ObjectHistory<Operation>()
    let numbers = open.map { history.invoke($0, at: 0, completion: 1) }
    let number = history.invoke(last, at: 0, completion: 1)
    history.complete(number)
    for number in numbers { history.complete(number) }
    return history
  }

  @Test("of a hopeless register end undecided, in little more memory than they may have")
  func register() {
    let open: [Action] =
      (0..<40).map { .set($0) } + (0..<40).map { .move(from: $0, to: (7 * $0 + 1) % 40) }
      + [.move(from: 40, to: 41)]
    let before = peak
    let budget = Budget(steps: 6_000_000, memory: 64 << 20)
    let judgement = Judge(Register(initial: 0), budget: budget, usesDeciders: false).judge([
      hopeless(open, .observe(41))
    ])
    #expect(judgement.undecided.map(\.reason) == [.steps])
    #expect(peak - before < (64 << 20) + (64 << 20))
  }

  @Test("of a hopeless queue end undecided, in little more memory than they may have")
  func queue() {
    let before = peak
    let budget = Budget(steps: 1_000_000, memory: 64 << 20)
    let judgement = Judge(Queue(), budget: budget, usesDeciders: false).judge([
      hopeless((0..<40).map { .enqueue($0) }, .dequeue(40))
    ])
    #expect(judgement.undecided.map(\.reason) == [.steps])
    #expect(peak - before < (64 << 20) + (64 << 20))
  }

  @Test("of a hopeless object end when the time is over")
  func time() {
    let budget = Budget(isExpired: { true })
    let judgement = Judge(Queue(), budget: budget, usesDeciders: false).judge([
      hopeless((0..<40).map { .enqueue($0) }, .dequeue(40))
    ])
    #expect(judgement.undecided.map(\.reason) == [.time])
  }
}
