/// A place in UTF-8 text that is being read, and the errors that name it.
///
/// It borrows the bytes: a cursor must not outlive the closure that lent them.
package struct TextCursor {
  package let bytes: UnsafeBufferPointer<UInt8>
  /// The offset of the next byte.
  package var position = 0
  /// The line and the column of the first byte, for errors in a part of a longer text.
  package var origin = (line: 1, column: 1)

  package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.init(bytes.bindMemory(to: UInt8.self))
  }

  /// The next byte, or 0 at the end; 0 begins nothing in JSON and EDN.
  @inline(__always)
  package var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  @inline(__always)
  package var isAtEnd: Bool { position >= bytes.count }

  @inline(__always)
  package func text(_ range: Range<Int>) -> String {
    String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }

  /// An error at `position`, or here, that says what stands there.
  package func error(expected: String, at position: Int? = nil, found: String? = nil)
    -> SyntaxError
  {
    let position = position ?? self.position
    let (line, column) = lineAndColumn(of: position)
    return SyntaxError(
      line: line, column: column, expected: expected, found: found ?? description(at: position))
  }

  /// Where something began, to be named in an error further on.
  package func place(_ position: Int) -> String {
    let (line, column) = lineAndColumn(of: position)
    return line == lineAndColumn(of: self.position).line
      ? "in column \(column)" : "in line \(line), column \(column)"
  }

  package func lineAndColumn(of position: Int) -> (line: Int, column: Int) {
    var line = origin.line
    var lineStart = 1 - origin.column
    for offset in 0..<min(position, bytes.count) where bytes[offset] == UInt8(ascii: "\n") {
      line += 1
      lineStart = offset + 1
    }
    return (line, position - lineStart + 1)
  }

  /// What stands at a position, in words.
  private func description(at position: Int) -> String {
    guard position < bytes.count else { return "the end of the text" }
    let byte = bytes[position]
    if byte == UInt8(ascii: "\n") { return "the end of the line" }
    if byte > 0x20, byte < 0x7f { return "'\(Unicode.Scalar(byte))'" }
    if byte == 0x20 { return "a space" }
    let length = scalarLength(at: position)
    if byte >= 0x80, length > 0 { return "'\(text(position..<position + length))'" }
    let digits = String(byte, radix: 16)
    return "byte 0x\(digits.count < 2 ? "0" : "")\(digits)"
  }

  /// The number of bytes of the scalar that begins at a position, or 0 where none is encoded
  /// (Unicode Standard, table 3-7: overlong forms and surrogates are ill-formed).
  package func scalarLength(at position: Int) -> Int {
    let lead = bytes[position]
    var second: ClosedRange<UInt8> = 0x80...0xbf
    let length: Int
    switch lead {
    case 0x00...0x7f: return 1
    case 0xc2...0xdf: length = 2
    case 0xe0...0xef:
      length = 3
      if lead == 0xe0 { second = 0xa0...0xbf }
      if lead == 0xed { second = 0x80...0x9f }
    case 0xf0...0xf4:
      length = 4
      if lead == 0xf0 { second = 0x90...0xbf }
      if lead == 0xf4 { second = 0x80...0x8f }
    default: return 0
    }
    guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return 0 }
    for offset in 2..<max(length, 2) where bytes[position + offset] & 0xc0 != 0x80 { return 0 }
    return length
  }

  /// Reads four hexadecimal digits.
  package mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch next {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = next - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = next - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = next - UInt8(ascii: "A") + 10
      default: throw error(expected: "a hexadecimal digit")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  /// Moves to the first byte from here on that may end or interrupt a string: a quote, a
  /// backslash, a control character or a byte that is not ASCII.
  @inline(__always)
  package mutating func skipPlainText() {
    let highs: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return }
    while position + 8 <= bytes.count {
      let word = UInt64(
        littleEndian: (base + position).loadUnaligned(as: UInt64.self))
      // A byte's high bit stays set where the byte is below the one subtracted; what a borrow sets
      // besides lies behind the first hit. Bytes that are not ASCII have it set themselves.
      let controls = word &- (ones &* 0x20)
      let quotes = (word ^ (ones &* 0x22)) &- ones
      let backslashes = (word ^ (ones &* 0x5c)) &- ones
      let hits = (controls | quotes | backslashes | word) & highs
      if hits != 0 {
        position += hits.trailingZeroBitCount / 8
        return
      }
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        return
      }
      position += 1
    }
  }
}
