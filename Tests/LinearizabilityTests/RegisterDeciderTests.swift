import Linearizability
import Testing

@Suite("Zones of a register whose values are written once")
struct RegisterDeciderTests {
  private typealias Timed = (Action, from: Int, to: Int?)

  private func size(_ operations: [Timed]) -> Int? {
    let history = history(operations)
    guard case .nonlinearizable(let certificate)? = Register(initial: 0).decide(history) else {
      return nil
    }
    let part = history.part(certificate.fates(count: history.count))
    let judgement = Judge(Register(initial: 0), usesDeciders: false).judge([part])
    return judgement.invalid == nil ? nil : part.count
  }

  private func isLinearizable(_ operations: [Timed]) -> Bool {
    Register(initial: 0).decide(history(operations)) == .linearizable
  }

  @Test("a stale read takes two or three operations to show")
  func staleRead() {
    #expect(
      size([
        (.set(1), 0, 1), (.observe(1), 2, 3), (.set(2), 4, 5), (.observe(2), 6, 7),
        (.observe(1), 8, 9), (.set(3), 10, 11),
      ]) == 3)
    #expect(size([(.set(1), 0, 1), (.observe(0), 2, 3)]) == 2)
  }

  @Test("a value read before its write, or without one, is not linearizable")
  func earlyRead() {
    #expect(size([(.observe(1), 0, 1), (.set(1), 2, 3)]) == 2)
    #expect(size([(.set(2), 0, 1), (.observe(1), 2, 3)]) == 1)
  }

  @Test("a value that is current inside the time of another is not linearizable")
  func backwardInsideForward() {
    #expect(
      size([
        (.set(1), 0, 1), (.set(2), 2, 7), (.observe(2), 3, 6), (.observe(1), 8, 9),
      ]) == 3)
    #expect(isLinearizable([(.set(1), 0, 1), (.set(2), 2, 9), (.observe(1), 3, 4)]))
  }

  @Test("a crashed write may take effect late, or never, but not twice")
  func crashedWrite() {
    #expect(isLinearizable([(.set(1), 0, nil), (.observe(0), 1, 2), (.observe(1), 3, 4)]))
    #expect(isLinearizable([(.set(1), 0, nil), (.observe(0), 1, 2)]))
    #expect(
      size([
        (.set(1), 0, nil), (.observe(1), 1, 2), (.set(2), 3, 4), (.observe(1), 5, 6),
      ]) == 4)
  }

  @Test("two compare-and-sets from one version are a lost update")
  func lostUpdate() {
    #expect(
      size([
        (.set(1), 0, 1), (.move(from: 1, to: 2), 2, 5), (.move(from: 1, to: 3), 3, 4),
      ]) == 3)
    #expect(size([(.move(from: 0, to: 2), 2, 5), (.move(from: 0, to: 3), 3, 4)]) == 2)
  }

  @Test("a chain of compare-and-sets leaves no time to another write")
  func chain() {
    let chain: [Timed] = [
      (.set(1), 0, 1), (.move(from: 1, to: 2), 2, 3), (.move(from: 2, to: 3), 8, 9),
    ]
    #expect(size(chain + [(.set(4), 4, 7)]) == 4)
    #expect(isLinearizable(chain + [(.set(4), 4, 10)]))
    #expect(size(chain + [(.observe(1), 4, 7)]) == 3)
    #expect(isLinearizable(chain + [(.observe(2), 4, 7)]))
    #expect(
      size([(.move(from: 1, to: 2), 0, 2), (.move(from: 2, to: 1), 1, 3)]) == 2)
  }

  @Test("a compare-and-set fails only where the value may be another")
  func failedCompareAndSet() {
    #expect(size([(.set(1), 0, 1), (.differ(1), 2, 3), (.observe(1), 4, 5)]) == 3)
    #expect(isLinearizable([(.set(1), 0, 1), (.differ(0), 2, 3), (.observe(1), 4, 5)]))
    #expect(isLinearizable([(.set(1), 0, 3), (.differ(1), 2, 4), (.observe(1), 5, 6)]))
    #expect(isLinearizable([(.set(1), 0, 1), (.differ(7), 2, 3)]))
    // Only a crashed write explains it.
    let explained: [Timed] = [(.set(1), 0, 1), (.set(2), 2, nil), (.differ(1), 3, 4)]
    #expect(Register(initial: 0).decide(history(explained)) == nil)
  }

  @Test("a value written twice, or the initial one written, is left to the search")
  func premise() {
    let register = Register(initial: 0)
    #expect(register.decide(history([(.set(1), 0, 1), (.set(1), 2, 3)])) == nil)
    #expect(register.decide(history([(.set(0), 0, 1)])) == nil)
    #expect(register.decide(history([(.set(1), 0, 1), (.move(from: 2, to: 1), 2, 3)])) == nil)
  }

  @Test("scattered values are numbered first", arguments: [1, 1_000_000_007, -5 as Int32])
  func scattered(value: Int32) {
    #expect(isLinearizable([(.set(value), 0, 1), (.observe(value), 2, 3)]))
    #expect(size([(.set(value), 0, 1), (.observe(0), 2, 3)]) == 2)
  }

  @Test(
    "zones agree with the definition and the search on random histories",
    arguments: [
      (writes: 50, moves: 0, denials: 0, repeats: 0, undecided: 1),
      (writes: 25, moves: 35, denials: 0, repeats: 0, undecided: 1),
      (writes: 10, moves: 60, denials: 0, repeats: 2, undecided: 10),
      (writes: 30, moves: 20, denials: 20, repeats: 0, undecided: 10),
    ])
  func twins(mix: (writes: Int, moves: Int, denials: Int, repeats: Int, undecided: Int)) {
    let scenes = [
      Scene(), Scene(clients: 3, operations: 9, crashes: 0, lies: 10),
      Scene(clients: 6, operations: 7, crashes: 30), Scene(clients: 4, operations: 9, lies: 6),
    ]
    var tally = Tally()
    let register = Register(initial: 0)
    for number in 0..<twinCount {
      var dice = Dice(seed: UInt64(number * 4 + mix.moves))
      var last: Int32 = 0
      let history = randomHistory(of: register, scenes[number % 4], &dice) { state, dice in
        let kind = dice.below(100)
        func fresh(_ dice: inout Dice) -> Int32 {
          if dice.chance(mix.repeats) { return dice.number(Int(last) + 1) }
          last += 1
          return last
        }
        if kind < mix.writes { return Action.set(fresh(&dice)) }
        if kind < mix.writes + mix.moves {
          return .move(from: state, to: dice.chance(3) ? state : fresh(&dice))
        }
        if kind < mix.writes + mix.moves + mix.denials {
          return .differ(max(0, last - dice.number(3)))
        }
        return .observe(dice.chance(1) ? dice.number(40) : state)
      }
      // Every other time values lie far from each other.
      let spread: Int32 = number % 2 == 0 ? 1 : 1_000_003
      let certificate = compareDecider(
        of: register, on: history.map { $0.spread(by: spread) }, &tally, name: "\(mix) \(number)")
      expectWriters(in: certificate, of: history)
    }
    tally.expectBothKinds(undecidedAtMost: mix.undecided)
    if mix.moves == 0 {
      #expect(tally.largest <= 6, "two values, each with its write and two reads")
    }
  }
}

/// A part of a history says something of the whole only with the writes of the values that it saw.
private func expectWriters(in part: [Int32], of history: ObjectHistory<Action>) {
  var seen: Set<Int32> = []
  for operation in part {
    switch history.operations[Int(operation)] {
    case .observe(let value), .differ(let value), .move(let value, _): seen.insert(value)
    case .set, .apply, .inspect: break
    }
  }
  for (number, action) in history.operations.enumerated() {
    switch action {
    case .set(let value) where seen.contains(value), .move(_, let value) where seen.contains(value):
      let isThere = part.contains(Int32(number)) || action.isPure
      let isLeftOut = !history.required[number]
      #expect(isThere || isLeftOut, "\(part) lacks \(number): \(history)")
    default: break
    }
  }
}

extension Action {
  fileprivate func spread(by factor: Int32) -> Action {
    switch self {
    case .observe(let value): .observe(value * factor)
    case .differ(let value): .differ(value * factor)
    case .set(let value): .set(value * factor)
    case .move(let from, let to): .move(from: from * factor, to: to * factor)
    case .apply, .inspect: self
    }
  }
}
