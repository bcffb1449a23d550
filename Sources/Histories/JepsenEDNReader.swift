import Values

/// Reads Jepsen's EDN into columns, at the speed of memory where operations are as usual.
///
/// A map of plain fields is scanned byte by byte, with no allocation. A value that is unusual, such
/// as a map, a fraction or a text with escapes, is read by ``EDNReader``; an operation that is, and
/// what stands between operations, by the reader of single operations, so that both agree on what is
/// an operation and on each error.
struct JepsenEDNReader: ~Copyable {
  var builder: ColumnBuilder
  var window: TextWindow
  private let file: String
  var codes: [ValueCode] = []
  /// The line and the column of the place that is read.
  var line = 1
  private var column = 1
  /// What ends the history, when it is enclosed, and whether that has come.
  private var close: UInt8?
  private var isClosed = false
  /// Whether what was scanned last may go beyond its first line.
  var spansLines = false

  init(_ window: consuming TextWindow, file: String, isLean: Bool) {
    self.window = window
    self.file = file
    builder = ColumnBuilder(isLean: isLean)
  }

  /// Reads everything that the window comes to.
  mutating func read(from position: Int) throws(HistoryFileError) {
    var position = position
    while true {
      skipBlanks(&position)
      if position >= window.count, !window.isAtEnd {
        try window.fill(from: position)
        position = 0
        continue
      }
      if !isClosed, let end = scannedOperation(at: position) {
        advance(from: position, to: end)
        position = end
        continue
      }
      switch exactStep(at: position) {
      case .passed(let end):
        advance(from: position, to: end)
        position = end
      case .end: return
      case .failed(let error): throw HistoryFileError(file: file, error)
      case .incomplete:
        try window.fill(from: position)
        position = 0
      }
    }
  }

  /// Passes blanks between operations.
  @inline(__always)
  private mutating func skipBlanks(_ position: inout Int) {
    var place = BytePointer(window.start) + position
    let start = place
    while true {
      switch place.pointee {
      case UInt8(ascii: "\n"):
        line += 1
        column = 0
        fallthrough
      case 0x20, 0x09, 0x0d, 0x0c, UInt8(ascii: ","):
        place += 1
        column += 1
        continue
      default: break
      }
      position += place - start
      return
    }
  }

  /// Counts the lines and columns of what has been read.
  @inline(__always)
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

// MARK: - The exact reader

extension JepsenEDNReader {
  /// What came of reading the next thing exactly.
  private enum Step {
    case passed(end: Int)
    case end
    case failed(SyntaxError)
    /// What comes behind the window may change it.
    case incomplete
  }

  private mutating func exactStep(at position: Int) -> Step {
    spansLines = true
    let text = UnsafeRawBufferPointer(rebasing: window.bytes[position...])
    var reader = EDNReader(text, line: line, column: column)
    var read: (operation: Operation, line: Int)?
    var bracket: UInt8?
    var isEnd = false
    var failure: SyntaxError?
    do throws(SyntaxError) {
      if try !reader.skipBlanks() {
        if let close, !isClosed { try reader.pass(close) }
        isEnd = true
      } else if isClosed {
        throw reader.cursor.error(expected: "the end of the history")
      } else if case let next = text[reader.position], let closing = closing(next) {
        bracket = closing
        reader.cursor.position += 1
      } else {
        let place = reader.cursor.lineAndColumn(of: reader.position)
        read = (try reader.operation(line: place.line, column: place.column), place.line)
      }
    } catch {
      failure = error
    }
    // A reader looks no more than a few bytes ahead.
    let isSettled = window.isAtEnd || reader.position + 8 < text.count
    guard isSettled else { return .incomplete }
    if let failure { return .failed(failure) }
    if isEnd { return .end }
    if let bracket {
      if close == nil { close = bracket } else { isClosed = true }
    }
    if let read, !builder.append(read.operation, line: read.line) {
      return .failed(.tooManyNames(read.line))
    }
    return .passed(end: position + reader.position)
  }

  /// The bracket that ends the history, where one that opens it or that one itself is next.
  private func closing(_ next: UInt8) -> UInt8? {
    if let close { return next == close ? close : nil }
    return builder.columns.count == 0 ? HistoryFile.closing(next) : nil
  }
}
