extension [UInt8] {
  /// Appends an integer in decimal.
  public mutating func appendJSON(_ integer: Int) {
    if integer >= 0, integer < 10 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var first = 20
      var rest = integer.magnitude
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if integer < 0 {
        first -= 1
        digits[first] = UInt8(ascii: "-")
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
    }
  }

  /// Appends a string with its quotes, escaping what JSON can't hold.
  public mutating func appendJSON(_ text: String) {
    var text = text
    append(UInt8(ascii: "\""))
    text.withUTF8 { appendEscaped($0) }
    append(UInt8(ascii: "\""))
  }

  /// Appends text that must not need escapes, as it is.
  public mutating func appendText(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
    var cursor = TextCursor(text)
    var written = 0
    while true {
      cursor.skipPlainText()
      if cursor.isAtEnd { break }
      let byte = cursor.next
      cursor.position += 1
      if byte >= 0x80 { continue }
      append(contentsOf: UnsafeBufferPointer(rebasing: text[written..<cursor.position - 1]))
      written = cursor.position
      appendEscape(byte)
    }
    append(contentsOf: UnsafeBufferPointer(rebasing: text[written...]))
  }

  private mutating func appendEscape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): appendText("\\\"")
    case UInt8(ascii: "\\"): appendText("\\\\")
    case UInt8(ascii: "\n"): appendText("\\n")
    case UInt8(ascii: "\r"): appendText("\\r")
    case UInt8(ascii: "\t"): appendText("\\t")
    default:
      appendText("\\u00")
      let digits: StaticString = "0123456789abcdef"
      append(digits.utf8Start[Int(byte >> 4)])
      append(digits.utf8Start[Int(byte & 15)])
    }
  }
}

extension Value {
  /// Appends this value as JSON on one line.
  ///
  /// What JSON lacks becomes the nearest thing it has: keywords, symbols and characters strings,
  /// sets arrays, a tagged value the value. `12N` and `0.1M` become 12 and 0.1; ratios, `##NaN` and
  /// infinities strings. A key that is no string becomes the string of its JSON text, as
  /// in `{"1":2}`; keys that are equal thereafter are all written.
  public func writeJSON(into bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.appendText("null")
    case .bool(let flag): bytes.appendText(flag ? "true" : "false")
    case .integer(let integer): bytes.appendJSON(integer)
    case .double(let double) where double.isFinite: bytes.append(contentsOf: "\(double)".utf8)
    case .double(let double): bytes.appendJSON("\(double)")
    case .number(let text): Value.writeNumber(text, into: &bytes)
    case .string(let text), .keyword(let text), .symbol(let text): bytes.appendJSON(text)
    case .character(let scalar): bytes.appendJSON(String(Character(scalar)))
    case .list(let elements): Value.write(elements, into: &bytes)
    case .set(let set): Value.write(set.elements, into: &bytes)
    case .map(let map): Value.write(map, into: &bytes)
    case .tagged(_, let value): value.writeJSON(into: &bytes)
    }
  }

  private static func write(_ elements: [Value], into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    var isFirst = true
    for element in elements {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      element.writeJSON(into: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  private static func write(_ map: ValueMap, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for entry in map.entries {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      let keyStart = bytes.count
      entry.key.writeJSON(into: &bytes)
      if bytes[keyStart] != UInt8(ascii: "\"") {
        let key = String(decoding: bytes[keyStart...], as: UTF8.self)
        bytes.removeSubrange(keyStart...)
        bytes.appendJSON(key)
      }
      bytes.append(UInt8(ascii: ":"))
      entry.value.writeJSON(into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Appends a number as written, without EDN's `N`, `M` and plus sign, where that is JSON's form.
  private static func writeNumber(_ text: String, into bytes: inout [UInt8]) {
    var digits = text[...]
    if digits.hasSuffix("N") || digits.hasSuffix("M") { digits.removeLast() }
    if digits.hasPrefix("+") { digits.removeFirst() }
    let isNumber = digits.withUTF8 { digits in
      var scanner = JSONScanner(TextCursor(digits))
      do throws(SyntaxError) { _ = try scanner.skipNumber() } catch { return false }
      return scanner.cursor.isAtEnd
    }
    if isNumber { bytes.append(contentsOf: digits.utf8) } else { bytes.appendJSON(text) }
  }
}
