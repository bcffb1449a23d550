/// A number that is added to, read, and fetched while it is added to.
public struct Counter: SequentialObject {
  public enum Operation: Hashable, Sendable {
    case add(Int64)
    case read(Int64)
    /// Answered the number before the addition; nothing where it never answered.
    case fetchAdd(Int64, before: Int64?)
  }

  public let initial: Int64

  public init(initial: Int64 = 0) { self.initial = initial }

  public func step(_ state: Int64, _ operation: Operation) -> Int64? {
    switch operation {
    case .add(let delta): state &+ delta
    case .read(let seen): seen == state ? state : nil
    case .fetchAdd(let delta, let before):
      before == nil || before == state ? state &+ delta : nil
    }
  }

  public func isPure(_ operation: Operation) -> Bool {
    switch operation {
    case .read, .add(0), .fetchAdd(0, _): true
    case .add, .fetchAdd: false
    }
  }
}
