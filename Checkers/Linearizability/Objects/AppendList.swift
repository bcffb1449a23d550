/// A list that is appended to and read whole.
public struct AppendList: SequentialObject {
  public enum Operation: Hashable, Sendable {
    /// Answered the list with this number.
    case read(Int32)
    case append(Int32)
  }

  /// The lists that reads answered, by number, as the numbers of their elements.
  public let lists: [[Int32]]
  public let initial: [Int32]

  public init(lists: [[Int32]], initial: [Int32] = []) {
    self.lists = lists
    self.initial = initial
  }

  public func step(_ state: [Int32], _ operation: Operation) -> [Int32]? {
    switch operation {
    case .read(let list): lists[Int(list)] == state ? state : nil
    case .append(let element): state + [element]
    }
  }

  public func isPure(_ operation: Operation) -> Bool {
    if case .read = operation { true } else { false }
  }
}
