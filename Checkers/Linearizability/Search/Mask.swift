/// A set of small integers as bits.
protocol Mask: Equatable, Sendable {
  /// The empty set, with room for the numbers below `bits`.
  init(bits: Int)
  func contains(_ bit: Int) -> Bool
  mutating func insert(_ bit: Int)
  mutating func remove(_ bit: Int)
  func isSubset(of other: Self) -> Bool
  /// The least element that is not below `bit` and not in `excluded`, or -1.
  func first(from bit: Int, excluding excluded: Self) -> Int
  func hash(_ seed: UInt64) -> UInt64
  /// The bytes that a set holds beside its inline ones.
  var bytes: Int { get }
}

/// A set of integers below 64.
struct NarrowMask: Mask {
  private var word: UInt64 = 0

  init(bits: Int) { precondition(bits <= 64, "\(bits) bits don't fit a word") }

  @inline(__always)
  func contains(_ bit: Int) -> Bool { word &>> UInt64(bit) & 1 != 0 }
  @inline(__always)
  mutating func insert(_ bit: Int) { word |= 1 &<< UInt64(bit) }
  @inline(__always)
  mutating func remove(_ bit: Int) { word &= ~(1 &<< UInt64(bit)) }
  @inline(__always)
  func isSubset(of other: NarrowMask) -> Bool { word & ~other.word == 0 }
  @inline(__always)
  func first(from bit: Int, excluding excluded: NarrowMask) -> Int {
    guard bit < 64 else { return -1 }
    let rest = word & ~excluded.word & (~0 &<< UInt64(bit))
    return rest == 0 ? -1 : rest.trailingZeroBitCount
  }
  @inline(__always)
  func hash(_ seed: UInt64) -> UInt64 { folded(seed, word) }
  @inline(__always)
  var bytes: Int { 0 }
}

/// A set of integers below twice the bound of its halves.
struct PairMask<Half: Mask>: Mask {
  private var low: Half
  private var high: Half

  /// How many integers the lower half holds.
  @inline(__always)
  private static var width: Int { MemoryLayout<Half>.size * 8 }

  init(bits: Int) {
    precondition(bits <= 2 * Self.width, "\(bits) bits don't fit \(2 * Self.width)")
    low = Half(bits: 0)
    high = Half(bits: 0)
  }

  @inline(__always)
  func contains(_ bit: Int) -> Bool {
    bit < Self.width ? low.contains(bit) : high.contains(bit - Self.width)
  }
  @inline(__always)
  mutating func insert(_ bit: Int) {
    if bit < Self.width { low.insert(bit) } else { high.insert(bit - Self.width) }
  }
  @inline(__always)
  mutating func remove(_ bit: Int) {
    if bit < Self.width { low.remove(bit) } else { high.remove(bit - Self.width) }
  }
  @inline(__always)
  func isSubset(of other: PairMask) -> Bool {
    low.isSubset(of: other.low) && high.isSubset(of: other.high)
  }
  @inline(__always)
  func first(from bit: Int, excluding excluded: PairMask) -> Int {
    if bit < Self.width {
      let first = low.first(from: bit, excluding: excluded.low)
      if first >= 0 { return first }
    }
    let first = high.first(from: max(bit - Self.width, 0), excluding: excluded.high)
    return first < 0 ? -1 : first + Self.width
  }
  @inline(__always)
  func hash(_ seed: UInt64) -> UInt64 { high.hash(low.hash(seed)) }
  @inline(__always)
  var bytes: Int { 0 }
}

/// A set of integers below any bound.
struct WideMask: Mask {
  private var words: [UInt64]

  init(bits: Int) { words = [UInt64](repeating: 0, count: (bits + 63) / 64) }

  func contains(_ bit: Int) -> Bool { words[bit / 64] &>> UInt64(bit % 64) & 1 != 0 }
  mutating func insert(_ bit: Int) { words[bit / 64] |= 1 &<< UInt64(bit % 64) }
  mutating func remove(_ bit: Int) { words[bit / 64] &= ~(1 &<< UInt64(bit % 64)) }

  func isSubset(of other: WideMask) -> Bool {
    for place in words.indices where words[place] & ~other.words[place] != 0 { return false }
    return true
  }

  func first(from bit: Int, excluding excluded: WideMask) -> Int {
    var place = bit / 64
    var kept: UInt64 = ~0 &<< UInt64(bit % 64)
    while place < words.count {
      let rest = words[place] & ~excluded.words[place] & kept
      if rest != 0 { return place * 64 + rest.trailingZeroBitCount }
      kept = ~0
      place += 1
    }
    return -1
  }

  func hash(_ seed: UInt64) -> UInt64 { words.reduce(seed) { folded($0, $1) } }

  var bytes: Int { 32 + 8 * words.count }
}

/// Two words hashed to one: both halves of a product, folded.
///
/// The two constants, some bits of π, keep small numbers from being factors of nothing.
@inline(__always)
func folded(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let product = (a ^ 0x243f_6a88_85a3_08d3).multipliedFullWidth(by: b ^ 0x1319_8a2e_0370_7344)
  return product.high ^ product.low
}
