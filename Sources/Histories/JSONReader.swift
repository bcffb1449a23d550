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
  var window: TextWindow
  private(set) var isTruncated = false
  let lacksFunctions: Bool
  let file: String
  var codes: [ValueCode] = []
  /// Where the line that is scanned ends, once that has been asked.
  var lineEnd: Int?
  /// Whether the objects are an array's elements instead of lines.
  var isArray = false
  /// The line and the column of the place that is read in an array.
  var line = 1
  var column = 1
  /// Whether what was read last may go beyond its first line.
  var spansLines = false

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
  func endOfLine(from start: Int) -> Int? {
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
    guard builder.append(operation, line: line) else { throw .tooManyNames(1) }
  }
}

extension SyntaxError {
  /// Columns number names in 16 bits.
  static func tooManyNames(_ line: Int) -> SyntaxError {
    SyntaxError(
      line: line, column: 1, expected: "at most 65,536 functions and 2,147,483,647 lines",
      found: "more")
  }
}
