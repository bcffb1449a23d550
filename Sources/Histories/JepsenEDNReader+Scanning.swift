import Values

extension JepsenEDNReader {
  /// Scans an operation and appends it.
  ///
  /// - Returns: Where it ends; nothing when it is unusual, or not all there.
  mutating func scannedOperation(at position: Int) -> Int? {
    var place = BytePointer(window.start) + position
    var isRecord = false
    if place.pointee == UInt8(ascii: "#") {
      guard place.skipTag() else { return nil }
      isRecord = true
    }
    guard place.pointee == UInt8(ascii: "{") else { return nil }
    place += 1
    var fields = ScannedFields()
    var seen: UInt8 = 0
    while true {
      skipBlanks(&place)
      if place.pointee == UInt8(ascii: "}") { break }
      guard let field = place.takeField() else {
        guard takeExtra(at: &place, into: &fields, isRecord) else { return nil }
        continue
      }
      // Of a record's equal keys the last counts, whatever it holds; that is not scanned.
      let bit = UInt8(1) << field.rawValue
      if isRecord, seen & bit != 0 { return nil }
      seen |= bit
      skipBlanks(&place)
      guard take(field, at: &place, into: &fields, depth: isRecord ? 2 : 1) else { return nil }
    }
    place += 1
    guard fields.isWhole || builder.complete(&fields), builder.append(fields.row, line: line) else {
      return nil
    }
    if fields.error != nil || !fields.extra.isEmpty {
      builder.remark(error: fields.error, extra: fields.extra)
    }
    return place - BytePointer(window.start)
  }

  @inline(__always)
  private mutating func skipBlanks(_ place: inout BytePointer) {
    while true {
      switch place.pointee {
      case 0x20, UInt8(ascii: ","), 0x09, 0x0d, 0x0c: place += 1
      case UInt8(ascii: "\n"):
        spansLines = true
        place += 1
      default: return
      }
    }
  }

  @inline(__always)
  private mutating func take(
    _ field: ScannedField, at place: inout BytePointer, into fields: inout ScannedFields,
    depth: Int
  ) -> Bool {
    switch field {
    case .type:
      guard place.pointee == UInt8(ascii: ":") else { return false }
      let count = fields.takeType(at: place + 1)
      place += 1 + count
      return count > 0 && place.isAtDelimiter
    case .process:
      fields.hasProcess = true
      if let client = place.takeInteger() {
        fields.row.process = .client(client)
        return place.isAtDelimiter
      }
      guard let name = place.takeKeyword() else { return false }
      fields.row.process = .named(builder.names.number(of: name))
      return true
    case .f:
      fields.hasFunction = true
      guard let name = place.takeKeyword() else { return false }
      fields.row.function = builder.names.number(of: name)
      return true
    case .value: return takeValue(at: &place, into: &fields.row.value, depth)
    case .index:
      if let index = place.takeInteger() {
        fields.row.index = index
        return place.isAtDelimiter
      }
      return place.takeNil()
    case .time:
      if let time = place.takeInteger() {
        fields.row.time = Nanoseconds(time)
        return place.isAtDelimiter
      }
      return place.takeNil()
    case .error:
      guard let value = value(at: &place, depth) else { return false }
      fields.error = value
      return true
    }
  }

  /// Takes a key that is no field's, and its value.
  private mutating func takeExtra(
    at place: inout BytePointer, into fields: inout ScannedFields, _ isRecord: Bool
  ) -> Bool {
    let depth = isRecord ? 2 : 1
    guard let key = value(at: &place, depth), key.name.flatMap(OperationFields.Field.init) == nil
    else { return false }
    skipBlanks(&place)
    guard place.pointee != UInt8(ascii: "}"), let value = value(at: &place, depth) else {
      return false
    }
    let name = key.name.map { Value.string($0) } ?? key
    if isRecord, fields.extra.contains(where: { $0.key == name }) { return false }
    if !builder.isLean { fields.extra.append(.init(key: name, value: value)) }
    return true
  }

  @inline(__always)
  private mutating func takeValue(
    at place: inout BytePointer, into code: inout ValueCode, _ depth: Int
  ) -> Bool {
    let start = place
    let count = codes.count
    if let scanned = scannedValue(at: &place, depth: 0) {
      code = scanned
      return true
    }
    codes.removeLast(codes.count - count)
    place = start
    guard let value = value(at: &place, depth) else { return false }
    code = builder.table.code(of: value)
    return true
  }

  /// Scans a value; nothing where it is unusual.
  private mutating func scannedValue(at place: inout BytePointer, depth: Int) -> ValueCode? {
    switch place.pointee {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      guard let integer = place.takeInteger(), place.isAtDelimiter else { return nil }
      return builder.table.code(of: integer)
    case UInt8(ascii: "n"): return place.takeNil() ? .null : nil
    case UInt8(ascii: "t"):
      guard place.word & 0xffff_ffff == 0x6575_7274 else { return nil }
      place += 4
      return place.isAtDelimiter ? ValueCode(number: 2) : nil
    case UInt8(ascii: "f"):
      guard place.word & 0xff_ffff_ffff == 0x65_736c_6166 else { return nil }
      place += 5
      return place.isAtDelimiter ? ValueCode(number: 1) : nil
    case UInt8(ascii: ":"):
      guard let name = place.takeKeyword() else { return nil }
      return builder.table.code(of: name, .keyword)
    case UInt8(ascii: "\""):
      place += 1
      guard let text = place.takePlainText() else { return nil }
      return builder.table.code(of: text, .string)
    case UInt8(ascii: "[") where depth < 8:
      return scannedList(at: &place, until: UInt8(ascii: "]"), depth: depth)
    case UInt8(ascii: "(") where depth < 8:
      return scannedList(at: &place, until: UInt8(ascii: ")"), depth: depth)
    default: return nil
    }
  }

  private mutating func scannedList(
    at place: inout BytePointer, until close: UInt8, depth: Int
  ) -> ValueCode? {
    let first = codes.count
    place += 1
    while true {
      skipBlanks(&place)
      if place.pointee == close { break }
      guard let code = scannedValue(at: &place, depth: depth + 1) else { return nil }
      codes.append(code)
    }
    place += 1
    let code = codes.withUnsafeBufferPointer {
      builder.table.list(UnsafeBufferPointer(rebasing: $0[first...]))
    }
    codes.removeLast(codes.count - first)
    return code
  }

  /// Reads a value as a tree; nothing where none is there, or not all of it.
  private mutating func value(at place: inout BytePointer, _ depth: Int) -> Value? {
    let position = place - BytePointer(window.start)
    let text = UnsafeRawBufferPointer(rebasing: window.bytes[position...])
    var reader = EDNReader(text)
    guard let value = try? reader.value(depth: depth) else { return nil }
    guard window.isAtEnd || reader.position + 8 < text.count else { return nil }
    spansLines = true
    place += reader.position
    return value
  }
}

/// A field of an operation, in the order of how often it comes.
private enum ScannedField: UInt8 {
  case type, process, f, value, time, index, error
}

extension UnsafePointer where Pointee == UInt8 {
  /// Passes `:type` or the like; elsewhere nothing is passed.
  @inline(__always)
  fileprivate mutating func takeField() -> ScannedField? {
    guard pointee == UInt8(ascii: ":") else { return nil }
    let word = (self + 1).word
    let field: (ScannedField, count: Int)
    switch UInt8(truncatingIfNeeded: word) {
    case UInt8(ascii: "f"): field = (.f, 1)
    case UInt8(ascii: "t") where word & 0xffff_ffff == 0x6570_7974: field = (.type, 4)
    case UInt8(ascii: "t") where word & 0xffff_ffff == 0x656d_6974: field = (.time, 4)
    case UInt8(ascii: "p") where word & 0xff_ffff_ffff_ffff == 0x73_7365_636f_7270:
      field = (.process, 7)
    case UInt8(ascii: "v") where word & 0xff_ffff_ffff == 0x65_756c_6176: field = (.value, 5)
    case UInt8(ascii: "i") where word & 0xff_ffff_ffff == 0x78_6564_6e69: field = (.index, 5)
    case UInt8(ascii: "e") where word & 0xff_ffff_ffff == 0x72_6f72_7265: field = (.error, 5)
    default: return nil
    }
    let end = self + 1 + field.count
    guard end.isAtDelimiter else { return nil }
    self = end
    return field.0
  }

  /// Whether a token ends before this byte.
  @inline(__always)
  fileprivate var isAtDelimiter: Bool {
    let byte = pointee
    // Tab, line feed, form feed, return, space, and " ( ) , ; of the first 64 bytes, and [ ] { } ^
    // of the next.
    let low: UInt64 = 0x0800_1305_0000_3600
    let high: UInt64 = 0x2800_0000_6800_0000
    switch byte >> 6 {
    case 0: return low >> UInt64(byte) & 1 != 0
    case 1: return high >> UInt64(byte & 63) & 1 != 0
    default: return false
    }
  }

  /// Passes a keyword of plain ASCII, whose colon is next.
  @inline(__always)
  fileprivate mutating func takeKeyword() -> UnsafeRawBufferPointer? {
    guard pointee == UInt8(ascii: ":") else { return nil }
    let first = self + 1
    var end = first
    while !end.isAtDelimiter {
      guard end.pointee > 0x20, end.pointee < 0x80 else { return nil }
      end += 1
    }
    guard end > first, first.pointee != UInt8(ascii: ":") else { return nil }
    self = end
    return first.text(to: end)
  }

  @inline(__always)
  fileprivate mutating func takeNil() -> Bool {
    guard word & 0xff_ffff == 0x6c_696e, (self + 3).isAtDelimiter else { return false }
    self += 3
    return true
  }

  /// Passes a record's tag, such as `#jepsen.history.Op`, up to its brace.
  fileprivate mutating func skipTag() -> Bool {
    var place = self + 1
    guard place.pointee | 0x20 >= UInt8(ascii: "a"), place.pointee | 0x20 <= UInt8(ascii: "z")
    else { return false }
    while !place.isAtDelimiter {
      guard place.pointee > 0x20, place.pointee < 0x80 else { return false }
      place += 1
    }
    self = place
    return true
  }
}
