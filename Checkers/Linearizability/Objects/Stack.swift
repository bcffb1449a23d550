/// A stack: last in, first out.
public struct Stack: SequentialObject {
  public enum Operation: Hashable, Sendable {
    case push(Int32)
    case pop(Int32)
    /// Answered that the stack was empty.
    case popEmpty
    /// Never answered: took the last element, or found none.
    case popUnknown
  }

  public init() {}

  /// The elements, the first to leave last.
  public var initial: [Int32] { [] }

  public func step(_ state: [Int32], _ operation: Operation) -> [Int32]? {
    switch operation {
    case .push(let value): state + [value]
    case .pop(let value): state.last == value ? Array(state.dropLast()) : nil
    case .popEmpty: state.isEmpty ? state : nil
    case .popUnknown: Array(state.dropLast())
    }
  }

  public func isPure(_ operation: Operation) -> Bool { operation == .popEmpty }
}
