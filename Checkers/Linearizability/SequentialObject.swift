/// What an object does when its operations happen one at a time: the specification that a
/// concurrent history is judged against.
///
/// An operation here is an invocation together with what it answered; one that never answered says
/// only what it asked for. States and operations are values: the search numbers them, compares and
/// hashes them, and calls ``step(_:_:)`` once for each pair that it meets.
public protocol SequentialObject: Sendable {
  associatedtype State: Hashable & Sendable
  associatedtype Operation: Hashable & Sendable

  /// The state before the first operation.
  var initial: State { get }

  /// The state after an operation, or nothing where it can't happen, or not with its answer.
  func step(_ state: State, _ operation: Operation) -> State?

  /// Whether an operation never changes a state; false says nothing.
  func isPure(_ operation: Operation) -> Bool

  /// The bytes that a state holds beside its inline ones, about; those of its elements where it is
  /// a collection.
  func bytes(beside state: State) -> Int

  /// The parts of the state that an operation touches; nothing where there is no telling.
  ///
  /// Operations that have no part in common must commute: one must neither enable nor prevent the
  /// other, and both orders must lead to the same state.
  func touches(of operation: Operation) -> [Touch]?

  /// Whether operations that don't set a part anew may lead from a state to one in which, as far
  /// as that part is concerned, an operation is possible.
  ///
  /// True is always right; false lets the search turn back early. Asked only of operations that
  /// look at the part by ``touches(of:)``.
  func mayLead(_ state: State, to operation: Operation, part: Int32) -> Bool

  /// Tells what an operation needs to find in each part of the state that it touches and what it
  /// leaves there, once for each part.
  ///
  /// - Returns: Whether that is all there is to know of the operation.
  func forEachExchange(of operation: Operation, _ body: (Exchange) -> Void) -> Bool

  /// The content of a part before the first operation, where there are exchanges with it.
  func initialContent(of part: Int32) -> Int32

  /// Decides a history by a theorem about this kind of object, in about linear time.
  ///
  /// - Returns: Nothing where the theorem's premise doesn't hold on this history.
  func decide(_ history: ObjectHistory<Operation>) -> Decision?

  /// The history as the general search takes it: in integers.
  func numbered(_ history: ObjectHistory<Operation>) -> NumberedHistory<State>
}

extension SequentialObject {
  public func isPure(_ operation: Operation) -> Bool { false }

  public func bytes(beside state: State) -> Int { 0 }

  public func touches(of operation: Operation) -> [Touch]? { nil }

  public func mayLead(_ state: State, to operation: Operation, part: Int32) -> Bool { true }

  public func forEachExchange(of operation: Operation, _ body: (Exchange) -> Void) -> Bool { false }

  public func initialContent(of part: Int32) -> Int32 { 0 }

  public func decide(_ history: ObjectHistory<Operation>) -> Decision? { nil }

  @inlinable
  public func numbered(_ history: ObjectHistory<Operation>) -> NumberedHistory<State> {
    let numbering = Numbering(self)
    return NumberedHistory(numbering.actions(of: history), numbering.transitions) {
      numbering.states[Int($0)]
    }
  }
}

extension SequentialObject where State: Collection {
  @inlinable
  public func bytes(beside state: State) -> Int {
    32 + state.count * MemoryLayout<State.Element>.stride
  }
}

/// An object whose operations may lead to one of several states.
public protocol NondeterministicObject: Sendable {
  associatedtype State: Hashable & Sendable
  associatedtype Operation: Hashable & Sendable

  var initial: State { get }

  /// Every state in which an operation may leave the object; none where it can't happen.
  func successors(of state: State, _ operation: Operation) -> [State]

  /// Decides a history by a theorem, as ``SequentialObject/decide(_:)`` does.
  func decide(_ history: ObjectHistory<Operation>) -> Decision?
}

extension NondeterministicObject {
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? { nil }
}

/// A nondeterministic object as a deterministic one, whose states are the sets of its states.
///
/// An order of operations is legal for the one exactly if it is legal for the other.
public struct Powerset<Base: NondeterministicObject>: SequentialObject {
  public let base: Base

  public init(_ base: Base) { self.base = base }

  public var initial: Set<Base.State> { [base.initial] }

  public func step(_ state: Set<Base.State>, _ operation: Base.Operation) -> Set<Base.State>? {
    var after = Set<Base.State>()
    for member in state { after.formUnion(base.successors(of: member, operation)) }
    return after.isEmpty ? nil : after
  }

  public func decide(_ history: ObjectHistory<Base.Operation>) -> Decision? {
    base.decide(history)
  }
}
