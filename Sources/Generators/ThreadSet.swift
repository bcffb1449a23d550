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
    trim()
  }

  public func contains(_ thread: Int) -> Bool {
    guard thread >= 64 else { return low & (1 << UInt64(thread)) != 0 }
    let word = thread / 64 - 1
    return word < high.count && high[word] & (1 << UInt64(thread % 64)) != 0
  }

  public var count: Int {
    var count = low.nonzeroBitCount
    for word in high { count += word.nonzeroBitCount }
    return count
  }

  public var isEmpty: Bool { low == 0 && high.isEmpty }

  public func intersects(_ other: ThreadSet) -> Bool {
    if low & other.low != 0 { return true }
    for word in 0..<min(high.count, other.high.count) where high[word] & other.high[word] != 0 {
      return true
    }
    return false
  }

  public func isSubset(of other: ThreadSet) -> Bool {
    guard low & ~other.low == 0 else { return false }
    for word in high.indices {
      let allowed = word < other.high.count ? other.high[word] : 0
      if high[word] & ~allowed != 0 { return false }
    }
    return true
  }

  public func intersection(_ other: ThreadSet) -> ThreadSet {
    var result = ThreadSet()
    result.low = low & other.low
    guard !high.isEmpty && !other.high.isEmpty else { return result }
    result.high = zip(high, other.high).map { $0 & $1 }
    result.trim()
    return result
  }

  public func subtracting(_ other: ThreadSet) -> ThreadSet {
    var result = self
    result.low &= ~other.low
    guard !high.isEmpty && !other.high.isEmpty else { return result }
    for word in 0..<min(high.count, other.high.count) { result.high[word] &= ~other.high[word] }
    result.trim()
    return result
  }

  /// The threads in ascending order.
  public var elements: [Int] {
    var elements: [Int] = []
    elements.reserveCapacity(count)
    for place in 0...high.count {
      var word = place == 0 ? low : high[place - 1]
      while word != 0 {
        elements.append(place * 64 + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
    return elements
  }

  /// The thread that has `place` smaller ones.
  ///
  /// - Precondition: `place` is below ``count``.
  public func element(at place: Int) -> Int {
    var smaller = place
    if smaller < low.nonzeroBitCount { return Self.bit(smaller, of: low) }
    smaller -= low.nonzeroBitCount
    for index in high.indices {
      let word = high[index]
      if smaller < word.nonzeroBitCount { return (index + 1) * 64 + Self.bit(smaller, of: word) }
      smaller -= word.nonzeroBitCount
    }
    preconditionFailure("a thread set of \(count) threads has no element \(place)")
  }

  private static func bit(_ place: Int, of word: UInt64) -> Int {
    var word = word
    for _ in 0..<place { word &= word - 1 }
    return word.trailingZeroBitCount
  }

  /// Equal sets have equal words, so none of them ends in empty ones.
  private mutating func trim() {
    while high.last == 0 { high.removeLast() }
  }
}
