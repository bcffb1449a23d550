import Linearizability
import Testing

@Suite("k-atomicity")
struct KAtomicityTests {
  private func staleness(_ operations: [(Action, from: Int, to: Int?)]) -> Staleness? {
    Staleness(of: history(operations), initial: 0)
  }

  @Test("a read may be late by one write, or by two")
  func late() {
    let writes: [(Action, from: Int, to: Int?)] = [
      (.set(1), 0, 1), (.set(2), 2, 3), (.set(3), 4, 5),
    ]
    #expect(staleness(writes + [(.observe(3), 6, 7)])?.k == 1)
    #expect(staleness(writes + [(.observe(2), 6, 7)])?.k == 2)
    let worse = staleness(writes + [(.observe(1), 6, 7)])
    #expect(worse?.k == nil)
    #expect(worse?.certificate?.operations == [0, 1, 2, 3])
    #expect(staleness(writes + [(.observe(0), 2, 5)])?.k == 2)
  }

  @Test("reads of three values after their writes are too many")
  func threeValues() {
    let history: [(Action, from: Int, to: Int?)] = [
      (.set(1), 0, 3), (.set(2), 1, 4), (.set(3), 2, 5),
      (.observe(1), 6, 7), (.observe(2), 8, 9), (.observe(3), 10, 11),
    ]
    let staleness = staleness(history)
    #expect(staleness != nil)
    #expect(staleness?.k == nil)
    #expect(staleness?.certificate?.operations.count == 6)
  }

  @Test("a read before its write, or of nothing, is worse than stale")
  func early() {
    #expect(staleness([(.observe(1), 0, 1), (.set(1), 2, 3)])?.certificate?.operations == [0, 1])
    #expect(staleness([(.observe(1), 0, 1)])?.certificate?.operations == [0])
  }

  @Test("what is no read nor write, or a value written twice, is not judged")
  func premise() {
    #expect(staleness([(.set(1), 0, 1), (.set(1), 2, 3)]) == nil)
    #expect(staleness([(.set(0), 0, 1)]) == nil)
    #expect(staleness([(.move(from: 0, to: 1), 0, 1)]) == nil)
    #expect(staleness([(.differ(1), 0, 1)]) == nil)
  }

  @Test("it agrees with the definition, and 1-atomic with linearizable")
  func twins() {
    let scenes = [
      Scene(clients: 3, operations: 8, crashes: 0, lies: 40),
      Scene(clients: 5, operations: 9, crashes: 10, lies: 45),
      Scene(clients: 8, operations: 9, crashes: 15, lies: 60),
      Scene(clients: 2, operations: 9, crashes: 5, lies: 50),
    ]
    var tallies = [1: Tally(), 2: Tally()]
    for number in 0..<twinCount {
      var dice = Dice(seed: 77 << 32 + UInt64(number))
      var last: Int32 = 0
      var latest: [Int32] = [0]
      let history = randomHistory(
        of: Register(initial: 0), scenes[number % scenes.count], &dice
      ) { state, dice in
        guard dice.chance(45) else {
          return .observe(dice.chance(50) ? state : latest[dice.below(latest.count)])
        }
        last += 1
        latest = Array((latest + [last]).suffix(4))
        return .set(last)
      }
      var isAtomic: [Int: Bool] = [:]
      for k in 1...2 {
        isAtomic[k] = isKAtomic(history, k: k, initial: 0)
        compare(history, k, isAtomic[k] == true, number, &tallies[k, default: Tally()])
      }
      #expect(isAtomic[1] == isLinearizable(history, Register(initial: 0)), "\(number)")
      #expect(isAtomic[1] == false || isAtomic[2] == true, "\(number)")
      let smallest = Staleness(of: history, initial: 0)
      let k = isAtomic[1] == true ? 1 : isAtomic[2] == true ? 2 : nil
      #expect(smallest != nil && smallest?.k == k, "\(number)")
    }
    for tally in tallies.values { tally.expectBothKinds(undecidedAtMost: 0) }
  }

  private func compare(
    _ history: ObjectHistory<Action>, _ k: Int, _ isAtomic: Bool, _ number: Int,
    _ tally: inout Tally
  ) {
    switch KAtomicity(k: k, initial: 0).judge(history) {
    case nil: tally.undecided += 1
    case .atomic:
      tally.valid += 1
      #expect(isAtomic, "\(k), \(number): \(history)")
    case .stale(let certificate):
      tally.invalid += 1
      #expect(!isAtomic, "\(k), \(number): \(history)")
      let part = history.part(certificate.fates(count: history.count))
      tally.largest = max(tally.largest, part.count)
      #expect(
        !isKAtomic(part, k: k, initial: 0), "\(k), \(number): \(certificate) \(history)")
    }
  }
}
