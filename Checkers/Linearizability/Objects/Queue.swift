/// A queue: first in, first out.
public struct Queue: SequentialObject {
  public enum Operation: Hashable, Sendable {
    case enqueue(Int32)
    case dequeue(Int32)
    /// Answered that the queue was empty.
    case dequeueEmpty
    /// Never answered: took the first element, or found none.
    case dequeueUnknown
  }

  public init() {}

  /// The elements, the first to leave first.
  public var initial: [Int32] { [] }

  public func step(_ state: [Int32], _ operation: Operation) -> [Int32]? {
    switch operation {
    case .enqueue(let value): state + [value]
    case .dequeue(let value): state.first == value ? Array(state.dropFirst()) : nil
    case .dequeueEmpty: state.isEmpty ? state : nil
    case .dequeueUnknown: Array(state.dropFirst())
    }
  }

  public func isPure(_ operation: Operation) -> Bool { operation == .dequeueEmpty }
}
