import Linearizability
import Testing

/// A list whose reads answer the list itself.
struct PlainList: SequentialObject {
  enum Operation: Hashable, Sendable {
    case read([Int32])
    case append(Int32)
  }

  var initial: [Int32] = []

  func step(_ state: [Int32], _ operation: Operation) -> [Int32]? {
    switch operation {
    case .read(let list): list == state ? state : nil
    case .append(let element): state + [element]
    }
  }

  /// The same history with the lists that were read by number.
  func numbered(
    _ history: ObjectHistory<Operation>
  ) -> (AppendList, ObjectHistory<AppendList.Operation>) {
    var lists: [[Int32]] = []
    let numbered = history.map { operation -> AppendList.Operation in
      switch operation {
      case .append(let element): return .append(element)
      case .read(let list):
        let number = lists.firstIndex(of: list) ?? lists.count
        if number == lists.count { lists.append(list) }
        return .read(Int32(number))
      }
    }
    return (AppendList(lists: lists, initial: initial), numbered)
  }
}

@Suite("The order of a list that only grows")
struct AppendListDeciderTests {
  private typealias Timed = (PlainList.Operation, from: Int, to: Int?)

  /// The operations of the certificate; 0 where the history is linearizable.
  private func size(_ operations: [Timed], initial: [Int32] = []) -> Int? {
    let (object, history) = PlainList(initial: initial).numbered(history(operations))
    switch object.decide(history) {
    case nil: return nil
    case .linearizable: return 0
    case .nonlinearizable(let certificate):
      let part = history.part(certificate.fates(count: history.count))
      #expect(Judge(object, usesDeciders: false).judge([part]).invalid != nil)
      return part.count
    }
  }

  @Test("a read that lacks an element appended before it takes two operations to show")
  func staleRead() {
    let appends: [Timed] = [(.append(1), 0, 1), (.append(2), 2, 3)]
    #expect(size(appends + [(.read([1]), 4, 5)]) == 3)
    #expect(size(appends + [(.read([]), 4, 5)]) == 2)
    #expect(size(appends + [(.read([1, 2]), 4, 5)]) == 0)
    #expect(size(appends + [(.read([2, 1]), 4, 5)]) == 3)
  }

  @Test("elements from nowhere, twice, or in two orders are not linearizable")
  func answers() {
    #expect(size([(.append(1), 0, 1), (.read([1, 2]), 2, 3)]) == 1)
    #expect(size([(.append(1), 0, 1), (.read([1, 1]), 2, 3)]) == 2)
    #expect(size([(.append(1), 0, 1), (.read([2, 1]), 2, 3)], initial: [3]) == 1)
    #expect(
      size([
        (.append(1), 0, 8), (.append(2), 1, 9), (.read([1, 2]), 2, 4), (.read([2]), 3, 5),
        (.append(3), 6, 7),
      ]) == 4)
  }

  @Test("an append that nobody read comes last")
  func unread() {
    let read: Timed = (.read([1]), 4, 5)
    #expect(size([(.append(1), 0, 1), (.append(2), 2, 3), read]) == 3)
    #expect(size([(.append(1), 0, 1), (.append(2), 2, 6), read]) == 0)
    #expect(size([(.append(1), 0, 1), (.append(2), 2, nil), read]) == 0)
    #expect(size([(.append(2), 0, 1), (.append(1), 2, nil), read]) == 3)
  }

  @Test("an element that two operations append is left to the search")
  func premise() {
    #expect(size([(.append(1), 0, 1), (.append(1), 2, 3), (.read([1]), 4, 5)]) == nil)
    #expect(size([(.append(1), 0, 1), (.append(1), 2, 3)]) == 0)
  }

  @Test("it agrees with the definition and the search on random histories")
  func twins() {
    let scenes = [
      Scene(), Scene(clients: 3, operations: 9, crashes: 0, lies: 10),
      Scene(clients: 6, operations: 7, crashes: 30), Scene(clients: 4, operations: 8, lies: 6),
    ]
    var tally = Tally()
    for number in 0..<twinCount {
      var dice = Dice(seed: UInt64(number))
      let plain = PlainList(initial: number % 3 == 0 ? [90, 91] : [])
      var last: Int32 = 0
      let history = randomHistory(of: plain, scenes[number % 4], &dice) { state, dice in
        if dice.chance(50) {
          if dice.chance(97) { last += 1 }
          return PlainList.Operation.append(last)
        }
        var list = state
        if dice.chance(2) { list.shuffle(with: &dice) }
        if dice.chance(2) { list.append(last) }
        return .read(list)
      }
      let (object, numbered) = plain.numbered(history)
      compareDecider(of: object, on: numbered, &tally, name: "\(number)")
    }
    tally.expectBothKinds(undecidedAtMost: 10)
  }
}

extension Array {
  fileprivate mutating func shuffle(with dice: inout Dice) {
    for place in indices { swapAt(place, dice.below(count)) }
  }
}
