extension Value {
  /// Reads one JSON value, which may have whitespace around it.
  ///
  /// An integer that fits in 64 bits is `.integer`; a longer one, and a number beyond the range of
  /// doubles, is `.number` as written; every other number is `.double`. Of an object's equal keys
  /// the last counts.
  ///
  /// - Throws: When the bytes are anything else; see ``JSONScanner`` for the limits.
  public init(json bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    var scanner = JSONScanner(TextCursor(bytes))
    scanner.skipWhitespace()
    self = try scanner.value()
    try scanner.finish()
  }

  /// Reads one JSON value from bytes.
  public init(json bytes: [UInt8]) throws(SyntaxError) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(SyntaxError) in
      try Value(json: UnsafeRawBufferPointer(bytes))
    }
  }

  /// Reads one JSON value from bytes.
  public init(json bytes: ArraySlice<UInt8>) throws(SyntaxError) {
    self = try bytes.withUnsafeBufferPointer { (bytes) throws(SyntaxError) in
      try Value(json: UnsafeRawBufferPointer(bytes))
    }
  }

  /// Reads one JSON value from text.
  public init(json text: String) throws(SyntaxError) { try self.init(json: Array(text.utf8)) }

  /// This value as JSON text on one line, as ``writeJSON(into:)`` writes it.
  public var json: String {
    var bytes: [UInt8] = []
    writeJSON(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JSONScanner {
  /// Reads one value, which begins here.
  package mutating func value(depth: Int = 0) throws(SyntaxError) -> Value {
    switch cursor.next {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try map(depth)
    case UInt8(ascii: "["): return try list(depth)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"):
      try skip("true")
      return true
    case UInt8(ascii: "f"):
      try skip("false")
      return false
    case UInt8(ascii: "n"):
      try skip("null")
      return .null
    default: throw cursor.error(expected: "a value")
    }
  }

  private mutating func map(_ depth: Int) throws(SyntaxError) -> Value {
    try enter(depth)
    guard beginMembers() else { return .map(ValueMap()) }
    var entries: [ValueMap.Entry] = []
    repeat {
      let key = try string()
      try skipColon()
      entries.append(ValueMap.Entry(key: .string(key), value: try value(depth: depth + 1)))
    } while try nextMember()
    return .map(ValueMap(entries))
  }

  private mutating func list(_ depth: Int) throws(SyntaxError) -> Value {
    try enter(depth)
    guard beginElements() else { return .list([]) }
    var elements: [Value] = []
    repeat { elements.append(try value(depth: depth + 1)) } while try nextElement()
    return .list(elements)
  }

  private mutating func number() throws(SyntaxError) -> Value {
    let start = cursor.position
    if let integer = try skipNumber() { return .integer(integer) }
    let text = cursor.text(start..<cursor.position)
    let isInteger = text.utf8.allSatisfy { $0 < UInt8(ascii: ".") || $0 &- UInt8(ascii: "0") < 10 }
    guard !isInteger, let double = Double(text), double.isFinite else { return .number(text) }
    return .double(double)
  }

  /// Reads a string, whose quote must be next.
  package mutating func string() throws(SyntaxError) -> String {
    let start = cursor.position
    let hasEscapes = try skipString()
    let end = cursor.position
    guard hasEscapes else { return cursor.text(start + 1..<end - 1) }
    var text = ""
    cursor.position = start + 1
    while cursor.position < end - 1 {
      let plain = cursor.position
      while cursor.position < end - 1, cursor.next != UInt8(ascii: "\\") { cursor.position += 1 }
      text += cursor.text(plain..<cursor.position)
      if cursor.position < end - 1 { text.unicodeScalars.append(try escape()) }
    }
    cursor.position = end
    return text
  }
}
