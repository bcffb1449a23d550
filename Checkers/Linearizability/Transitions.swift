/// How an object's states follow each other, with states and operations as dense integers.
public struct Transitions {
  /// The state in which the object begins.
  public let initial: Int32
  /// What knows the operations that are no ``Action``s with a meaning of their own.
  let machine: StateMachine?

  /// The transitions of an object whose operations are all ``Action``s with a meaning of their own.
  public init(initial: Int32) {
    self.initial = initial
    machine = nil
  }

  /// - Parameter apply: The state after the operation with a number, or a negative number where it
  ///   can't happen.
  public init(
    initial: Int32, apply: @escaping (_ operation: Int32, _ state: Int32) -> Int32
  ) {
    self.init(initial: initial, FunctionMachine(apply))
  }

  @usableFromInline
  init(initial: Int32, _ machine: StateMachine) {
    self.initial = initial
    self.machine = machine
  }
}

/// A history in integers, with what its states are.
public struct NumberedHistory<State> {
  public var history: ObjectHistory<Action>
  public var transitions: Transitions
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

/// States and operations of an object as integers, worked out as they are met.
@usableFromInline
class StateMachine {
  @usableFromInline
  init() {}

  /// One that is never asked; it has no state, so threads may share it.
  nonisolated(unsafe) static let none = StateMachine()

  /// The state after the operation with a number, or a negative number where it can't happen.
  @usableFromInline
  func apply(_ operation: Int32, _ state: Int32) -> Int32 { -1 }

  /// What it holds in memory, about.
  @usableFromInline
  var bytes: Int { 0 }

  /// The parts of the state that an operation touches, with how; nothing where all are one.
  @usableFromInline
  func touches(of operation: Int32) -> [Touch]? { nil }

  /// Whether operations that don't set a part anew may lead from a state to one in which, as far
  /// as that part is concerned, an operation is possible.
  @usableFromInline
  func mayLead(_ state: Int32, to operation: Int32, _ part: Int32) -> Bool { true }

  /// Whether it can ``keep(_:)`` some states only.
  @usableFromInline
  var canForget: Bool { false }

  /// Forgets all states but some.
  ///
  /// - Returns: Their new numbers.
  @usableFromInline
  func keep(_ states: [Int32]) -> [Int32] { states }
}

/// Transitions by a function.
final class FunctionMachine: StateMachine {
  private let function: (Int32, Int32) -> Int32

  init(_ function: @escaping (Int32, Int32) -> Int32) { self.function = function }

  override func apply(_ operation: Int32, _ state: Int32) -> Int32 { function(operation, state) }
}
