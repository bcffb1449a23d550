/// A set of thread numbers, as a bit for each; those below 64 need no allocation.
public struct ThreadSet: Hashable, Sendable {
  private var low: UInt64 = 0
  private var high: [UInt64] = []

  public init() {}

  public init(_ threads: some Sequence<Int>) {
    for thread in threads { insert(thread) }
  }

  public mutating func insert(_ thread: Int) {
    guard thread >= 64 else {
      low |= 1 << UInt64(thread)
      return
    }
    let word = thread / 64 - 1
    while high.count <= word { high.append(0) }
    high[word] |= 1 << UInt64(thread % 64)
  }

  public mutating func remove(_ thread: Int) {
    guard thread >= 64 else {
      low &= ~(1 << UInt64(thread))
      return
    }
    let word = thread / 64 - 1
    guard word < high.count else { return }
    high[word] &= ~(1 << UInt64(thread % 64))
    while high.last == 0 { high.removeLast() }
  }

  public func contains(_ thread: Int) -> Bool {
    guard thread >= 64 else { return low & (1 << UInt64(thread)) != 0 }
    let word = thread / 64 - 1
    return word < high.count && high[word] & (1 << UInt64(thread % 64)) != 0
  }

  public var count: Int { high.reduce(low.nonzeroBitCount) { $0 + $1.nonzeroBitCount } }
  public var isEmpty: Bool { low == 0 && high.isEmpty }

  public func intersects(_ other: ThreadSet) -> Bool {
    low & other.low != 0 || zip(high, other.high).contains { $0 & $1 != 0 }
  }

  public func intersection(_ other: ThreadSet) -> ThreadSet {
    var result = ThreadSet()
    result.low = low & other.low
    guard !high.isEmpty && !other.high.isEmpty else { return result }
    result.high = zip(high, other.high).map { $0 & $1 }
    while result.high.last == 0 { result.high.removeLast() }
    return result
  }

  /// The threads in ascending order.
  public var elements: [Int] { (0..<count).map { element(at: $0) } }

  /// The thread that has `place` smaller ones.
  ///
  /// - Precondition: `place` is below ``count``.
  public func element(at place: Int) -> Int {
    var place = place
    var base = 0
    for word in CollectionOfOne(low).lazy.map({ $0 }) + high {
      if place < word.nonzeroBitCount {
        var word = word
        for _ in 0..<place { word &= word - 1 }
        return base + word.trailingZeroBitCount
      }
      place -= word.nonzeroBitCount
      base += 64
    }
    preconditionFailure("a thread set of \(count) threads has no element \(place)")
  }
}
