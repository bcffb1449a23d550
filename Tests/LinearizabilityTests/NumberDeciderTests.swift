import Linearizability
import Testing

@Suite("Deciders of sets, counters and locks agree with the definition and the search")
struct NumberDeciderTests {
  private static let scenes = [
    Scene(crashes: 5, lies: 4), Scene(lies: 14),
    Scene(clients: 3, operations: 8, crashes: 0, lies: 20),
    Scene(clients: 6, operations: 8, crashes: 20, lies: 10),
    Scene(clients: 4, operations: 14, crashes: 0, lies: 4),
    Scene(clients: 5, operations: 12, crashes: 8, lies: 4),
    Scene(clients: 7, operations: 7, crashes: 0, lies: 8),
  ]

  private func compare<Object: SequentialObject>(
    _ object: Object, seed: UInt64, valid: Int = 15, invalid: Int = 15,
    _ operation: (Object.State, inout Dice, inout Int32) -> Object.Operation
  ) -> CollectionTwins {
    var twins = CollectionTwins()
    let count = 2 * twinCount
    for number in 0..<count {
      var dice = Dice(seed: seed << 32 + UInt64(number))
      var fresh: Int32 = 0
      let scene = Self.scenes[number % Self.scenes.count]
      let history = randomHistory(of: object, scene, &dice) { operation($0, &$1, &fresh) }
      twins.compare(object, history, "\(seed), \(number)")
    }
    #expect(twins.isBalanced(of: count, valid: valid, invalid: invalid), "\(twins)")
    return twins
  }

  @Test("on sets whose elements are asked for one by one", arguments: [2, 100])
  func elements(range: Int) {
    let twins = compare(ElementSet(), seed: 31, invalid: 2) { state, dice, fresh in
      switch dice.below(range > 10 ? 3 : 4) {
      case 0:
        fresh += 1
        return .add(range > 10 ? fresh : dice.number(range))
      case 3: return .remove(dice.number(range))
      default:
        let element = range > 10 ? Int32(1 + dice.below(Int(fresh) + 1)) : dice.number(range)
        return .contains(element, state.contains(element))
      }
    }
    #expect(twins.undecided == 0 && twins.longest <= 6, "\(twins)")
  }

  @Test("on sets that grow and are read whole")
  func growing() {
    var sets: [[Int32]] = []
    for mask in 0..<256 { sets.append((0..<8).filter { mask >> $0 & 1 == 1 }.map { Int32($0) }) }
    let all = sets
    let twins = compare(ElementSet(sets: sets), seed: 32) { state, dice, fresh in
      if dice.chance(50), fresh < 8 {
        fresh += 1
        return .add(fresh - 1)
      }
      return .read(Int32(all.firstIndex(of: state) ?? 0))
    }
    #expect(twins.undecided == 0, "\(twins)")
  }

  @Test("on tickets", arguments: [1, 3])
  func tickets(delta: Int) {
    _ = compare(Counter(initial: 2), seed: 33) { state, dice, _ in
      if dice.chance(25) { return .read(state) }
      return .fetchAdd(Int64(delta == 1 ? 1 : 1 + dice.below(delta)), before: state)
    }
  }

  @Test("on tickets of which some never answered")
  func lostTickets() {
    var twins = CollectionTwins()
    for number in 0..<2 * twinCount {
      var dice = Dice(seed: 34 << 32 + UInt64(number))
      let scene = Scene(
        clients: 3 + number % 4, operations: 8, crashes: 25, lies: number % 3 * 8)
      let history = randomHistory(of: Counter(), scene, &dice) { state, dice in
        dice.chance(25) ? .read(state) : .fetchAdd(2, before: state)
      }
      let isRequired = history.required
      var place = -1
      twins.compare(
        Counter(),
        history.map { operation in
          place += 1
          if case .fetchAdd(let delta, _) = operation, !isRequired[place] {
            return .fetchAdd(delta, before: nil)
          }
          return operation
        }, "34, \(number)")
    }
    #expect(twins.isBalanced(of: 2 * twinCount) && twins.undecided == 0, "\(twins)")
  }

  @Test("on counters that go up by one number", arguments: [1, -2] as [Int64])
  func phases(delta: Int64) {
    let twins = compare(Counter(initial: 1), seed: 35) { state, dice, _ in
      dice.chance(50) ? .read(state) : .add(delta)
    }
    #expect(twins.undecided == 0, "\(twins)")
  }

  @Test("on counters that go up and down, where the bounds are only necessary")
  func bounds() {
    let twins = compare(Counter(), seed: 36, valid: 0, invalid: 3) { state, dice, _ in
      dice.chance(50) ? .read(state) : .add(Int64(dice.below(7)) - 3)
    }
    #expect(twins.invalid > 0)
  }

  @Test("on semaphores of single permits", arguments: [1, 2] as [Int64])
  func semaphores(permits: Int64) {
    let twins = compare(Semaphore(permits: permits), seed: 37) { state, dice, _ in
      if dice.chance(12) { return dice.chance(50) ? .acquire(1) : .release(1) }
      if state == 0 { return .release(1) }
      return state == permits || dice.chance(50) ? .acquire(1) : .release(1)
    }
    #expect(twins.undecided == 0, "\(twins)")
  }

  /// Clients of a lock, each with a process of its own, some of whose answers are early or lost.
  private func lockHistory(
    isReentrant: Bool, withTokens: Bool, _ dice: inout Dice
  ) -> ObjectHistory<Lock.Operation> {
    struct Client {
      var owner: Int32
      var depth = 0
      var open: (operation: Int, isAcquire: Bool, isEffective: Bool)?
    }
    var clients = (0..<3).map { Client(owner: Int32($0)) }
    var next: Int32 = 3
    var holder: Int32?
    var holds = 0
    var token: Int64 = 0
    var lines: [(operation: Int, isReturn: Bool)] = []
    var operations: [Lock.Operation] = []
    let lies = dice.below(3) * 6
    while operations.count < 9 || clients.contains(where: { $0.open != nil }) {
      let number = dice.below(clients.count)
      var client = clients[number]
      if let open = client.open {
        if open.isEffective {
          lines.append((open.operation, true))
          client.open = nil
        } else if open.isAcquire {
          let isFree = holder == nil || (isReentrant && holder == client.owner)
          if isFree || dice.chance(lies) || (operations.count >= 9 && dice.chance(20)) {
            if isFree { (holder, holds) = (client.owner, holds + 1) }
            client.depth += 1
            token += dice.chance(lies / 2) ? 0 : 1
            operations[open.operation] = .acquire(
              owner: client.owner, token: withTokens ? token : nil)
            client.open?.isEffective = true
          }
        } else {
          client.depth -= 1
          if holder == client.owner {
            holds -= 1
            if holds == 0 { holder = nil }
          }
          client.open?.isEffective = true
        }
        if dice.chance(4), client.open != nil {
          client = Client(owner: next)
          next += 1
        }
      } else if operations.count < 9 {
        let canRelease = client.depth > 0 || dice.chance(lies / 3)
        let isAcquire =
          client.depth == 0 || (isReentrant && dice.chance(40))
          ? !(client.depth == 0 && canRelease) : false
        client.open = (operations.count, isAcquire, false)
        lines.append((operations.count, false))
        operations.append(
          isAcquire ? .acquire(owner: client.owner, token: nil) : .release(owner: client.owner))
      }
      clients[number] = client
    }
    var history = ObjectHistory<Lock.Operation>()
    for (line, entry) in lines.enumerated() {
      if entry.isReturn {
        history.complete(Int32(entry.operation))
      } else {
        let end = lines.firstIndex { $0.isReturn && $0.operation == entry.operation }
        _ = history.invoke(operations[entry.operation], at: line, completion: end)
      }
    }
    return history
  }

  @Test("on locks", arguments: [false, true], [false, true])
  func locks(isReentrant: Bool, withTokens: Bool) {
    var twins = CollectionTwins()
    for number in 0..<2 * twinCount {
      var dice = Dice(seed: 38 << 32 + UInt64(number))
      let history = lockHistory(isReentrant: isReentrant, withTokens: withTokens, &dice)
      twins.compare(Lock(isReentrant: isReentrant), history, "38, \(number)")
    }
    #expect(twins.isBalanced(of: 2 * twinCount, valid: 2), "\(twins)")
  }

  @Test("on locks that are everybody's")
  func ownerless() {
    let twins = compare(Lock(), seed: 39) { state, dice, _ in
      if dice.chance(12) {
        return dice.chance(50) ? .acquire(owner: 0, token: nil) : .release(owner: 0)
      }
      return state.owner < 0 ? .acquire(owner: 0, token: nil) : .release(owner: 0)
    }
    #expect(twins.undecided * 5 < twins.valid, "\(twins)")
  }
}
