/// A JSON value seen in place, in text that ``JSONScanner`` has checked.
///
/// It borrows the text: a slice must not outlive the closure that it was handed to.
public struct JSONSlice {
  /// The text that this is a part of.
  public let text: UnsafeRawBufferPointer
  /// Where in the text this value stands, a string with its quotes.
  public let range: Range<Int>

  package init(text: UnsafeRawBufferPointer, range: Range<Int>) {
    self.text = text
    self.range = range
  }

  /// The bytes of this value alone.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text[range]) }

  /// Whether this is a string that reads `word`, which must be ASCII.
  ///
  /// - Complexity: O(*m*) for a word of *m* bytes, with no allocation unless there are escapes.
  public func isString(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard range.count >= count + 2, text[range.lowerBound] == UInt8(ascii: "\"") else {
      return false
    }
    for offset in 0..<count {
      let byte = text[range.lowerBound + 1 + offset]
      if byte == UInt8(ascii: "\\") { return string == "\(word)" }
      if byte != word.utf8Start[offset] { return false }
    }
    return range.count == count + 2
  }

  /// The integer, when this is one that fits.
  public var integer: Int? {
    let first = text[range.lowerBound]
    guard first == UInt8(ascii: "-") || first &- UInt8(ascii: "0") < 10 else { return nil }
    var scanner = JSONScanner(TextCursor(bytes))
    return (try? scanner.skipNumber()) ?? nil
  }

  /// The text, when this is a string.
  public var string: String? {
    guard text[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
    var scanner = JSONScanner(TextCursor(bytes))
    return try? scanner.string()
  }

  public var isNull: Bool { text[range.lowerBound] == UInt8(ascii: "n") }
  public var isObject: Bool { text[range.lowerBound] == UInt8(ascii: "{") }

  /// The value as a tree.
  public var value: Value {
    // The text has been checked, so that reading it can't fail.
    (try? Value(json: bytes)) ?? .null
  }
}
