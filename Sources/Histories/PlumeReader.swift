import Glibc
import Values

/// Reads the text of Plume, PolySI, IsoVista and AWDIT: `w(17,42,3,105)` is a write of 42 to the key
/// 17 in the session 3 by the transaction 105.
///
/// Lines of one transaction follow each other, and those of one session stand in its order. The
/// value 0 is the initial one. The transaction −1 is no single one: each of its lines is a
/// transaction of its own that was aborted.
struct PlumeReader: ~Copyable {
  var transactions: TransactionBuilder
  private var window: TextWindow
  private let file: String
  private var line = 1
  private var seen = SeenNumbers()
  private var sessions = SeenNumbers()
  /// The transaction that is open, the line where it began, and whether it is its session's first.
  private var transaction = -1
  private var session = -1
  private var firstLine = 1
  private var isFirstOfSession = false
  /// The first line that writes 0, and whether the transaction does anything else.
  private var lineOfZero: Int?
  private var doesMore = false

  init(_ window: consuming TextWindow, file: String, isLean: Bool) {
    self.window = window
    self.file = file
    transactions = TransactionBuilder(isLean: isLean)
  }

  /// What a line says.
  private struct Step {
    var isWrite: Bool
    var key: UInt64
    var value: UInt64
    var session: Int
    var transaction: Int
  }

  /// Reads everything that the window comes to.
  mutating func read(from position: Int) throws(HistoryFileError) {
    var position = position
    while true {
      if position >= window.count {
        if window.isAtEnd { break }
        try window.fill(from: position)
        position = 0
        continue
      }
      var place = BytePointer(window.start) + position
      if let step = scannedStep(at: &place), hasEnded(&place) {
        try take(step)
        position = place - BytePointer(window.start)
        line += 1
        continue
      }
      let rest = window.bytes[position...]
      guard
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? (window.isAtEnd ? window.count : nil)
      else {
        try window.fill(from: position)
        position = 0
        continue
      }
      let text = UnsafeRawBufferPointer(rebasing: rest[..<end])
      if !text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
        throw syntaxError(in: text)
      }
      line += 1
      position = end + 1
    }
    try endTransaction()
  }

  /// Passes `r(`, four numbers and `)`; elsewhere the place is of no use.
  @inline(__always)
  private func scannedStep(at place: inout BytePointer) -> Step? {
    let mark = place.pointee
    guard mark == UInt8(ascii: "r") || mark == UInt8(ascii: "w"),
      (place + 1).pointee == UInt8(ascii: "(")
    else { return nil }
    place += 2
    guard let key = place.takeNumber(), place.take(UInt8(ascii: ",")),
      let value = place.takeNumber(), place.take(UInt8(ascii: ",")),
      let session = place.takeNumber(), place.take(UInt8(ascii: ",")), session <= UInt64(Int.max)
    else { return nil }
    let transaction: Int
    if place.word & 0xff_ffff == 0x29_312d {  // -1)
      transaction = -1
      place += 2
    } else {
      guard let number = place.takeNumber(), let known = Int(exactly: number) else { return nil }
      transaction = known
    }
    guard place.take(UInt8(ascii: ")")) else { return nil }
    return Step(
      isWrite: mark == UInt8(ascii: "w"), key: key, value: value, session: Int(session),
      transaction: transaction)
  }

  /// Passes the end of the line; there is none where something else comes first or the window ends.
  @inline(__always)
  private func hasEnded(_ place: inout BytePointer) -> Bool {
    while place.pointee == 0x20 || place.pointee == 0x09 || place.pointee == 0x0d { place += 1 }
    if place.take(UInt8(ascii: "\n")) { return true }
    return place == BytePointer(window.start) + window.count && window.isAtEnd
  }

  @inline(__always)
  private mutating func take(_ step: Step) throws(HistoryFileError) {
    if step.transaction != transaction || step.session != session || transaction < 0 {
      try endTransaction()
      try begin(step)
    }
    let key = transactions.builder.table.code(of: step.key)
    if step.value == 0 {
      if step.isWrite {
        if lineOfZero == nil { lineOfZero = line }
      } else {
        doesMore = true
        transactions.read(key, .null)
      }
      return
    }
    doesMore = true
    let value = transactions.builder.table.code(of: step.value)
    if step.isWrite { transactions.write(key, value) } else { transactions.read(key, value) }
  }

  private mutating func begin(_ step: Step) throws(HistoryFileError) {
    if step.transaction >= 0, !seen.insert(step.transaction) {
      throw error(
        1,
        "expected the lines of the transaction \(step.transaction) one after the other, all in one "
          + "session, found one of the session \(step.session) behind those of another transaction")
    }
    transaction = step.transaction
    session = step.session
    firstLine = line
    isFirstOfSession = sessions.insert(step.session)
    lineOfZero = nil
    doesMore = false
  }

  /// Ends the transaction that is open.
  private mutating func endTransaction() throws(HistoryFileError) {
    if let zero = lineOfZero {
      // Tools write the initial values down as a first transaction; that is what we hold without it.
      guard isFirstOfSession, !doesMore, transaction >= 0 else {
        throw HistoryFileError(
          file: file, line: zero, column: 1,
          problem: "expected a written value from 1 on, found 0, which is the initial value")
      }
      lineOfZero = nil
    }
    if transactions.isEmpty { return }
    guard
      transactions.end(transaction < 0 ? .fail : .ok, session: session, line: firstLine)
    else { throw HistoryFileError(file: file, .tooManyNames(line)) }
  }

  private func error(_ column: Int, _ problem: String) -> HistoryFileError {
    HistoryFileError(file: file, line: line, column: column, problem: problem)
  }

  /// What is wrong with a line.
  private func syntaxError(in text: UnsafeRawBufferPointer) -> HistoryFileError {
    let marks: [(set: [UInt8], expected: String)] = [
      (Array("rw".utf8), "r(key,value,session,transaction) or w(…)"), (Array("(".utf8), "'('"),
    ]
    var place = 0
    func found() -> String {
      place < text.count
        ? "'\(String(decoding: text[place...].prefix(20), as: UTF8.self))'" : "the end of the line"
    }
    for (set, expected) in marks {
      guard place < text.count, set.contains(text[place]) else {
        return error(place + 1, "expected \(expected), found \(found())")
      }
      place += 1
    }
    let names = ["a key", "a value", "a session", "a transaction"]
    for (number, name) in names.enumerated() {
      let start = place
      if number == 3, place < text.count, text[place] == UInt8(ascii: "-") { place += 1 }
      let digits = text[place...].prefix { $0 >= 0x30 && $0 <= 0x39 }
      let isMinusOne = place > start && digits.elementsEqual([0x31])
      let isNumber =
        UInt64(String(decoding: digits, as: UTF8.self)).map {
          number < 2 || $0 <= UInt64(Int.max)
        } ?? false
      guard place == start ? isNumber : isMinusOne else {
        place = start
        let bound = number < 2 ? "2⁶⁴ − 1" : "2⁶³ − 1"
        return error(
          start + 1,
          "expected \(name) from 0 to \(bound)\(number == 3 ? ", or -1" : ""), found \(found())")
      }
      place += digits.count
      let mark = number < 3 ? UInt8(ascii: ",") : UInt8(ascii: ")")
      guard place < text.count, text[place] == mark else {
        return error(place + 1, "expected '\(Unicode.Scalar(mark))', found \(found())")
      }
      place += 1
    }
    return error(place + 1, "expected the end of the line, found \(found())")
  }
}

extension UnsafePointer where Pointee == UInt8 {
  /// Passes a byte where it is next.
  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    guard pointee == byte else { return false }
    self += 1
    return true
  }

  /// Passes decimal digits; there are none where they are no number of 64 bits without a sign.
  @inline(__always)
  mutating func takeNumber() -> UInt64? {
    let first = self
    var number: UInt64 = 0
    while case let digit = pointee &- UInt8(ascii: "0"), digit < 10 {
      number = number &* 10 &+ UInt64(digit)
      self += 1
    }
    let count = self - first
    if count > 0, count < 20 { return number }
    return UInt64(String(decoding: first.text(to: self), as: UTF8.self))
  }
}
