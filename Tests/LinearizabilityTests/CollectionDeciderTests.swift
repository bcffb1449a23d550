import Linearizability
import Testing

@Suite("Deciders of collections agree with the definition and the search")
struct CollectionDeciderTests {
  private static let scenes = [
    Scene(crashes: 5, lies: 0), Scene(lies: 14),
    Scene(clients: 3, operations: 9, crashes: 0, lies: 20),
    Scene(clients: 6, operations: 9, crashes: 20, lies: 6),
    Scene(clients: 4, operations: 14, crashes: 0, lies: 4),
    Scene(clients: 5, operations: 12, crashes: 4, lies: 4),
    Scene(clients: 7, operations: 8, crashes: 0, lies: 0),
  ]

  /// Compares on random histories, of which some have two answers of a kind exchanged.
  private func compare<Object: SequentialObject>(
    _ object: Object, seed: UInt64, valid: Int = 15,
    isRemoval: (Object.Operation) -> Bool,
    _ operation: (Object.State, inout Dice, inout Int32) -> Object.Operation
  ) -> CollectionTwins {
    var twins = CollectionTwins()
    let count = 2 * twinCount
    for number in 0..<count {
      var dice = Dice(seed: seed << 32 + UInt64(number))
      var fresh: Int32 = 0
      let scene = Self.scenes[number % Self.scenes.count]
      var history = randomHistory(of: object, scene, &dice) { operation($0, &$1, &fresh) }
      let removals = history.operations.indices.filter { isRemoval(history.operations[$0]) }
      if removals.count > 1, dice.chance(40) {
        let place = dice.below(removals.count - 1)
        history = history.swapping(removals[place], removals[place + 1])
      }
      twins.compare(object, history, "\(seed), \(number)")
    }
    #expect(twins.isBalanced(of: count, valid: valid), "\(twins)")
    return twins
  }

  @Test("on queues of distinct values")
  func queues() {
    let twins = compare(Queue(), seed: 21) {
      if case .dequeue = $0 { true } else { false }
    } _: { state, dice, fresh in
      if dice.chance(50) {
        fresh += 1
        return .enqueue(fresh)
      }
      if dice.chance(3) { return .dequeueUnknown }
      return state.first.map { .dequeue($0) } ?? .dequeueEmpty
    }
    #expect(twins.undecided > 0 && twins.undecided * 2 < twins.valid)
  }

  @Test("on stacks of distinct values")
  func stacks() {
    let twins = compare(Stack(), seed: 22) {
      if case .pop = $0 { true } else { false }
    } _: { state, dice, fresh in
      if dice.chance(50) {
        fresh += 1
        return .push(fresh)
      }
      if dice.chance(2) { return .popUnknown }
      return state.last.map { .pop($0) } ?? .popEmpty
    }
    #expect(twins.undecided > 0 && twins.undecided * 2 < twins.valid)
  }

  @Test("on priority queues of distinct elements", arguments: [2, 100] as [Int32])
  func priorityQueues(priorities: Int32) {
    let twins = compare(Powerset(PriorityQueue()), seed: 23) {
      if case .removeMin = $0 { true } else { false }
    } _: { state, dice, fresh in
      if dice.chance(50) {
        fresh += 1
        return .insert(
          PriorityQueue.Element(priority: dice.number(Int(priorities)), value: fresh))
      }
      if dice.chance(2) { return .removeUnknown }
      let elements = state.min { $0.lexicographicallyPrecedes($1) } ?? []
      return elements.first.map { .removeMin($0) } ?? .removeEmpty
    }
    #expect(twins.undecided > 0 && twins.undecided * 2 < twins.valid)
  }
}
