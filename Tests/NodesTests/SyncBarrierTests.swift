import Nodes
import Testing
import Values

struct SyncBarrierTests {
  @Test("the barrier obeys the rule as it is written down", arguments: 0..<400 as Range<UInt64>)
  func model(seed: UInt64) {
    var draws = Draws(seed: seed)
    var barrier = SyncBarrier<Quiet>()
    var naive = NaiveBarrier()
    var number = 0
    for round in 0..<60 {
      let isIdle = barrier.isIdle
      if barrier.isSyncing && draws.chance(0.4) {
        if draws.chance(0.1) {
          #expect(barrier.syncFailed().map(\.rawValue) == naive.fail(), "seed \(seed), \(round)")
          #expect(barrier.isIdle)
        } else {
          var ready: [Effect<Quiet>] = []
          let tokens = barrier.syncSucceeded(into: &ready)
          let output = Self.output(ready, tokens)
          #expect(output == naive.succeed(), "seed \(seed), round \(round)")
        }
      } else {
        let steps = (0..<draws.below(6)).map { _ in
          number += 1
          return Self.step(number, &draws)
        }
        var ready: [Effect<Quiet>] = []
        barrier.admit(steps.map(\.effect), into: &ready)
        let expected = naive.admit(steps)
        #expect(Self.output(ready, []) == expected, "seed \(seed), round \(round): \(steps)")
        // Whatever passes at once keeps the order in which it was asked for.
        let numbers = ready.compactMap { Step($0)?.number }
        #expect(numbers == numbers.sorted(), "seed \(seed), round \(round)")
        if isIdle && !steps.contains(where: { if case .sync = $0 { true } else { false } }) {
          #expect(numbers == steps.map(\.number), "seed \(seed), round \(round)")
        }
      }
      #expect(barrier.isSyncing == !naive.running.isEmpty, "seed \(seed), round \(round)")
    }
  }

  @Test("what follows a sync leaves when it has succeeded")
  func order() {
    var barrier = SyncBarrier<Quiet>()
    var ready: [Effect<Quiet>] = []
    barrier.admit(
      [.store(1), .sync(2, hasToken: false), .outgoing(3), .immediate(4)].map(\Step.effect),
      into: &ready)
    #expect(
      Self.output(ready, []) == .init(stored: [1], immediate: [4], startsSyncAfter: 1))
    #expect(!barrier.isIdle)
    ready = []
    barrier.admit([Step.outgoing(5).effect], into: &ready)
    #expect(ready.isEmpty)
    #expect(barrier.syncSucceeded(into: &ready).isEmpty)
    #expect(Self.output(ready, []) == .init(outgoing: [3, 5]))
    #expect(barrier.isIdle)
  }

  @Test("syncs asked for while one runs are satisfied together")
  func groupCommit() {
    var barrier = SyncBarrier<Quiet>()
    var ready: [Effect<Quiet>] = []
    for number in 1...4 {
      barrier.admit(
        [.store(number), .sync(number, hasToken: true)].map(\Step.effect), into: &ready)
    }
    #expect(Self.output(ready, []).stored == [1, 2, 3, 4])
    #expect(ready.count { $0.isSync } == 1)
    ready = []
    #expect(barrier.syncSucceeded(into: &ready) == [Token(1)])
    #expect(ready.count { $0.isSync } == 1)
    ready = []
    #expect(barrier.syncSucceeded(into: &ready) == [Token(2), Token(3), Token(4)])
    #expect(ready.isEmpty)
  }

  @Test("a failed sync drops what is held, and tells of every sync that won't succeed")
  func failure() {
    var barrier = SyncBarrier<Quiet>()
    var ready: [Effect<Quiet>] = []
    let steps: [Step] = [
      .store(1), .sync(2, hasToken: true), .outgoing(3), .store(4), .sync(5, hasToken: true),
    ]
    barrier.admit(steps.map(\.effect), into: &ready)
    ready = []
    #expect(barrier.syncFailed() == [Token(2), Token(5)])
    barrier.admit([Step.outgoing(6).effect, Step.store(7).effect], into: &ready)
    #expect(Self.output(ready, []) == .init(outgoing: [6], stored: [7]))
  }

  @Test("a failed sync without a token stops the node, whatever waits behind it")
  func failureWithoutToken() {
    var barrier = SyncBarrier<Quiet>()
    var ready: [Effect<Quiet>] = []
    barrier.admit([Step.sync(1, hasToken: false).effect], into: &ready)
    barrier.admit([Step.sync(2, hasToken: true).effect], into: &ready)
    #expect(barrier.syncFailed() == [])
    #expect(barrier.isIdle)
  }

  static func step(_ number: Int, _ draws: inout Draws) -> Step {
    switch draws.below(10) {
    case 0...2: .outgoing(number)
    case 3...5: .store(number)
    case 6: .sync(number, hasToken: true)
    case 7...8: .sync(number, hasToken: false)
    default: .immediate(number)
    }
  }

  static func output(_ ready: [Effect<Quiet>], _ tokens: [Token]) -> NaiveBarrier.Output {
    var output = NaiveBarrier.Output(tokens: tokens.map(\.rawValue))
    for effect in ready {
      switch Step(effect) {
      case .outgoing(let number): output.outgoing.append(number)
      case .store(let number): output.stored.append(number)
      case .immediate(let number): output.immediate.append(number)
      case .sync, nil: output.startsSyncAfter = output.stored.count
      }
    }
    return output
  }
}

extension Effect {
  fileprivate var isSync: Bool { if case .sync = self { true } else { false } }
}
