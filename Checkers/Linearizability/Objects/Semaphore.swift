/// A number of permits that are acquired and released.
public struct Semaphore: SequentialObject {
  public enum Operation: Hashable, Sendable {
    case acquire(Int64)
    case release(Int64)
  }

  public let permits: Int64

  public init(permits: Int64) { self.permits = permits }

  /// The free permits.
  public var initial: Int64 { permits }

  /// More permits than there are can't be released.
  public func step(_ state: Int64, _ operation: Operation) -> Int64? {
    switch operation {
    case .acquire(let count): state >= count ? state - count : nil
    // Not the sum, which may be more than any number.
    case .release(let count): count <= permits - state ? state + count : nil
    }
  }
}
