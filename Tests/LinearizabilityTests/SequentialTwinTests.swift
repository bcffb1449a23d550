import Linearizability
import Testing

@Suite("Sequential consistency agrees with its definition")
struct SequentialTwinTests {
  private static let scenes = [
    Scene(clients: 3, operations: 10, crashes: 0, lies: 30),
    Scene(clients: 2, operations: 8, crashes: 10, lies: 50),
    Scene(clients: 4, operations: 11, crashes: 12, lies: 40),
    Scene(clients: 6, operations: 9, crashes: 35, lies: 60),
    Scene(clients: 3, operations: 10, crashes: 5, lies: 60),
  ]

  private func compare<Object: SequentialObject>(
    _ object: Object, seed: UInt64,
    _ makeOperation: () -> (Object.State, inout Dice) -> Object.Operation
  ) {
    var tally = Tally()
    var linearizable = 0
    for number in 0..<twinCount {
      var dice = Dice(seed: seed << 32 + UInt64(number))
      let scene = Self.scenes[number % Self.scenes.count]
      let history = randomProcesses(
        of: object, scene, &dice, goesOnAfterCrash: number % 3 == 0, makeOperation())
      let isValid = isSequential(history, object)
      if Judge(object).judge([history]).invalid == nil {
        linearizable += 1
        #expect(isValid, "linearizable \(number): \(history)")
      }
      let searched = SequentialJudge(object, usesDeciders: false).judge(history)
      switch searched {
      case .valid: #expect(isValid, "search \(number): \(history)")
      case .invalid(let certificate):
        #expect(!isValid, "search \(number): \(history)")
        check(certificate, of: history, object, number, &tally)
      case .undecided: Issue.record("undecided \(number): \(history)")
      }
      switch SequentialJudge(object).judge(history) {
      case .valid:
        tally.valid += 1
        #expect(isValid, "\(number): \(history)")
      case .invalid(let certificate):
        tally.invalid += 1
        #expect(!isValid, "\(number): \(history)")
        check(certificate, of: history, object, number, &tally)
      case .undecided: Issue.record("undecided \(number): \(history)")
      }
    }
    tally.expectBothKinds(undecidedAtMost: 0)
    #expect(linearizable > 0 && linearizable < tally.valid, "\(linearizable) of \(tally)")
  }

  /// A certificate's part is invalid, and stays so with no operation fewer.
  private func check<Object: SequentialObject>(
    _ certificate: Certificate, of history: ObjectHistory<Object.Operation>, _ object: Object,
    _ number: Int, _ tally: inout Tally
  ) {
    let part = history.part(certificate.fates(count: history.count))
    tally.largest = max(tally.largest, part.count)
    #expect(!isSequential(part, object), "certificate \(number): \(certificate) \(history)")
  }

  @Test("of a register whose values are written once")
  func uniqueRegister() {
    compare(Register(initial: 0), seed: 1) {
      var last: Int32 = 0
      return { state, dice in
        switch dice.below(9) {
        case 0...4: return .observe(state)
        case 5...6:
          last += 1
          return .set(last)
        default:
          last += 1
          return .move(from: state, to: last)
        }
      }
    }
  }

  @Test("of a register with few values, where a failed compare-and-set may be seen")
  func smallRegister() {
    compare(Register(initial: 0), seed: 2) {
      { state, dice in
        switch dice.below(9) {
        case 0...4: .observe(state)
        case 5...6: .set(dice.number(3))
        case 7: .move(from: state, to: dice.number(3))
        default: .differ((state + 1 + dice.number(2)) % 3)
        }
      }
    }
  }

  @Test("of several registers whose values are written once")
  func uniqueKeys() {
    compare(KeyValues(keyCount: 3, initial: 0), seed: 3) {
      var last: Int32 = 0
      return { state, dice in
        let keys = dice.chance(25) ? [0, 1] : [dice.below(3)]
        return keys.map { key in
          guard case .known(let value) = state[key] else { return .init(Int32(key), .read(0)) }
          if dice.chance(55) { return .init(Int32(key), .read(value)) }
          last += 1
          let effect: KeyValues.Effect =
            dice.chance(70) ? .write(last) : .cas(from: value, to: last)
          return .init(Int32(key), effect)
        }
      }
    }
  }

  @Test("of several registers with few values")
  func smallKeys() {
    compare(KeyValues(keyCount: 2, initial: 0), seed: 4) {
      { state, dice in
        let keys = dice.chance(25) ? [0, 1] : [dice.below(2)]
        return keys.map { key in
          guard case .known(let value) = state[key] else { return .init(Int32(key), .read(0)) }
          switch dice.below(10) {
          case 0...5: return .init(Int32(key), .read(value))
          case 6...7: return .init(Int32(key), .write(dice.number(3)))
          case 8: return .init(Int32(key), .cas(from: value, to: dice.number(3)))
          default: return .init(Int32(key), .differ(from: (value + 1 + dice.number(2)) % 3))
          }
        }
      }
    }
  }

  @Test("of a queue")
  func queue() {
    compare(Queue(), seed: 5) {
      { state, dice in
        dice.chance(50)
          ? .enqueue(dice.number(4)) : state.first.map { .dequeue($0) } ?? .dequeueEmpty
      }
    }
  }
}
