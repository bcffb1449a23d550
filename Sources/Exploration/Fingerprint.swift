public import Values

/// A hash of 128 bits that is the same in every process.
///
/// Fingerprints of a whole's parts are added up, so that of a whole of which one part has changed is
/// two additions away. Two of a billion different states have the same with a probability below
/// 10⁻²⁰.
public struct Fingerprint: Hashable, Comparable, Sendable {
  public var low: UInt64
  public var high: UInt64

  @inlinable
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// The neutral element of addition.
  @inlinable
  public static var zero: Fingerprint { Fingerprint(low: 0, high: 0) }

  /// The fingerprint of a number that plays a part; equal numbers in different parts differ.
  @inlinable
  public init(part: UInt64, _ number: UInt64) {
    low = mixed(number &+ mixed(part &+ 0x9e37_79b9_7f4a_7c15))
    high = mixed(low ^ mixed(number &* 0xd1b5_4a32_d192_ed03 &+ part))
  }

  @inlinable
  public static func &+ (left: Fingerprint, right: Fingerprint) -> Fingerprint {
    Fingerprint(low: left.low &+ right.low, high: left.high &+ right.high)
  }

  @inlinable
  public static func &- (left: Fingerprint, right: Fingerprint) -> Fingerprint {
    Fingerprint(low: left.low &- right.low, high: left.high &- right.high)
  }

  @inlinable
  public static func &+= (left: inout Fingerprint, right: Fingerprint) { left = left &+ right }

  @inlinable
  public static func < (left: Fingerprint, right: Fingerprint) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// Takes bytes, of which it keeps a fingerprint only.
@usableFromInline
struct FingerprintSink: ByteSink {
  @usableFromInline var first: StableHasher
  @usableFromInline var second: StableHasher

  /// - Parameter part: What the fingerprint is of; equal bytes in different parts differ.
  @inlinable
  init(part: UInt64) {
    first = StableHasher(seed: mixed(part))
    second = StableHasher(seed: mixed(part ^ 0x5851_f42d_4c95_7f2d))
  }

  @inlinable
  mutating func put(_ byte: UInt8) {
    first.put(byte)
    second.put(byte)
  }

  @inlinable
  mutating func put(_ word: UInt64) {
    first.put(word)
    second.put(word)
  }

  @inlinable
  mutating func put(_ bytes: [UInt8]) {
    first.put(bytes)
    second.put(bytes)
  }

  @inlinable
  var fingerprint: Fingerprint {
    // The second is mixed once more: what the hashers have in common must not show in the sum.
    Fingerprint(low: first.value, high: mixed(second.value &+ 0x2545_f491_4f6c_dd1d))
  }
}

/// What a fingerprint is of.
@usableFromInline
enum Part {
  @usableFromInline static let process: UInt64 = 1 << 32
  @usableFromInline static let disk: UInt64 = 2 << 32
  @usableFromInline static let envelope: UInt64 = 3 << 32
  @usableFromInline static let place: UInt64 = 4 << 32
  @usableFromInline static let clients: UInt64 = 5 << 32
  @usableFromInline static let memory: UInt64 = 6 << 32
  @usableFromInline static let budgets: UInt64 = 7 << 32
  @usableFromInline static let marks: UInt64 = 8 << 32
}
