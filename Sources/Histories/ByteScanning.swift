import Values

/// A place in text behind which there are zeros: what scans it needs no other end.
///
/// A zero begins and continues nothing, so that a scanner stops at one; it may look up to
/// ``TextWindow/padding`` bytes ahead.
typealias BytePointer = UnsafePointer<UInt8>

extension UnsafePointer where Pointee == UInt8 {
  /// The next eight bytes, the first in the lowest place.
  @inline(__always)
  var word: UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(self).loadUnaligned(as: UInt64.self))
  }

  /// The text up to another place.
  @inline(__always)
  func text(to end: BytePointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: self, count: end - self)
  }

  /// Passes a decimal integer of at most 18 digits and without leading zeros.
  ///
  /// - Returns: Nothing where something else stands here, and then the place is the same.
  @inline(__always)
  mutating func takeInteger() -> Int? {
    var place = self
    let isNegative = place.pointee == UInt8(ascii: "-")
    if isNegative { place += 1 }
    let first = place
    var magnitude = 0
    while case let digit = place.pointee &- UInt8(ascii: "0"), digit < 10 {
      magnitude = magnitude &* 10 &+ Int(digit)
      place += 1
    }
    let count = place - first
    guard count > 0, count <= 18, count == 1 || first.pointee != UInt8(ascii: "0") else {
      return nil
    }
    self = place
    return isNegative ? -magnitude : magnitude
  }

  /// The place of the first byte from here on that may end or interrupt a string: a quote, a
  /// backslash, a control character or a byte that is not ASCII.
  @inline(__always)
  var endOfPlainText: BytePointer {
    let highs: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    var place = self
    while true {
      let word = place.word
      // A byte's high bit stays set where the byte is below the one subtracted; what a borrow sets
      // besides lies behind the first hit. Bytes that are not ASCII have it set themselves.
      let controls = word &- (ones &* 0x20)
      let quotes = (word ^ (ones &* 0x22)) &- ones
      let backslashes = (word ^ (ones &* 0x5c)) &- ones
      let hits = (controls | quotes | backslashes | word) & highs
      if hits != 0 { return place + hits.trailingZeroBitCount / 8 }
      place += 8
    }
  }

  /// Passes a string of plain ASCII whose first quote has been passed, and its last quote.
  @inline(__always)
  mutating func takePlainText() -> UnsafeRawBufferPointer? {
    let end = endOfPlainText
    guard end.pointee == UInt8(ascii: "\"") else { return nil }
    defer { self = end + 1 }
    return text(to: end)
  }
}

/// What the fields of a line said, as far as they were scanned.
struct ScannedFields {
  var row = ColumnBuilder.Row()
  var hasType = false
  var hasFunction = false
  var hasProcess = false
  var error: Value?
  var extra: [ValueMap.Entry] = []

  @inline(__always)
  var isWhole: Bool { hasType && hasFunction && hasProcess }

  /// Takes `invoke`, `ok`, `fail` or `info`, which must be followed by a byte.
  ///
  /// - Returns: How many bytes the word has, or 0 where there is none.
  @inline(__always)
  mutating func takeType(at place: BytePointer) -> Int {
    let word = place.word
    hasType = true
    switch UInt32(truncatingIfNeeded: word) {
    case 0x6f76_6e69 where word >> 32 & 0xffff == 0x656b:
      row.type = .invoke
      return 6
    case 0x6c69_6166:
      row.type = .fail
      return 4
    case 0x6f66_6e69:
      row.type = .info
      return 4
    case let first where first & 0xffff == 0x6b6f:
      row.type = .ok
      return 2
    default: return 0
    }
  }
}
