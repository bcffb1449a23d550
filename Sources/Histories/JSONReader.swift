import Glibc
import Values

/// Reads JSON Lines, or an array of objects, into columns, at the speed of memory where they are as
/// usual.
///
/// A line of plain fields is scanned byte by byte, with no allocation. A value that is unusual, such
/// as a map, a fraction or a text with escapes, is read by ``JSONScanner``; a line that is, wholly by
/// the reader of single operations, so that both agree on what is an operation and on each error.
struct JSONReader: ~Copyable {
  var builder: ColumnBuilder
  private var window: TextWindow
  private(set) var isTruncated = false
  private let lacksFunctions: Bool
  private let file: String
  private var codes: [ValueCode] = []
  /// Whether the objects are an array's elements instead of lines.
  private var isArray = false
  /// The line and the column of the place that is read in an array.
  private var line = 1
  private var column = 1
  /// Whether what was read last may go beyond its first line.
  private var spansLines = false

  init(_ window: consuming TextWindow, file: String, isLean: Bool, lacksFunctions: Bool = false) {
    self.window = window
    self.file = file
    self.lacksFunctions = lacksFunctions
    builder = ColumnBuilder(isLean: isLean)
  }

  /// Reads lines up to the end.
  mutating func readLines(from position: Int) throws(HistoryFileError) {
    var start = position
    var line = 0
    while true {
      if start >= window.count {
        if window.isAtEnd { return }
        try window.fill(from: start)
        start = 0
        continue
      }
      if let end = scannedObject(at: start, number: line + 1) {
        line += 1
        start = end
        continue
      }
      guard let end = endOfLine(from: start) else {
        try window.fill(from: start)
        start = 0
        continue
      }
      line += 1
      let text = UnsafeRawBufferPointer(rebasing: window.bytes[start..<end])
      do throws(SyntaxError) {
        try take(text, line: line, isEnded: end < window.count)
      } catch {
        throw HistoryFileError(file: file, error.offset(byLines: line - 1))
      }
      start = end + 1
    }
  }

  /// Where a line ends; nothing when that lies behind the window.
  private func endOfLine(from start: Int) -> Int? {
    let rest = window.bytes[start...]
    if let end = memchr(window.start + start, Int32(UInt8(ascii: "\n")), rest.count) {
      return UnsafeRawPointer(end) - UnsafeRawPointer(window.start)
    }
    return window.isAtEnd ? window.count : nil
  }

  /// Reads a line as a whole.
  private mutating func take(
    _ text: UnsafeRawBufferPointer, line: Int, isEnded: Bool
  ) throws(SyntaxError) {
    if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { return }
    let operation: Operation
    do throws(SyntaxError) {
      operation = try Operation(json: text, place: -1, lacksFunctions: lacksFunctions)
    } catch {
      guard !isEnded, !HistoryFile.isJSON(text) else { throw error }
      isTruncated = true
      return
    }
    guard builder.append(operation, line: line) else { throw .tooManyNames }
  }
}

extension SyntaxError {
  /// Columns number names in 16 bits.
  static let tooManyNames = SyntaxError(
    column: 1, expected: "at most 65,536 functions and 2,147,483,647 lines", found: "more")
}

// MARK: - Arrays

extension JSONReader {
  /// Reads an array of objects, whose bracket is the first byte but blanks, up to the end.
  ///
  /// What is between objects, and objects that are unusual, are read a step at a time by the exact
  /// reader, which is asked again with more of the text where it came near the window's end.
  mutating func readArray(from position: Int) throws(HistoryFileError) {
    isArray = true
    var position = position
    var next = ArrayStep.bracket
    while next != .end {
      if next == .element, let end = scannedObject(at: position, number: line) {
        advance(from: position, to: end)
        position = end
        next = .comma
        continue
      }
      let step = exactStep(next, at: position)
      switch step.result {
      case .success(let following):
        advance(from: position, to: position + step.count)
        position += step.count
        next = following
      case .failure(let error):
        guard !step.isSettled else { throw HistoryFileError(file: file, error) }
        try window.fill(from: position)
        position = 0
      }
    }
  }

  /// What is next in an array.
  private enum ArrayStep {
    case bracket
    case element
    case comma
    /// Nothing but blanks.
    case rest
    case end
  }

  /// Reads the next thing exactly.
  private mutating func exactStep(
    _ step: ArrayStep, at position: Int
  ) -> (result: Result<ArrayStep, SyntaxError>, count: Int, isSettled: Bool) {
    let text = UnsafeRawBufferPointer(rebasing: window.bytes[position...])
    var scanner = JSONScanner(TextCursor(text))
    scanner.cursor.origin = (line, column)
    var operation: Operation?
    var result: Result<ArrayStep, SyntaxError>
    do throws(SyntaxError) {
      switch step {
      case .bracket:
        scanner.skipWhitespace()
        result = .success(scanner.beginElements() ? .element : .rest)
      case .element:
        operation = try scanner.operation(of: text, at: (line, column))
        result = .success(.comma)
      case .comma: result = .success(try scanner.nextElement() ? .element : .rest)
      case .rest, .end:
        try scanner.finish()
        result = .success(.end)
      }
    } catch {
      result = .failure(error)
    }
    // A scanner looks no more than a few bytes ahead.
    let count = scanner.cursor.position
    let isSettled = window.isAtEnd || count + 8 < text.count
    if !isSettled { return (.failure(.tooManyNames), count, false) }
    spansLines = true
    if let operation, !builder.append(operation, line: line) {
      result = .failure(.tooManyNames)
    }
    return (result, count, true)
  }

  /// Counts the lines and columns of what has been read.
  private mutating func advance(from start: Int, to end: Int) {
    column += end - start
    guard spansLines else { return }
    spansLines = false
    let bytes = window.bytes
    for place in start..<end where bytes[place] == UInt8(ascii: "\n") {
      line += 1
      column = end - place
    }
  }
}

// MARK: - The scanner

extension JSONReader {
  /// Scans an object and appends it, with the end of the line when it is one.
  ///
  /// - Returns: Where it ends; nothing where it is unusual, or not all there.
  private mutating func scannedObject(at start: Int, number: Int) -> Int? {
    let end = BytePointer(window.start) + window.count
    let first = BytePointer(window.start) + start
    var place = first
    guard place.pointee == UInt8(ascii: "{") else { return nil }
    place += 1
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
    if lacksFunctions, !fields.hasFunction, builder.table.isList(fields.row.value) {
      fields.row.function = builder.names.number(of: "txn")
      fields.hasFunction = true
    }
    guard fields.isWhole, builder.append(fields.row, line: number) else { return nil }
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
    let end = isArray ? window.count : endOfLine(from: lineStart - start)
    guard let end else { return nil }
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
