/// How an object's states follow each other, with states and operations as dense integers.
public struct Transitions {
  /// The state in which the object begins.
  public let initial: Int32
  /// The state after the operation with a number, or a negative number where it can't happen.
  let apply: (_ operation: Int32, _ state: Int32) -> Int32

  /// The transitions of an object whose operations are all ``Action``s with a meaning of their own.
  public init(initial: Int32) {
    self.init(initial: initial) { _, _ in -1 }
  }

  public init(
    initial: Int32, apply: @escaping (_ operation: Int32, _ state: Int32) -> Int32
  ) {
    self.initial = initial
    self.apply = apply
  }
}

/// A history in integers, with what its states are.
public struct NumberedHistory<State> {
  public var history: ObjectHistory<Action>
  var transitions: Transitions
  /// The state with a number that the search has met.
  public var state: (Int32) -> State

  public init(
    _ history: ObjectHistory<Action>, _ transitions: Transitions,
    state: @escaping (Int32) -> State
  ) {
    self.history = history
    self.transitions = transitions
    self.state = state
  }
}

/// An object's history in integers: its operations numbered, its states numbered as they are met.
final class Numbering<Object: SequentialObject> {
  let object: Object
  /// The states met so far; their places are their numbers.
  private(set) var states: [Object.State]
  private var stateNumbers: [Object.State: Int32]
  private var operations: [Object.Operation] = []
  private var operationNumbers: [Object.Operation: Int32] = [:]
  private var memory: [UInt64: Int32] = [:]

  init(_ object: Object) {
    self.object = object
    states = [object.initial]
    stateNumbers = [object.initial: 0]
  }

  /// The same history with each operation as the ``Action`` that it is to the search.
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
  var transitions: Transitions {
    Transitions(initial: 0) { operation, state in self.apply(operation, to: state) }
  }

  private func apply(_ operation: Int32, to state: Int32) -> Int32 {
    let key = UInt64(UInt32(bitPattern: operation)) << 32 | UInt64(UInt32(bitPattern: state))
    if let known = memory[key] { return known }
    let after = object.step(states[Int(state)], operations[Int(operation)]).map(number(of:)) ?? -1
    memory[key] = after
    return after
  }

  private func number(of state: Object.State) -> Int32 {
    if let known = stateNumbers[state] { return known }
    let number = Int32(states.count)
    states.append(state)
    stateNumbers[state] = number
    return number
  }
}
