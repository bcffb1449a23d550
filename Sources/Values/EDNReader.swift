/// Reads EDN text, value by value.
///
/// The grammar is that of the EDN format's specification, with what Clojure's printer adds: ratios,
/// `##NaN` and `##Inf`, namespaced maps, metadata (which is passed over) and records
/// (`#ns.Record{…}`, tagged maps). Lists and vectors are both lists; a map's equal keys keep the
/// last; `12N` is 12, for Clojure holds them equal; nesting ends at ``JSONScanner/depthLimit``.
public struct EDNReader {
  package var cursor: TextCursor

  package init(_ cursor: TextCursor) { self.cursor = cursor }

  public init(_ bytes: UnsafeRawBufferPointer) { cursor = TextCursor(bytes) }

  /// Reads a part of a longer text, whose errors name places in the whole.
  package init(_ bytes: UnsafeRawBufferPointer, line: Int, column: Int) {
    cursor = TextCursor(bytes)
    cursor.origin = (line, column)
  }

  /// The offset of the next byte.
  public var position: Int { cursor.position }

  /// Passes whitespace, commas, comments and discarded values.
  ///
  /// - Returns: Whether anything is left.
  public mutating func skipBlanks(depth: Int = 0) throws(SyntaxError) -> Bool {
    while !cursor.isAtEnd {
      switch cursor.next {
      case 0x20, 0x09, 0x0a, 0x0d, 0x0c, UInt8(ascii: ","): cursor.position += 1
      case UInt8(ascii: ";"): skipLine()
      case UInt8(ascii: "#") where peek(1) == UInt8(ascii: "_"):
        cursor.position += 2
        _ = try value(depth: depth + 1)
      case UInt8(ascii: "^"):
        cursor.position += 1
        _ = try value(depth: depth + 1)
      default: return true
      }
    }
    return false
  }

  /// The byte at a distance from the next one, or 0 beyond the end.
  package func peek(_ distance: Int) -> UInt8 {
    let place = cursor.position + distance
    return place < cursor.bytes.count ? cursor.bytes[place] : 0
  }

  private mutating func skipLine() {
    while !cursor.isAtEnd, cursor.next != UInt8(ascii: "\n") { cursor.position += 1 }
  }

  /// Reads the next value.
  public mutating func value(depth: Int = 0) throws(SyntaxError) -> Value {
    guard depth < JSONScanner.depthLimit else {
      throw cursor.error(expected: "at most \(JSONScanner.depthLimit) levels of nesting")
    }
    guard try skipBlanks(depth: depth) else { throw cursor.error(expected: "a value") }
    switch cursor.next {
    case UInt8(ascii: "{"):
      cursor.position += 1
      return .map(try map(depth))
    case UInt8(ascii: "["):
      cursor.position += 1
      return .list(try elements(until: UInt8(ascii: "]"), depth))
    case UInt8(ascii: "("):
      cursor.position += 1
      return .list(try elements(until: UInt8(ascii: ")"), depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: ":"): return try keyword()
    case UInt8(ascii: "\\"): return try character()
    case UInt8(ascii: "#"): return try dispatch(depth)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "-"), UInt8(ascii: "+"):
      return peek(1) &- UInt8(ascii: "0") < 10 ? try number() : try symbol()
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
      throw cursor.error(expected: "a value")
    default: return try symbol()
    }
  }

  /// Reads elements up to a closing bracket, and passes it.
  private mutating func elements(
    until close: UInt8, _ depth: Int
  ) throws(SyntaxError) -> [Value] {
    var elements: [Value] = []
    let start = cursor.position - 1
    while true {
      guard try skipBlanks(depth: depth) else {
        throw cursor.error(
          expected: "'\(Unicode.Scalar(close))' to end what began \(cursor.place(start))")
      }
      if cursor.next == close {
        cursor.position += 1
        return elements
      }
      elements.append(try value(depth: depth + 1))
    }
  }

  private mutating func map(
    _ depth: Int, namespace: String? = nil
  ) throws(SyntaxError) -> ValueMap {
    let start = cursor.position
    let flat = try elements(until: UInt8(ascii: "}"), depth)
    guard flat.count.isMultiple(of: 2) else {
      throw cursor.error(
        expected: "a value for each key", at: start - 1, found: "a key without one")
    }
    guard let namespace else { return ValueMap(flat: flat) }
    return ValueMap(
      flat: flat.enumerated().map { place, value in
        place.isMultiple(of: 2) ? value.inNamespace(namespace) : value
      })
  }

  private mutating func dispatch(_ depth: Int) throws(SyntaxError) -> Value {
    switch peek(1) {
    case UInt8(ascii: "{"):
      cursor.position += 2
      return .set(ValueSet(try elements(until: UInt8(ascii: "}"), depth)))
    case UInt8(ascii: "#"):
      cursor.position += 2
      return try special()
    case UInt8(ascii: ":"):
      cursor.position += 2
      let isName = cursor.next >= UInt8(ascii: "A") && cursor.next != UInt8(ascii: "\\")
      guard isName else { throw cursor.error(expected: "a namespace") }
      let namespace = try token(expected: "a namespace")
      guard try skipBlanks(depth: depth), cursor.next == UInt8(ascii: "{") else {
        throw cursor.error(expected: "a map after its namespace")
      }
      cursor.position += 1
      return .map(try map(depth, namespace: namespace))
    default:
      cursor.position += 1
      let tag = try token(expected: "a tag")
      return .tagged(tag, try value(depth: depth + 1))
    }
  }

  /// `##NaN`, `##Inf` and `##-Inf`.
  private mutating func special() throws(SyntaxError) -> Value {
    let start = cursor.position
    switch try token(expected: "NaN, Inf or -Inf") {
    case "NaN": return .number("##NaN")
    case "Inf": return .double(.infinity)
    case "-Inf": return .double(-.infinity)
    default: throw cursor.error(expected: "NaN, Inf or -Inf", at: start)
    }
  }

  /// Reads the characters up to the next delimiter.
  package mutating func token(expected: String) throws(SyntaxError) -> String {
    cursor.text(try tokenRange(expected: expected))
  }

  /// Passes the characters up to the next delimiter.
  package mutating func tokenRange(expected: String) throws(SyntaxError) -> Range<Int> {
    let start = cursor.position
    while !cursor.isAtEnd, !EDNReader.isDelimiter(cursor.next) {
      if cursor.next > 0x20, cursor.next < 0x80 {
        cursor.position += 1
        continue
      }
      let length = cursor.scalarLength(at: cursor.position)
      guard length > 0, cursor.next >= 0x20 else { throw cursor.error(expected: expected) }
      cursor.position += length
    }
    guard cursor.position > start else { throw cursor.error(expected: expected) }
    return start..<cursor.position
  }

  package static func isDelimiter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0a, 0x0d, 0x0c, UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: ";"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
      UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "^"):
      true
    default: false
    }
  }

  private mutating func keyword() throws(SyntaxError) -> Value {
    cursor.position += 1
    guard cursor.next != UInt8(ascii: ":") else { throw cursor.error(expected: "a keyword's name") }
    return .keyword(try token(expected: "a keyword's name"))
  }

  private mutating func symbol() throws(SyntaxError) -> Value {
    switch try token(expected: "a value") {
    case "nil": .null
    case "true": true
    case "false": false
    case let name: .symbol(name)
    }
  }

  private mutating func character() throws(SyntaxError) -> Value {
    let start = cursor.position
    cursor.position += 1
    // A delimiter can be a character itself: `\(`.
    if !cursor.isAtEnd, EDNReader.isDelimiter(cursor.next), cursor.next > 0x20 {
      defer { cursor.position += 1 }
      return .character(Unicode.Scalar(cursor.next))
    }
    let name = try token(expected: "a character")
    switch name {
    case "newline": return .character("\n")
    case "space": return .character(" ")
    case "tab": return .character("\t")
    case "return": return .character("\r")
    case "backspace": return .character("\u{8}")
    case "formfeed": return .character("\u{c}")
    default: break
    }
    if name.unicodeScalars.count == 1, let scalar = name.unicodeScalars.first {
      return .character(scalar)
    }
    if let scalar = EDNReader.codedCharacter(name) { return .character(scalar) }
    throw cursor.error(expected: "a character", at: start, found: "\\\(name)")
  }

  /// The character of `u20ac`, four hexadecimal digits, or of `o101`, up to three octal ones.
  private static func codedCharacter(_ name: String) -> Unicode.Scalar? {
    let digits = name.dropFirst()
    guard !digits.hasPrefix("+"), !digits.hasPrefix("-") else { return nil }
    if name.hasPrefix("u"), digits.utf8.count == 4 {
      return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
    }
    guard name.hasPrefix("o"), digits.utf8.count <= 3 else { return nil }
    return UInt8(digits, radix: 8).map { Unicode.Scalar($0) }
  }

  private mutating func string() throws(SyntaxError) -> String {
    let start = cursor.position
    cursor.position += 1
    var text = ""
    var plain = cursor.position
    while !cursor.isAtEnd {
      switch cursor.next {
      case UInt8(ascii: "\""):
        text += cursor.text(plain..<cursor.position)
        cursor.position += 1
        return text
      case UInt8(ascii: "\\"):
        text += cursor.text(plain..<cursor.position)
        text.unicodeScalars.append(try escape())
        plain = cursor.position
      default:
        let length = cursor.scalarLength(at: cursor.position)
        guard length > 0 else { throw cursor.error(expected: "UTF-8") }
        cursor.position += length
      }
    }
    throw cursor.error(expected: "'\"' to end the string that began \(cursor.place(start))")
  }

  private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
    let start = cursor.position
    if (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(peek(1)) {
      cursor.position += 1
      var code: UInt32 = 0
      for _ in 0..<3 where (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(cursor.next) {
        code = code * 8 + UInt32(cursor.next - UInt8(ascii: "0"))
        cursor.position += 1
      }
      guard code <= 0o377, let scalar = Unicode.Scalar(code) else {
        throw cursor.error(expected: "an octal code of at most \\377", at: start)
      }
      return scalar
    }
    // EDN's other escapes are JSON's.
    var scanner = JSONScanner(cursor)
    defer { cursor = scanner.cursor }
    return try scanner.escape()
  }
}

extension Value {
  /// A key of a namespaced map.
  fileprivate func inNamespace(_ namespace: String) -> Value {
    switch self {
    case .keyword(let name)
    where name.hasPrefix("_/") && name.utf8.count > 2 && !name.hasPrefix("_/:"):
      return .keyword(String(name.dropFirst(2)))
    case .keyword(let name) where !name.contains("/"): return .keyword("\(namespace)/\(name)")
    case .symbol(let name) where !name.contains("/"): return .symbol("\(namespace)/\(name)")
    default: return self
    }
  }
}

extension Value {
  /// Reads one EDN value, which may have blanks and comments around it.
  public init(edn text: String) throws(SyntaxError) {
    let bytes = Array(text.utf8)
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(SyntaxError) -> Value in
      var reader = EDNReader(UnsafeRawBufferPointer(bytes))
      let value = try reader.value()
      guard try !reader.skipBlanks() else {
        throw reader.cursor.error(expected: "the end of the text")
      }
      return value
    }
  }
}
