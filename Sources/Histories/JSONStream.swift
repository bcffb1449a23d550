import Values

/// Passes over a JSON text token by token, at the speed of memory and with no tree of values.
///
/// For texts whose shape is known: the caller asks for what must come next, and an error names the
/// line and the column where something else stands.
struct JSONStream: ~Copyable {
  private var window: TextWindow
  private let file: String
  private var position: Int
  private(set) var line = 1
  /// Where the line begins, counted from the window's beginning.
  private var lineStart: Int

  init(_ window: consuming TextWindow, file: String, from position: Int) {
    self.window = window
    self.file = file
    self.position = position
    lineStart = position
  }

  private var place: BytePointer { BytePointer(window.start) + position }

  /// Fills the window where fewer than a token's bytes are left in it.
  @inline(__always)
  private mutating func prepare() throws(HistoryFileError) {
    if window.count - position < TextWindow.padding, !window.isAtEnd { try refill() }
  }

  private mutating func refill() throws(HistoryFileError) {
    lineStart -= position
    try window.fill(from: position)
    position = 0
  }

  /// The next byte but blanks, or 0 at the end.
  @inline(__always)
  mutating func next() throws(HistoryFileError) -> UInt8 {
    try prepare()
    while true {
      switch place.pointee {
      case UInt8(ascii: "\n"):
        position += 1
        line += 1
        lineStart = position
      case 0x20, 0x09, 0x0d: position += 1
      case let byte:
        if byte != 0 || position < window.count || window.isAtEnd { return byte }
        try refill()
        continue
      }
      if window.count - position < TextWindow.padding { try prepare() }
    }
  }

  /// Passes a byte that must be next.
  @inline(__always)
  mutating func pass(_ byte: UInt8) throws(HistoryFileError) {
    guard try next() == byte else { throw error(expected: "'\(Unicode.Scalar(byte))'") }
    position += 1
  }

  /// Passes a byte where it is next.
  @inline(__always)
  mutating func take(_ byte: UInt8) throws(HistoryFileError) -> Bool {
    guard try next() == byte else { return false }
    position += 1
    return true
  }

  /// Whether another element or member comes, with the comma before it passed.
  @inline(__always)
  mutating func hasNext(
    _ isFirst: inout Bool, until close: UInt8
  ) throws(HistoryFileError) -> Bool {
    defer { isFirst = false }
    switch try next() {
    case close:
      position += 1
      return false
    case UInt8(ascii: ",") where !isFirst:
      position += 1
      guard try next() != close else { throw error(expected: "another element") }
      return true
    default:
      if isFirst { return true }
      throw error(expected: "',' or '\(Unicode.Scalar(close))'")
    }
  }

  /// Passes a member's name and its colon, and lends the name.
  @inline(__always)
  mutating func name<Result>(
    _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(HistoryFileError) -> Result {
    let result = body(try text(expected: "a name in quotes"))
    try pass(UInt8(ascii: ":"))
    return result
  }

  /// A text of few bytes, which is valid until the next token; of a longer one the beginning.
  private mutating func text(expected: String) throws(HistoryFileError) -> UnsafeRawBufferPointer {
    guard try next() == UInt8(ascii: "\"") else { throw error(expected: expected) }
    let first = place + 1
    var end = first
    var bits: UInt8 = 0
    while end.pointee != UInt8(ascii: "\"") {
      bits |= end.pointee
      if end.pointee < 0x20 || end.pointee == UInt8(ascii: "\\") {
        throw error(expected: "\(expected), of plain letters")
      }
      end += 1
      if end - first > 40 { throw error(expected: "\(expected), of at most 40 bytes") }
    }
    let text = first.text(to: end)
    guard bits < 0x80 || String(validating: text, as: UTF8.self) != nil else {
      throw error(expected: "\(expected), in UTF-8")
    }
    position += end + 1 - place
    return text
  }

  /// Passes an integer, which may stand in quotes.
  @inline(__always)
  mutating func integer(_ what: String) throws(HistoryFileError) -> Int {
    guard try next() == UInt8(ascii: "\"") else { return try bareInteger(what) }
    let start = position
    position += 1
    let number = try bareInteger(what)
    guard place.pointee == UInt8(ascii: "\"") else {
      position = start
      throw error(expected: what)
    }
    position += 1
    return number
  }

  @inline(__always)
  private mutating func bareInteger(_ what: String) throws(HistoryFileError) -> Int {
    var end = place
    if let number = end.takeInteger(), !end.continuesNumber {
      position += end - place
      return number
    }
    end = place
    if end.pointee == UInt8(ascii: "-") { end += 1 }
    while end.pointee &- UInt8(ascii: "0") < 10, end - place < 24 { end += 1 }
    guard !end.continuesNumber,
      let number = Int(String(decoding: place.text(to: end), as: UTF8.self))
    else { throw error(expected: what) }
    position += end - place
    return number
  }

  /// Passes an integer, a text, true, false or null as a value of a table.
  @inline(__always)
  mutating func scalar(
    _ what: String, into table: inout ValueTable
  ) throws(HistoryFileError) -> ValueCode {
    switch try next() {
    case UInt8(ascii: "n") where place.word & 0xffff_ffff == 0x6c6c_756e:
      position += 4
      return .null
    case UInt8(ascii: "\""): return table.code(of: try text(expected: what), .string)
    default: return try number(what, into: &table)
    }
  }

  /// Passes an integer of any sign, or one beyond the signed ones.
  @inline(__always)
  private mutating func number(
    _ what: String, into table: inout ValueTable
  ) throws(HistoryFileError) -> ValueCode {
    var end = place
    if let number = end.takeInteger(), !end.continuesNumber {
      position += end - place
      return table.code(of: number)
    }
    end = place
    if let number = end.takeNumber(), number > UInt64(Int.max), !end.continuesNumber {
      position += end - place
      return table.code(of: number)
    }
    return table.code(of: try bareInteger(what))
  }

  /// Passes true or false.
  mutating func flag(_ what: String) throws(HistoryFileError) -> Bool {
    switch try next() {
    case UInt8(ascii: "t") where place.word & 0xffff_ffff == 0x6575_7274:
      position += 4
      return true
    case UInt8(ascii: "f") where place.word & 0xff_ffff_ffff == 0x65_736c_6166:
      position += 5
      return false
    default: throw error(expected: "true or false for \(what)")
    }
  }

  /// Passes any value.
  mutating func skip() throws(HistoryFileError) {
    var closes: [UInt8] = []
    repeat {
      switch try next() {
      case UInt8(ascii: "{"): closes.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): closes.append(UInt8(ascii: "]"))
      case UInt8(ascii: "\""):
        try skipText()
        continue
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard closes.last == place.pointee else { throw error(expected: "a value") }
        closes.removeLast()
      case UInt8(ascii: ","), UInt8(ascii: ":"):
        if closes.isEmpty { throw error(expected: "a value") }
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "t"),
        UInt8(ascii: "f"), UInt8(ascii: "n"):
        while place.isOfWord {
          position += 1
          try prepare()
        }
        continue
      default: throw error(expected: "a value")
      }
      position += 1
    } while !closes.isEmpty
  }

  private mutating func skipText() throws(HistoryFileError) {
    position += 1
    while true {
      // A backslash takes the byte behind it along.
      if window.count - position < 2, !window.isAtEnd { try refill() }
      switch place.pointee {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"): position += 2
      case 0..<0x20:
        position = min(position, window.count)
        throw error(expected: "the end of a text")
      default: position += 1
      }
    }
  }

  /// Makes sure that nothing comes any more.
  mutating func finish() throws(HistoryFileError) {
    guard try next() == 0, position >= window.count else {
      throw error(expected: "the end of the file")
    }
  }

  /// Whether all has been read, but for blanks.
  mutating func isAtEnd() throws(HistoryFileError) -> Bool {
    try next() == 0 && position >= window.count
  }

  /// An error at the next token.
  func error(expected: String) -> HistoryFileError {
    let rest = window.bytes[min(position, window.count)...].prefix { $0 >= 0x20 }.prefix(20)
    let found =
      position >= window.count
      ? "the end of the file" : "'\(String(decoding: rest, as: UTF8.self))'"
    return error("expected \(expected), found \(found)")
  }

  /// An error at the next token.
  func error(_ problem: String) -> HistoryFileError {
    HistoryFileError(
      file: file, line: line, column: position - lineStart + 1, problem: problem)
  }
}

extension UnsafePointer where Pointee == UInt8 {
  /// Whether a number that began before goes on with a fraction or an exponent.
  @inline(__always)
  fileprivate var continuesNumber: Bool {
    pointee == UInt8(ascii: ".") || pointee | 0x20 == UInt8(ascii: "e")
  }

  /// Whether this is a byte of a number, or of true, false or null.
  @inline(__always)
  fileprivate var isOfWord: Bool {
    switch pointee {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "E"):
      true
    default: false
    }
  }
}
