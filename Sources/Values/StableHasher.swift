/// A fast 64-bit hash that is the same in every process: not for adversaries, not for security.
///
/// Each word is folded by a 64 × 64 → 128-bit multiplication, as in wyhash.
public struct StableHasher: ByteSink, Sendable {
  @usableFromInline var state: UInt64
  @usableFromInline var count: UInt64 = 0

  @inlinable
  public init(seed: UInt64 = 0) { state = seed ^ 0xa076_1d64_78bd_642f }

  @inlinable
  public mutating func put(_ word: UInt64) {
    let product = (state ^ word).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
    state = product.high ^ product.low ^ word
    count &+= 1
  }

  @inlinable
  public mutating func put(_ byte: UInt8) { put(UInt64(byte) | 0x100) }

  @inlinable
  public mutating func put(_ bytes: [UInt8]) {
    var word: UInt64 = 0
    var filled: UInt64 = 0
    for byte in bytes {
      word |= UInt64(byte) << (8 * filled)
      filled += 1
      if filled == 8 {
        put(word)
        word = 0
        filled = 0
      }
    }
    put(word | (filled << 56))
  }

  /// The hash of everything put so far.
  @inlinable
  public var value: UInt64 { mixed(state ^ (count &* 0x9e37_79b9_7f4a_7c15)) }
}

/// A bijection of 64-bit words in which each bit of the input changes about half of the output.
///
/// The finalizer of SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number
/// generators*, OOPSLA 2014).
@inlinable
public func mixed(_ word: UInt64) -> UInt64 {
  var word = word
  word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
  word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
  return word ^ (word >> 31)
}
