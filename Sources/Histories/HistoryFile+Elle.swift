public import Values

extension HistoryFile {
  /// Reads the JSON of elle-cli: an array of operations, or an operation a line.
  ///
  /// As elle-cli holds it, an operation without `f` whose value is a list is a transaction.
  public init(elleJSON bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    let bytes = bytes.withoutByteOrderMark
    var scanner = JSONScanner(TextCursor(bytes))
    scanner.skipWhitespace()
    guard scanner.cursor.next == UInt8(ascii: "[") else {
      try self.init(jsonLines: bytes, lacksFunctions: true)
      format = .elleJSON
      return
    }
    self.init(.elleJSON)
    var counter = LineCounter(bytes)
    var hasNext = scanner.beginElements()
    while hasNext {
      let place = counter.place(of: scanner.cursor.position)
      operations.append(try scanner.operation(of: bytes, at: place))
      lines.append(Int32(place.line))
      hasNext = try scanner.nextElement()
    }
    try scanner.finish()
    try supplyProcesses()
    sortByIndex()
  }
}

extension JSONScanner {
  /// Reads the operation that is next in an array, at a place of the whole text.
  mutating func operation(
    of bytes: UnsafeRawBufferPointer, at place: (line: Int, column: Int)
  ) throws(SyntaxError) -> Operation {
    let start = cursor.position
    try skipValue(depth: 1)
    let text = UnsafeRawBufferPointer(rebasing: bytes[start..<cursor.position])
    do throws(SyntaxError) {
      return try Operation(json: text, place: -1, lacksFunctions: true)
    } catch {
      throw error.moved(to: place)
    }
  }
}

extension SyntaxError {
  /// The error of a text that begins at a place of another.
  fileprivate func moved(to place: (line: Int, column: Int)) -> SyntaxError {
    var error = self
    if error.line == 1 { error.column += place.column - 1 }
    error.line += place.line - 1
    return error
  }
}
