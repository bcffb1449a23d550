import Values

/// Reads the text of AWDIT's own tests: `r k v` or `w k v` a line, dashes between the transactions of
/// a session and equals signs between sessions.
///
/// No value is special: a value that is read was written. Sessions are numbered from 0.
struct AWDITReader: ~Copyable {
  var transactions: TransactionBuilder
  private var window: TextWindow
  private let file: String
  private var line = 1
  private var session = 0
  private var isSessionEmpty = true
  private var firstLine = 1

  init(_ window: consuming TextWindow, file: String, isLean: Bool) {
    self.window = window
    self.file = file
    transactions = TransactionBuilder(isLean: isLean)
  }

  /// Reads everything that the window comes to.
  mutating func read(from position: Int) throws(HistoryFileError) {
    var position = position
    while true {
      let rest = window.bytes[position...]
      guard
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? (window.isAtEnd ? window.count : nil)
      else {
        try window.fill(from: position)
        position = 0
        continue
      }
      try take(BytePointer(window.start) + position, until: BytePointer(window.start) + end)
      line += 1
      position = end + 1
      if position > window.count { break }
      if position == window.count {
        if window.isAtEnd { break }
        try window.fill(from: position)
        position = 0
      }
    }
    try endTransaction()
  }

  private mutating func take(
    _ start: BytePointer, until end: BytePointer
  ) throws(HistoryFileError) {
    var place = start
    place.skipBlanks()
    if place == end { return }
    let mark = place.pointee
    switch mark {
    case UInt8(ascii: "-"), UInt8(ascii: "="):
      while place.take(mark) {}
      try endTransaction()
      if mark == UInt8(ascii: "="), !isSessionEmpty {
        session += 1
        isSessionEmpty = true
      }
    case UInt8(ascii: "r"), UInt8(ascii: "w"):
      place += 1
      let key = try number(at: &place, "a key", from: start)
      let value = try number(at: &place, "a value", from: start)
      if transactions.isEmpty { firstLine = line }
      if mark == UInt8(ascii: "w") {
        transactions.write(key, value)
      } else {
        transactions.read(key, value)
      }
    default:
      throw error(place, from: start, "r k v, w k v, dashes or equals signs", until: end)
    }
    place.skipBlanks()
    guard place == end else { throw error(place, from: start, "the end of the line", until: end) }
  }

  private mutating func number(
    at place: inout BytePointer, _ what: String, from start: BytePointer
  ) throws(HistoryFileError) -> ValueCode {
    let first = place
    place.skipBlanks()
    let digits = place
    guard place > first, let number = place.takeNumber() else {
      var end = digits
      while end.pointee != 0, end.pointee != UInt8(ascii: "\n") { end += 1 }
      throw error(digits, from: start, "a blank and \(what) from 0 to 2⁶⁴ − 1", until: end)
    }
    return transactions.builder.table.code(of: number)
  }

  private mutating func endTransaction() throws(HistoryFileError) {
    if transactions.isEmpty { return }
    isSessionEmpty = false
    guard transactions.end(.ok, session: session, line: firstLine) else {
      throw HistoryFileError(file: file, .tooManyNames(line))
    }
  }

  private func error(
    _ place: BytePointer, from start: BytePointer, _ expected: String, until end: BytePointer
  ) -> HistoryFileError {
    let found =
      place < end
      ? "'\(String(decoding: place.text(to: end).prefix(20), as: UTF8.self))'"
      : "the end of the line"
    return HistoryFileError(
      file: file, line: line, column: place - start + 1,
      problem: "expected \(expected), found \(found)")
  }
}

extension UnsafePointer where Pointee == UInt8 {
  @inline(__always)
  fileprivate mutating func skipBlanks() {
    while pointee == 0x20 || pointee == 0x09 || pointee == 0x0d { self += 1 }
  }
}
