/// An object's history in integers: its operations numbered, its states numbered as they are met.
@usableFromInline
final class Numbering<Object: SequentialObject>: StateMachine {
  @usableFromInline let object: Object
  /// The states met so far; their places are their numbers.
  @usableFromInline var states: [Object.State]
  @usableFromInline var stateNumbers: [Object.State: Int32]
  @usableFromInline var operations: [Object.Operation] = []
  @usableFromInline var operationNumbers: [Object.Operation: Int32] = [:]
  @usableFromInline let memo = TransitionMemo()
  /// What the states hold beside their inline bytes.
  @usableFromInline var bytesBeside = 0

  @inlinable
  init(_ object: Object) {
    self.object = object
    states = [object.initial]
    stateNumbers = [object.initial: 0]
  }

  /// The same history with each operation as the ``Action`` that it is to the search.
  @inlinable
  func actions(of history: ObjectHistory<Object.Operation>) -> ObjectHistory<Action> {
    history.map { operation in
      let number: Int32
      if let known = operationNumbers[operation] {
        number = known
      } else {
        number = Int32(operations.count)
        operations.append(operation)
        operationNumbers[operation] = number
      }
      return object.isPure(operation) ? .inspect(number) : .apply(number)
    }
  }

  /// The transitions between numbered states, which are worked out once each.
  @inlinable
  var transitions: Transitions { Transitions(initial: 0, self) }

  @inlinable
  override func apply(_ operation: Int32, _ state: Int32) -> Int32 {
    let known = memo.find(operation, state)
    return known != TransitionMemo.unknown ? known : work(out: operation, state)
  }

  @inlinable
  func work(out operation: Int32, _ state: Int32) -> Int32 {
    let after = object.step(states[Int(state)], operations[Int(operation)])
    let number = after.map(number(of:)) ?? -1
    memo.remember(operation, state, number)
    return number
  }

  @inlinable
  func number(of state: Object.State) -> Int32 {
    let number = Int32(states.count)
    let known = stateNumbers[state, default: number]
    if known != number { return known }
    stateNumbers[state] = number
    states.append(state)
    bytesBeside += object.bytes(beside: state)
    return number
  }

  @inlinable
  override var bytes: Int {
    memo.bytes + bytesBeside + states.count * (4 * MemoryLayout<Object.State>.stride + 16)
  }

  @inlinable
  override func touches(of operation: Int32) -> [Touch]? {
    object.touches(of: operations[Int(operation)])
  }

  @inlinable
  override func mayLead(_ state: Int32, to operation: Int32, _ part: Int32) -> Bool {
    object.mayLead(states[Int(state)], to: operations[Int(operation)], part: part)
  }

  @inlinable
  override var canForget: Bool { true }

  @inlinable
  override func keep(_ kept: [Int32]) -> [Int32] {
    states = kept.map { states[Int($0)] }
    stateNumbers = [:]
    bytesBeside = 0
    for (number, state) in states.enumerated() {
      stateNumbers[state] = Int32(number)
      bytesBeside += object.bytes(beside: state)
    }
    memo.removeAll()
    return kept.indices.map { Int32($0) }
  }
}

/// The transitions worked out so far, in one open-addressed array.
@usableFromInline
final class TransitionMemo {
  /// What ``find(_:_:)`` answers for a transition that is not here.
  @usableFromInline static var unknown: Int32 { -2 }

  struct Entry {
    var operation: Int32 = -1
    var state: Int32 = 0
    var after: Int32 = TransitionMemo.unknown
  }

  private var entries = Column<Entry>(repeating: Entry(), count: 64)
  private var count = 0

  @usableFromInline
  init() {}

  @usableFromInline
  var bytes: Int { entries.bytes }

  @usableFromInline
  func find(_ operation: Int32, _ state: Int32) -> Int32 {
    entries[place(of: operation, state)].after
  }

  /// Remembers a transition that is not here yet.
  @usableFromInline
  func remember(_ operation: Int32, _ state: Int32, _ after: Int32) {
    if count * 2 >= entries.count { grow() }
    entries[place(of: operation, state)] = Entry(operation: operation, state: state, after: after)
    count += 1
  }

  @usableFromInline
  func removeAll() {
    entries = Column(repeating: Entry(), count: 64)
    count = 0
  }

  @inline(__always)
  private func place(of operation: Int32, _ state: Int32) -> Int {
    let last = entries.count - 1
    let key = UInt64(UInt32(bitPattern: operation)) << 32 | UInt64(UInt32(bitPattern: state))
    var place = Int((key &* 0x9e37_79b9_7f4a_7c15) >> 32) & last
    while entries[place].operation != -1 {
      if entries[place].operation == operation && entries[place].state == state { break }
      place = (place + 1) & last
    }
    return place
  }

  private func grow() {
    let old = exchange(&entries, with: Column(repeating: Entry(), count: entries.count * 2))
    for number in 0..<old.count where old[number].operation != -1 {
      let entry = old[number]
      entries[place(of: entry.operation, entry.state)] = entry
    }
  }
}
