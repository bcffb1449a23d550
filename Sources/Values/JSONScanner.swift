/// Walks JSON text without building values: it checks the grammar and tells where things stand.
///
/// The grammar is RFC 8259's, with three limits: text is valid UTF-8, a `\u` escape that is half a
/// surrogate pair is an error (no Unicode text holds one), and nesting ends at ``depthLimit``.
public struct JSONScanner {
  /// How deeply arrays and objects may nest.
  public static let depthLimit = 512

  package var cursor: TextCursor

  package init(_ cursor: TextCursor) { self.cursor = cursor }

  /// Checks that `bytes` are one JSON value, and nothing else but whitespace around it.
  public static func validate(_ bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    var scanner = JSONScanner(TextCursor(bytes))
    scanner.skipWhitespace()
    try scanner.skipValue(depth: 0)
    try scanner.finish()
  }

  /// Checks that `bytes` are one JSON object, and hands out its keys and values in order.
  ///
  /// The whole text is checked, nested values too, but some fields may have been handed out before
  /// an error further on is found.
  ///
  /// - Parameter visit: Takes a key, which is a JSON string, and its value; both are valid only
  ///   while it runs.
  /// - Complexity: O(*n*), with no allocation.
  public static func fields(
    of bytes: UnsafeRawBufferPointer, _ visit: (_ key: JSONSlice, _ value: JSONSlice) -> Void
  ) throws(SyntaxError) {
    var scanner = JSONScanner(TextCursor(bytes))
    scanner.skipWhitespace()
    guard scanner.cursor.next == UInt8(ascii: "{") else {
      throw scanner.cursor.error(expected: "an object")
    }
    try scanner.skipMembers { (keys, values) in
      visit(JSONSlice(text: bytes, range: keys), JSONSlice(text: bytes, range: values))
    }
    try scanner.finish()
  }

  /// Checks that nothing but whitespace is left.
  package mutating func finish() throws(SyntaxError) {
    skipWhitespace()
    guard cursor.isAtEnd else { throw cursor.error(expected: "the end of the text") }
  }

  @inline(__always)
  package mutating func skipWhitespace() {
    while true {
      switch cursor.next {
      case 0x20, 0x0a, 0x0d, 0x09: cursor.position += 1
      default: return
      }
    }
  }

  /// Passes one value, which begins here.
  package mutating func skipValue(depth: Int) throws(SyntaxError) {
    switch cursor.next {
    case UInt8(ascii: "\""): _ = try skipString()
    case UInt8(ascii: "{"):
      try enter(depth)
      try skipMembers(depth: depth + 1) { (_, _) in }
    case UInt8(ascii: "["):
      try enter(depth)
      try skipElements(depth: depth + 1)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try skipNumber()
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: throw cursor.error(expected: "a value")
    }
  }

  @inline(__always)
  package func enter(_ depth: Int) throws(SyntaxError) {
    guard depth < JSONScanner.depthLimit else {
      throw cursor.error(expected: "at most \(JSONScanner.depthLimit) levels of nesting")
    }
  }

  /// Passes an object, whose brace is next.
  @inline(__always)
  private mutating func skipMembers(
    depth: Int = 1, _ visit: (_ key: Range<Int>, _ value: Range<Int>) -> Void
  ) throws(SyntaxError) {
    guard beginMembers() else { return }
    repeat {
      let key = cursor.position
      _ = try skipString()
      let keyEnd = cursor.position
      try skipColon()
      let value = cursor.position
      try skipValue(depth: depth)
      visit(key..<keyEnd, value..<cursor.position)
    } while try nextMember()
  }

  /// Passes the opening brace, and the closing one where nothing stands between them.
  @inline(__always)
  package mutating func beginMembers() -> Bool {
    cursor.position += 1
    skipWhitespace()
    guard cursor.next == UInt8(ascii: "}") else { return true }
    cursor.position += 1
    return false
  }

  /// Passes the comma before the next member, or the closing brace.
  @inline(__always)
  package mutating func nextMember() throws(SyntaxError) -> Bool {
    skipWhitespace()
    switch cursor.next {
    case UInt8(ascii: ","):
      cursor.position += 1
      skipWhitespace()
      return true
    case UInt8(ascii: "}"):
      cursor.position += 1
      return false
    default: throw cursor.error(expected: "',' or '}'")
    }
  }

  @inline(__always)
  package mutating func skipColon() throws(SyntaxError) {
    skipWhitespace()
    guard cursor.next == UInt8(ascii: ":") else { throw cursor.error(expected: "':'") }
    cursor.position += 1
    skipWhitespace()
  }

  private mutating func skipElements(depth: Int) throws(SyntaxError) {
    guard beginElements() else { return }
    repeat { try skipValue(depth: depth) } while try nextElement()
  }

  /// Passes the opening bracket, and the closing one where nothing stands between them.
  @inline(__always)
  package mutating func beginElements() -> Bool {
    cursor.position += 1
    skipWhitespace()
    guard cursor.next == UInt8(ascii: "]") else { return true }
    cursor.position += 1
    return false
  }

  /// Passes the comma before the next element, or the closing bracket.
  @inline(__always)
  package mutating func nextElement() throws(SyntaxError) -> Bool {
    skipWhitespace()
    switch cursor.next {
    case UInt8(ascii: ","):
      cursor.position += 1
      skipWhitespace()
      return true
    case UInt8(ascii: "]"):
      cursor.position += 1
      return false
    default: throw cursor.error(expected: "',' or ']'")
    }
  }

  package mutating func skip(_ word: StaticString) throws(SyntaxError) {
    let start = cursor.position
    for offset in 0..<word.utf8CodeUnitCount {
      guard cursor.next == word.utf8Start[offset] else {
        throw cursor.error(expected: "a value", at: start)
      }
      cursor.position += 1
    }
  }

  /// Passes a string, whose quote must be next.
  ///
  /// - Returns: Whether it holds escapes; without, its text is what stands between the quotes.
  package mutating func skipString() throws(SyntaxError) -> Bool {
    guard cursor.next == UInt8(ascii: "\"") else { throw cursor.error(expected: "a string") }
    let start = cursor.position
    var hasEscapes = false
    cursor.position += 1
    while true {
      cursor.skipPlainText()
      switch cursor.next {
      case UInt8(ascii: "\""):
        cursor.position += 1
        return hasEscapes
      case UInt8(ascii: "\\"):
        hasEscapes = true
        _ = try escape()
      case 0 where cursor.isAtEnd:
        throw cursor.error(expected: "'\"' to end the string that began \(cursor.place(start))")
      case 0x00..<0x20: throw cursor.error(expected: "a control character to be escaped")
      default:
        let length = cursor.scalarLength(at: cursor.position)
        guard length > 0 else { throw cursor.error(expected: "UTF-8") }
        cursor.position += length
      }
    }
  }

  /// Passes an escape, whose backslash is next.
  package mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
    let start = cursor.position
    cursor.position += 1
    let letter = cursor.next
    cursor.position += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "u"): break
    default:
      throw cursor.error(
        expected: "one of \" \\ / b f n r t u after a backslash", at: start + 1)
    }
    var code = try cursor.hexadecimal()
    if code & 0xfc00 == 0xd800, cursor.next == UInt8(ascii: "\\") {
      cursor.position += 1
      if cursor.next == UInt8(ascii: "u") {
        cursor.position += 1
        let low = try cursor.hexadecimal()
        if low & 0xfc00 == 0xdc00 { code = 0x1_0000 + (code & 0x3ff) << 10 + low & 0x3ff }
      }
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw cursor.error(
        expected: "a Unicode scalar", at: start, found: "half a surrogate pair")
    }
    return scalar
  }

  /// Passes a number.
  ///
  /// - Returns: Its value where it is an integer that fits; nothing where it has a fraction, an
  ///   exponent, or too many digits.
  package mutating func skipNumber() throws(SyntaxError) -> Int? {
    let isNegative = cursor.next == UInt8(ascii: "-")
    if isNegative { cursor.position += 1 }
    let start = cursor.position
    // The negative of the magnitude, because the least integer has no positive one.
    var negated = 0
    var overflows = false
    while case let digit = cursor.next &- UInt8(ascii: "0"), digit < 10 {
      let (product, isTooMuch) = negated.multipliedReportingOverflow(by: 10)
      let (difference, isTooLow) = product.subtractingReportingOverflow(Int(digit))
      overflows = overflows || isTooMuch || isTooLow
      negated = difference
      cursor.position += 1
    }
    if cursor.position == start { throw cursor.error(expected: "a digit") }
    if cursor.bytes[start] == UInt8(ascii: "0"), cursor.position > start + 1 {
      throw cursor.error(expected: "no digit after a leading zero", at: start + 1)
    }
    var isInteger = true
    if cursor.next == UInt8(ascii: ".") {
      isInteger = false
      cursor.position += 1
      try skipDigits()
    }
    if cursor.next | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      cursor.position += 1
      if cursor.next == UInt8(ascii: "+") || cursor.next == UInt8(ascii: "-") {
        cursor.position += 1
      }
      try skipDigits()
    }
    guard isInteger, !overflows else { return nil }
    if isNegative { return negated }
    return negated == .min ? nil : -negated
  }

  private mutating func skipDigits() throws(SyntaxError) {
    guard cursor.next &- UInt8(ascii: "0") < 10 else { throw cursor.error(expected: "a digit") }
    while cursor.next &- UInt8(ascii: "0") < 10 { cursor.position += 1 }
  }
}
