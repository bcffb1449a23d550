import Linearizability
import Testing

@Suite("The order of a register's versions")
struct VersionedRegisterDeciderTests {
  private typealias Operation = VersionedRegister.Operation

  /// The operations of the certificate; 0 where the history is linearizable.
  private func size(_ operations: [(Operation, from: Int, to: Int?)]) -> Int? {
    let object = VersionedRegister(initial: 0)
    let history = history(operations)
    switch object.decide(history) {
    case nil: return nil
    case .linearizable: return 0
    case .nonlinearizable(let certificate):
      let part = history.part(certificate.fates(count: history.count))
      #expect(Judge(object, usesDeciders: false).judge([part]).invalid != nil)
      return part.count
    }
  }

  @Test("a version may be skipped, but none is made twice or out of turn")
  func order() {
    let write: Operation = .write(value: 1, version: 5)
    #expect(size([(write, 0, 1), (.read(value: 1, version: 5), 2, 3)]) == 0)
    #expect(size([(write, 0, 1), (.write(value: 2, version: 4), 2, 3)]) == 2)
    #expect(size([(write, 0, 3), (.write(value: 2, version: 4), 1, 2)]) == 0)
    #expect(size([(write, 0, 3), (.write(value: 2, version: 5), 1, 2)]) == 2)
    #expect(size([(write, 0, 1), (.read(value: 0, version: 0), 2, 3)]) == 2)
    #expect(size([(.write(value: 1, version: 0), 0, 1)]) == 1)
  }

  @Test("a read of a value that its version never had is not linearizable")
  func values() {
    let write: Operation = .write(value: 1, version: 5)
    #expect(size([(write, 0, 1), (.read(value: 2, version: 5), 2, 3)]) == 2)
    #expect(size([(write, 0, 1), (.read(value: 1, version: 6), 2, 3)]) == 1)
  }

  @Test("a compare-and-set needs what it expected right before it")
  func compareAndSet() {
    let write: Operation = .write(value: 1, version: 3)
    #expect(size([(write, 0, 1), (.cas(from: 1, to: 2, version: 4), 2, 3)]) == 0)
    #expect(size([(write, 0, 1), (.cas(from: 0, to: 2, version: 4), 2, 3)]) == 2)
    #expect(size([(write, 0, 1), (.casVersion(from: 3, to: 2, version: 9), 2, 3)]) == 0)
    #expect(size([(write, 0, 1), (.casVersion(from: 0, to: 2, version: 9), 2, 3)]) == 2)
    #expect(size([(write, 0, 1), (.casVersion(from: 2, to: 2, version: 9), 2, 3)]) == 1)
  }

  @Test("a crashed write made the version that was seen with its value, and only that one")
  func crashed() {
    let write: Operation = .write(value: 1, version: nil)
    let read: Operation = .read(value: 1, version: 4)
    #expect(size([(write, 0, nil), (read, 1, 2)]) == 0)
    #expect(size([(read, 0, 1), (write, 2, nil)]) == 2)
    #expect(size([(write, 0, nil), (read, 1, 2), (.read(value: 1, version: 5), 3, 4)]) == 3)
    #expect(size([(write, 0, nil), (.write(value: 1, version: nil), 1, nil), (read, 2, 3)]) == nil)
    #expect(size([(write, 0, nil), (.cas(from: 1, to: 2, version: 4), 1, 2)]) == nil)
  }

  @Test(
    "it agrees with the definition and the search on random histories",
    arguments: [(stride: 1, values: 100), (stride: 3, values: 100), (stride: 1000, values: 4)])
  func twins(stride: Int, values: Int) {
    let scenes = [
      Scene(), Scene(clients: 3, operations: 9, crashes: 0, lies: 10),
      Scene(clients: 6, operations: 7, crashes: 25), Scene(clients: 4, operations: 8, lies: 6),
    ]
    var tally = Tally()
    let object = VersionedRegister(initial: 0)
    for number in 0..<twinCount {
      var dice = Dice(seed: UInt64(number))
      var last: Int32 = 0
      let random = randomHistory(of: object, scenes[number % 4], &dice) { state, dice in
        let kind = dice.below(100)
        last += 1
        let value = last % Int32(values)
        let step = Int64(1 + dice.below(stride) - (dice.chance(2) ? stride : 0))
        let version = max(0, state.version + step)
        switch kind {
        case ..<35: return Operation.write(value: value, version: version)
        case ..<50: return .cas(from: state.value, to: value, version: version)
        case ..<60: return .casVersion(from: state.version, to: value, version: version)
        default:
          let seen = dice.chance(2) ? dice.number(4) : state.value
          return .read(value: seen, version: state.version)
        }
      }
      // What never returned doesn't know its version, as a rule.
      var operations = random.operations
      for (number, isRequired) in random.required.enumerated() where !isRequired {
        if dice.chance(90) { operations[number] = operations[number].unanswered }
      }
      var numbers = operations.makeIterator()
      let history = random.map { numbers.next() ?? $0 }
      compareDecider(of: object, on: history, &tally, name: "\(number)")
    }
    tally.expectBothKinds(undecidedAtMost: 15)
  }
}

extension VersionedRegister.Operation {
  fileprivate var unanswered: Self {
    switch self {
    case .read: self
    case .write(let value, _): .write(value: value, version: nil)
    case .cas(let from, let to, _): .cas(from: from, to: to, version: nil)
    case .casVersion(let from, let to, _): .casVersion(from: from, to: to, version: nil)
    }
  }
}
