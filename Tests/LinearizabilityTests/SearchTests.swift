import Glibc
import Linearizability
import Testing

/// How many random histories of each object are tried: more by the environment's SHRIKE_TWINS.
let twinCount = getenv("SHRIKE_TWINS").flatMap { Int(String(cString: $0)) } ?? 2000

@Suite("The general search agrees with the definition")
struct SearchTwinTests {
  /// The ways to search a history, all of which must agree.
  private func verdicts<Object: SequentialObject>(
    _ history: ObjectHistory<Object.Operation>, _ object: Object
  ) -> [(way: String, outcome: SearchOutcome)] {
    func search(
      isRecording: Bool = false, isByLevels: Bool = false, bits: Int = 1, slice: Int = 1 << 20,
      memory: Int = 1 << 28
    ) -> SearchOutcome {
      let numbered = object.numbered(history)
      let search = ResumableSearch(
        numbered.history, numbered.transitions, isRecording: isRecording,
        isByLevels: isByLevels, bits: bits)
      while true {
        let outcome = search.run(steps: slice, memory: memory)
        if outcome != .interrupted { return outcome }
      }
    }
    return [
      ("plain", search()), ("recorded", search(isRecording: true)),
      ("in slices", search(slice: 1)),
      ("by levels", search(isByLevels: true)),
      (
        "by levels, in slices",
        search(isByLevels: true, bits: 65, slice: 1)
      ), ("128 bits", search(bits: 128)),
      ("256 bits", search(bits: 256)), ("any bits", search(bits: 300)),
    ]
  }

  /// Compares searches of random histories with the definition.
  private func compare<Object: SequentialObject>(
    _ objects: [Object],
    _ scenes: [Scene] = [
      Scene(), Scene(clients: 3, operations: 10, crashes: 0),
      Scene(clients: 7, operations: 7, crashes: 30), Scene(crashes: 25, lies: 12),
    ],
    seed: UInt64,
    _ operation: (Object, Object.State, inout Dice) -> Object.Operation
  ) {
    var counts = [true: 0, false: 0]
    for number in 0..<twinCount {
      var dice = Dice(seed: seed << 32 + UInt64(number))
      let object = objects[number / scenes.count % objects.count]
      let history = randomHistory(of: object, scenes[number % scenes.count], &dice) {
        operation(object, $0, &$1)
      }
      let isValid = isLinearizable(history, object)
      counts[isValid, default: 0] += 1
      for (way, outcome) in verdicts(history, object) {
        switch outcome {
        case .valid: #expect(isValid, "\(number), \(way): \(history)")
        case .invalid(let event):
          #expect(!isValid, "\(number), \(way): \(history)")
          #expect(
            !isLinearizable(history, object, events: event + 1), "\(number), \(way): \(history)")
        case .interrupted, .outOfMemory: Issue.record("\(number), \(way): \(outcome)")
        }
      }
    }
    #expect(min(counts[true, default: 0], counts[false, default: 0]) * 10 > twinCount, "\(counts)")
  }

  /// Of few values, more answers must be wrong for as many histories to be invalid.
  private func scenes(_ values: Int) -> [Scene] {
    let lies = values < 5 ? 45 : 18
    return [
      Scene(lies: lies), Scene(clients: 3, operations: 10, crashes: 0, lies: lies),
      Scene(clients: 7, operations: 7, crashes: 30, lies: lies), Scene(crashes: 25, lies: lies),
    ]
  }

  @Test("on registers with compare-and-set, where failed ones are observed", arguments: [2, 3, 5])
  func registers(values: Int) {
    compare([Register(initial: 0)], scenes(values), seed: 1) { _, state, dice in
      switch dice.below(3) {
      case 0: return .observe(state)
      case 1: return .set(dice.number(values))
      default:
        let from = dice.chance(60) ? state : dice.number(values)
        return from == state ? .move(from: from, to: dice.number(values)) : .differ(from)
      }
    }
  }

  @Test("on registers without failed compare-and-sets", arguments: [2, 4, 1000], [0, 40])
  func plainRegisters(values: Int, casPercent: Int) {
    compare([Register(initial: 0)], scenes(values), seed: 2) { _, state, dice in
      if dice.chance(casPercent) {
        return .move(from: dice.chance(80) ? state : dice.number(values), to: dice.number(values))
      }
      return dice.chance(55) ? .observe(state) : .set(dice.number(values))
    }
  }

  @Test("on texts that are appended to")
  func texts() {
    let texts: [[UInt8]] = ["", "a", "b", "aa", "ab", "ba", "aab", "aba", "abb", "bab"].map {
      Array($0.utf8)
    }
    compare([AppendText(texts: texts)], seed: 3) { _, state, dice in
      switch dice.below(8) {
      case 0: return .write(dice.number(5))
      case 1...4: return .append(1 + dice.number(2))
      default: return .read(Int32(texts.firstIndex(of: state) ?? 0))
      }
    }
  }

  @Test("on registers under several keys", arguments: [1, 2, 3])
  func keyValues(keys: Int) {
    let texts: [[UInt8]] = ["", "a", "b", "aa", "ab", "ba", "aab", "aba"].map { Array($0.utf8) }
    let objects = [texts, []].map { KeyValues(keyCount: keys, initial: 0, texts: $0) }
    compare(objects, seed: 4) { object, state, dice in
      var after = state
      return (0...dice.below(3)).map { _ in
        let key = dice.number(keys)
        let number: Int32 =
          if case .known(let number) = after[Int(key)] { number } else { 0 }
        var effect: KeyValues.Effect
        switch dice.below(9) {
        case 0...3: effect = .read(number)
        case 4, 5: effect = object.texts.isEmpty ? .write(dice.number(3)) : .append(dice.number(3))
        case 6: effect = .cas(from: dice.chance(70) ? number : 1, to: dice.number(3))
        case 7: effect = .differ(from: dice.number(3))
        default: effect = .write(dice.number(3))
        }
        if dice.chance(10) { effect = .read(dice.number(4)) }
        let access = KeyValues.Access(key, effect)
        after = object.step(after, [access]) ?? after
        return access
      }
    }
  }

  @Test("on counters")
  func counters() {
    compare([Counter()], seed: 5) { _, state, dice in
      switch dice.below(4) {
      case 0, 1: .read(state)
      case 2: .add(Int64(dice.below(3)) - 1)
      default: .fetchAdd(Int64(dice.below(3)), before: dice.chance(90) ? state : nil)
      }
    }
  }

  @Test("on semaphores")
  func semaphores() {
    let scenes = [Scene(lies: 40), Scene(clients: 6, crashes: 20, lies: 60)]
    compare((1...3).map { Semaphore(permits: $0) }, scenes, seed: 6) { object, state, dice in
      if state > 0 && (state == object.permits || dice.chance(50)) {
        return .acquire(1 + Int64(dice.below(Int(state))))
      }
      return .release(1 + Int64(dice.below(Int(object.permits - state))))
    }
  }

  @Test("on queues")
  func queues() {
    compare([Queue()], seed: 7) { _, state, dice in
      if dice.chance(45) { return .enqueue(dice.number(3)) }
      if dice.chance(8) { return .dequeueUnknown }
      return state.first.map { .dequeue($0) } ?? .dequeueEmpty
    }
  }

  @Test("on sets, read whole or not", arguments: [0, 15])
  func sets(readPercent: Int) {
    let sets: [[Int32]] = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
    compare([ElementSet(sets: sets)], scenes(2), seed: 11) { _, state, dice in
      if dice.chance(readPercent) { return .read(Int32(sets.firstIndex(of: state) ?? 0)) }
      let element = dice.number(3)
      switch dice.below(4) {
      case 0: return .add(element)
      case 1: return .remove(element)
      default: return .contains(element, state.contains(element))
      }
    }
  }

  @Test("on stacks")
  func stacks() {
    compare([Stack()], seed: 8) { _, state, dice in
      if dice.chance(45) { return .push(dice.number(3)) }
      if dice.chance(8) { return .popUnknown }
      return state.last.map { .pop($0) } ?? .popEmpty
    }
  }

  @Test("on priority queues, which are nondeterministic")
  func priorityQueues() {
    compare([Powerset(PriorityQueue())], seed: 9) { _, state, dice in
      let elements = state.min { $0.lexicographicallyPrecedes($1) } ?? []
      if dice.chance(45) {
        return .insert(PriorityQueue.Element(priority: dice.number(2), value: dice.number(3)))
      }
      if dice.chance(8) { return .removeUnknown }
      return elements.first.map { .removeMin($0) } ?? .removeEmpty
    }
  }

  @Test("on locks")
  func locks() {
    let scenes = [Scene(lies: 25), Scene(clients: 6, crashes: 20, lies: 20)]
    compare([true, false].map { Lock(isReentrant: $0) }, scenes, seed: 10) { _, state, dice in
      if state.owner >= 0 && dice.chance(80) { return .release(owner: state.owner) }
      return .acquire(owner: dice.number(3), token: nil)
    }
  }
}
