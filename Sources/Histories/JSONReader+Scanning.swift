import Values

extension JSONReader {
  /// Scans an object and appends it, with the end of the line when it is one.
  ///
  /// - Returns: Where it ends; nothing where it is unusual, or not all there.
  mutating func scannedObject(at start: Int, number: Int) -> Int? {
    let end = BytePointer(window.start) + window.count
    let first = BytePointer(window.start) + start
    var place = first
    guard place.pointee == UInt8(ascii: "{") else { return nil }
    place += 1
    lineEnd = nil
    var fields = ScannedFields()
    while true {
      place.skipJSONBlanks()
      guard place.pointee == UInt8(ascii: "\"") else { return nil }
      place += 1
      guard takeMember(at: &place, into: &fields, lineStart: first) else { return nil }
      place.skipJSONBlanks()
      let mark = place.pointee
      place += 1
      if mark == UInt8(ascii: ",") { continue }
      guard mark == UInt8(ascii: "}") else { return nil }
      break
    }
    if !isArray {
      place.skipJSONBlanks()
      if place.pointee == UInt8(ascii: "\n") {
        place += 1
      } else {
        guard place == end, window.isAtEnd else { return nil }
      }
    }
    guard fields.isWhole || lacksFunctions && builder.complete(&fields),
      builder.append(fields.row, line: number)
    else { return nil }
    if fields.error != nil || !fields.extra.isEmpty {
      builder.remark(error: fields.error, extra: fields.extra)
    }
    return place - BytePointer(window.start)
  }

  /// Takes a key, whose first quote has been passed, and its value.
  @inline(__always)
  private mutating func takeMember(
    at place: inout BytePointer, into fields: inout ScannedFields, lineStart: BytePointer
  ) -> Bool {
    let word = place.word
    switch UInt8(truncatingIfNeeded: word) {
    case UInt8(ascii: "i") where word & 0xffff_ffff_ffff == 0x22_7865_646e_69:  // index"
      place += 6
      guard place.skipColon() else { return false }
      return takeInteger(at: &place, into: &fields.row.index)
    case UInt8(ascii: "t") where word & 0xff_ffff_ffff == 0x22_656d_6974:  // time"
      place += 5
      guard place.skipColon() else { return false }
      var time = Int(fields.row.time)
      guard takeInteger(at: &place, into: &time) else { return false }
      fields.row.time = Nanoseconds(time)
      return true
    case UInt8(ascii: "t") where word & 0xff_ffff_ffff == 0x22_6570_7974:  // type"
      place += 5
      guard place.skipColon(), place.pointee == UInt8(ascii: "\"") else { return false }
      let count = fields.takeType(at: place + 1)
      place += 1 + count
      guard count > 0, place.pointee == UInt8(ascii: "\"") else { return false }
      place += 1
      return true
    case UInt8(ascii: "p") where word == 0x2273_7365_636f_7270:  // process"
      place += 8
      guard place.skipColon() else { return false }
      return takeProcess(at: &place, into: &fields)
    case UInt8(ascii: "f") where word & 0xffff == 0x2266:  // f"
      place += 2
      guard place.skipColon(), place.pointee == UInt8(ascii: "\"") else { return false }
      place += 1
      guard let name = place.takePlainText() else { return false }
      fields.row.function = builder.names.number(of: name)
      fields.hasFunction = true
      return true
    case UInt8(ascii: "v") where word & 0xffff_ffff_ffff == 0x22_6575_6c61_76:  // value"
      place += 6
      guard place.skipColon() else { return false }
      return takeValue(at: &place, into: &fields.row.value, lineStart)
    case UInt8(ascii: "e") where word & 0xffff_ffff_ffff == 0x22_726f_7272_65:  // error"
      place += 6
      guard place.skipColon(), let value = value(at: &place, lineStart) else { return false }
      fields.error = value
      return true
    default: return takeExtra(at: &place, into: &fields, lineStart)
    }
  }

  /// Takes an integer; null leaves what was there.
  @inline(__always)
  private func takeInteger(at place: inout BytePointer, into field: inout Int) -> Bool {
    if let integer = place.takeInteger() {
      field = integer
      return !place.continuesNumber
    }
    return place.takeNull()
  }

  @inline(__always)
  private mutating func takeProcess(
    at place: inout BytePointer, into fields: inout ScannedFields
  ) -> Bool {
    fields.hasProcess = true
    if let client = place.takeInteger() {
      fields.row.process = .client(client)
      return !place.continuesNumber
    }
    guard place.pointee == UInt8(ascii: "\"") else { return false }
    place += 1
    guard let name = place.takePlainText() else { return false }
    fields.row.process = .named(builder.names.number(of: name))
    return true
  }

  /// Takes a key that is no field's, and its value.
  private mutating func takeExtra(
    at place: inout BytePointer, into fields: inout ScannedFields, _ lineStart: BytePointer
  ) -> Bool {
    guard let name = place.takePlainText(), place.skipColon(),
      OperationFields.Field(name.bindMemory(to: UInt8.self)) == nil,
      let value = value(at: &place, lineStart)
    else { return false }
    let key = Value.string(String(decoding: name, as: UTF8.self))
    if !builder.isLean { fields.extra.append(.init(key: key, value: value)) }
    return true
  }

  @inline(__always)
  private mutating func takeValue(
    at place: inout BytePointer, into code: inout ValueCode, _ lineStart: BytePointer
  ) -> Bool {
    let start = place
    let count = codes.count
    if let scanned = scannedValue(at: &place, depth: 0) {
      code = scanned
      return true
    }
    codes.removeLast(codes.count - count)
    place = start
    guard let value = value(at: &place, lineStart) else { return false }
    code = builder.table.code(of: value)
    return true
  }

  /// Scans a value; nothing where it is unusual.
  private mutating func scannedValue(at place: inout BytePointer, depth: Int) -> ValueCode? {
    switch place.pointee {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      guard let integer = place.takeInteger(), !place.continuesNumber else { return nil }
      return builder.table.code(of: integer)
    case UInt8(ascii: "n"): return place.takeNull() ? .null : nil
    case UInt8(ascii: "t"):
      guard place.word & 0xffff_ffff == 0x6575_7274 else { return nil }
      place += 4
      return ValueCode(number: 2)
    case UInt8(ascii: "f"):
      guard place.word & 0xff_ffff_ffff == 0x65_736c_6166 else { return nil }
      place += 5
      return ValueCode(number: 1)
    case UInt8(ascii: "\""):
      place += 1
      guard let text = place.takePlainText() else { return nil }
      return builder.table.code(of: text, .string)
    case UInt8(ascii: "[") where depth < 8: return scannedList(at: &place, depth: depth)
    default: return nil
    }
  }

  private mutating func scannedList(at place: inout BytePointer, depth: Int) -> ValueCode? {
    let first = codes.count
    place += 1
    place.skipJSONBlanks()
    if place.pointee == UInt8(ascii: "]") {
      place += 1
      return builder.table.list([])
    }
    while true {
      guard let code = scannedValue(at: &place, depth: depth + 1) else { return nil }
      codes.append(code)
      place.skipJSONBlanks()
      let mark = place.pointee
      place += 1
      if mark == UInt8(ascii: "]") { break }
      guard mark == UInt8(ascii: ",") else { return nil }
      place.skipJSONBlanks()
    }
    let code = codes.withUnsafeBufferPointer {
      builder.table.list(UnsafeBufferPointer(rebasing: $0[first...]))
    }
    codes.removeLast(codes.count - first)
    return code
  }

  /// Reads a value as a tree; nothing where none is there, or not all of it.
  private mutating func value(at place: inout BytePointer, _ lineStart: BytePointer) -> Value? {
    let start = BytePointer(window.start)
    if lineEnd == nil { lineEnd = isArray ? window.count : endOfLine(from: lineStart - start) }
    guard let end = lineEnd else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: window.bytes[(lineStart - start)..<end])
    var scanner = JSONScanner(TextCursor(text))
    scanner.cursor.position = place - lineStart
    let depth = isArray ? 2 : 1
    guard let value = try? scanner.value(depth: depth) else { return nil }
    if isArray, !window.isAtEnd, scanner.cursor.position + 8 >= text.count { return nil }
    place = lineStart + scanner.cursor.position
    spansLines = isArray
    return value
  }
}

extension UnsafePointer where Pointee == UInt8 {
  /// Passes JSON's whitespace within a line.
  @inline(__always)
  fileprivate mutating func skipJSONBlanks() {
    while pointee == 0x20 || pointee == 0x09 || pointee == 0x0d { self += 1 }
  }

  @inline(__always)
  fileprivate mutating func skipColon() -> Bool {
    skipJSONBlanks()
    guard pointee == UInt8(ascii: ":") else { return false }
    self += 1
    skipJSONBlanks()
    return true
  }

  @inline(__always)
  fileprivate mutating func takeNull() -> Bool {
    guard word & 0xffff_ffff == 0x6c6c_756e else { return false }
    self += 4
    return true
  }

  /// Whether a number that began before goes on with a fraction or an exponent.
  @inline(__always)
  fileprivate var continuesNumber: Bool {
    pointee == UInt8(ascii: ".") || pointee | 0x20 == UInt8(ascii: "e")
  }
}
