public import Histories
public import Linearizability
public import Values
internal import Verdicts

/// A sequential object that a history is judged against, with states and operations as integers.
///
/// A model reads operations and numbers what they mention; the search then runs on integers alone.
/// Models whose operations are an ``Action`` with a meaning of its own need no ``apply(_:to:)``.
public protocol Model: Sendable {
  /// The name that people choose it by.
  var name: String { get }
  /// The state in which each object begins.
  var initial: Int32 { get }

  /// The object that an operation touches and the rest of its value; nothing where there is one
  /// object only.
  ///
  /// Objects are judged alone: linearizability is local (Herlihy and Wing, 1990).
  func split(f: String, value: Value) throws(ModelError) -> (key: Value, value: Value)?

  /// What a completed operation did, or what an indeterminate one may have done.
  ///
  /// - Returns: Nothing when the operation says nothing of the object.
  /// - Throws: When the model has no such operation, or the value has another shape.
  mutating func action(
    f: String, value: Value, process: Process
  ) throws(ModelError) -> Action?

  /// What a failed operation observed; nothing when failing only means that it did not happen.
  mutating func observation(ofFailed f: String, value: Value) throws(ModelError) -> Action?

  /// The state after an operation of the model's own, or a negative number where it can't happen.
  mutating func apply(_ operation: Int32, to state: Int32) -> Int32

  /// A state as people read it.
  func text(of state: Int32) -> String
}

extension Model {
  public func split(f: String, value: Value) throws(ModelError) -> (key: Value, value: Value)? {
    nil
  }

  public mutating func observation(
    ofFailed f: String, value: Value
  ) throws(ModelError) -> Action? { nil }

  public mutating func apply(_ operation: Int32, to state: Int32) -> Int32 { -1 }
}

/// Why a model can't read an operation.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    /// The model has no operation of that name.
    case unknownOperation
    /// The operation's value should have another shape.
    case shape(expected: String)
  }

  public var problem: Problem
  public var f: String
  public var value: Value
  /// The `index` of the operation's line, once that is known.
  public var index: Int?

  public init(_ problem: Problem, f: String, value: Value, index: Int? = nil) {
    self.problem = problem
    self.f = f
    self.value = value
    self.index = index
  }

  public var description: String {
    let place = index.map { "op \($0): " } ?? ""
    return switch problem {
    case .unknownOperation: "\(place)the model has no operation \(f)"
    case .shape(let expected):
      "\(place)\(f) should have \(expected) for a value, not \(value.text())"
    }
  }
}
