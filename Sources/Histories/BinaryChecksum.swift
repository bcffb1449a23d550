/// The checksum of the blocks of binary histories: 64 bits of words in four lanes.
///
/// Each word changes its lane by a bijection, so that damage within one word is always found;
/// other damage with a probability of 1 − 2⁻⁶⁴.
enum BinaryChecksum {
  private static let seeds: (UInt64, UInt64, UInt64, UInt64) = (
    0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89
  )

  @inline(__always)
  private static func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    let product = (lane ^ word) &* 0x9e37_79b9_7f4a_7c15
    return product ^ product >> 32
  }

  /// The checksum of bytes, whose number must be a multiple of eight.
  static func value(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    var (a, b, c, d) = seeds
    func word(_ place: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }
    var place = 0
    while place + 32 <= bytes.count {
      a = step(a, word(place))
      b = step(b, word(place + 8))
      c = step(c, word(place + 16))
      d = step(d, word(place + 24))
      place += 32
    }
    while place + 8 <= bytes.count {
      a = step(a, word(place))
      place += 8
    }
    return step(step(step(step(UInt64(bytes.count), a), b), c), d)
  }
}
