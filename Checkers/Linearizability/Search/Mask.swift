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
  func hash(_ seed: UInt64) -> UInt64 { mixed(seed ^ word) }
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

  func hash(_ seed: UInt64) -> UInt64 { words.reduce(seed) { mixed($0 ^ $1) } }

  var bytes: Int { 32 + 8 * words.count }
}

/// A bijection of 64-bit words in which each bit of the input changes about half of the output.
///
/// The finalizer of SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*, OOPSLA 2014).
@inline(__always)
func mixed(_ word: UInt64) -> UInt64 {
  var word = word
  word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
  word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
  return word ^ (word >> 31)
}
