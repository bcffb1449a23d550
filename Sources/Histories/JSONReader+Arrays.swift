import Values

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
      switch exactStep(next, at: position) {
      case .passed(let end, let following):
        advance(from: position, to: end)
        position = end
        next = following
      case .failed(let error): throw HistoryFileError(file: file, error)
      case .incomplete:
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

  /// What came of reading the next thing exactly.
  private enum Step {
    case passed(end: Int, next: ArrayStep)
    case failed(SyntaxError)
    /// What comes behind the window may change it.
    case incomplete
  }

  private mutating func exactStep(_ step: ArrayStep, at position: Int) -> Step {
    let text = UnsafeRawBufferPointer(rebasing: window.bytes[position...])
    var scanner = JSONScanner(TextCursor(text))
    scanner.cursor.origin = (line, column)
    var operation: Operation?
    var next = ArrayStep.comma
    var failure: SyntaxError?
    do throws(SyntaxError) {
      switch step {
      case .bracket:
        scanner.skipWhitespace()
        next = scanner.beginElements() ? .element : .rest
      case .element: operation = try scanner.operation(of: text, at: (line, column))
      case .comma: next = try scanner.nextElement() ? .element : .rest
      case .rest, .end:
        try scanner.finish()
        next = .end
      }
    } catch {
      failure = error
    }
    // A scanner looks no more than a few bytes ahead.
    let isSettled = window.isAtEnd || scanner.cursor.position + 8 < text.count
    guard isSettled else { return .incomplete }
    if let failure { return .failed(failure) }
    spansLines = true
    if let operation, !builder.append(operation, line: line) {
      return .failed(.tooManyNames(line))
    }
    return .passed(end: position + scanner.cursor.position, next: next)
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
