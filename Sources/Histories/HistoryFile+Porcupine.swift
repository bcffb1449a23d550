public import Values

extension HistoryFile {
  /// Reads lines of Jepsen's log such as `INFO  jepsen.util - 2 :ok :cas [3 0]`, as in Porcupine's
  /// tests; what other parts of Jepsen logged is passed over.
  ///
  /// There a process goes on after an operation that timed out. Because that operation may still
  /// take effect, what the process does next is given to a fresh process.
  ///
  /// A last line without its end that is no operation was cut short.
  public init(porcupineEtcd bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    self.init(.porcupineEtcd)
    try HistoryFile.forEachLine(of: bytes.withoutByteOrderMark) {
      (text, line, isEnded) throws(SyntaxError) in
      do throws(SyntaxError) {
        guard let operation = try Operation(logLine: text) else { return }
        operations.append(operation)
        lines.append(Int32(line))
      } catch {
        guard !isEnded else { throw error.offset(byLines: line - 1) }
        isTruncated = true
      }
    }
    fillInvocations()
    sortByIndex()
  }

  /// Gives completions that carry a reason in their value's place the value that was asked for, and
  /// processes that crashed a fresh number for what they do next.
  private mutating func fillInvocations() {
    var fresh = (operations.compactMap(\.process.number).max() ?? -1) + 1
    var numbers: [Int: Int] = [:]
    var asked: [Int: Value] = [:]
    for place in operations.indices {
      guard let process = operations[place].process.number else { continue }
      operations[place].process = .client(numbers[process] ?? process)
      switch operations[place].type {
      case .invoke: asked[process] = operations[place].value
      case .ok: break
      case .fail, .info:
        if operations[place].error != nil { operations[place].value = asked[process] ?? .null }
      }
      if operations[place].type == .info {
        numbers[process] = fresh
        fresh += 1
      }
    }
  }

  /// Reads the maps of Porcupine's key-value tests, a line each, such as
  /// `{:process 0, :type :ok, :f :get, :key "7", :value ""}`; an operation's value is
  /// `[key, value]`.
  public init(porcupineKV bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    try self.init(edn: bytes)
    format = .porcupineKV
    for place in operations.indices where operations[place].process.number != nil {
      let key = Value.string("key")
      guard let object = operations[place].extra[key] else {
        throw SyntaxError(
          line: Int(lines[place]), column: 1, expected: "an operation with the field \"key\"",
          found: "none")
      }
      operations[place].extra[key] = nil
      operations[place].value = [object, operations[place].value]
    }
  }
}

extension Operation {
  /// Reads a line of Jepsen's log.
  ///
  /// - Returns: Nothing where the line is blank, or not one of an operation.
  fileprivate init?(logLine text: UnsafeRawBufferPointer) throws(SyntaxError) {
    let bytes = text.bindMemory(to: UInt8.self)
    guard let message = HistoryFile.message(of: bytes) else {
      let isOther = bytes.contains(UInt8(ascii: "-")) || bytes.allSatisfy { $0 <= 0x20 }
      guard !isOther else { return nil }
      throw SyntaxError(
        column: 1, expected: "a line of a log, such as INFO  jepsen.util - 0 :invoke :read nil",
        found: String(decoding: bytes.prefix(40), as: UTF8.self))
    }
    var reader = EDNReader(text)
    reader.cursor.position = message
    var parts: [(value: Value, column: Int)] = []
    while try reader.skipBlanks() {
      let column = reader.position + 1
      parts.append((try reader.value(), column))
    }
    func part(_ number: Int, _ expected: String) throws(SyntaxError) -> Value {
      guard number < parts.count else {
        throw SyntaxError(
          column: text.count + 1, expected: expected, found: "the end of the line")
      }
      return parts[number].value
    }
    let process: Process =
      switch try part(0, "a process") {
      case .integer(let number): .client(number)
      case let value: .named(value.name ?? value.json)
      }
    let type = try part(1, "invoke, ok, fail or info")
    guard let kind = type.name.flatMap(Kind.init) else {
      throw SyntaxError(
        column: parts[1].column, expected: "invoke, ok, fail or info", found: type.edn)
    }
    let f = try part(2, "what is done")
    self.init(type: kind, process: process, f: f.name ?? f.json, value: try part(3, "a value"))
    switch (kind, value) {
    case (.fail, .keyword), (.info, .keyword):
      error = value
      value = .null
    default: if parts.count > 4 { error = parts[4].value }
    }
    guard parts.count <= 5 else {
      throw SyntaxError(
        column: parts[5].column, expected: "the end of the line", found: parts[5].value.edn)
    }
  }
}

extension HistoryFile {
  /// Where the message of a line that tells an operation begins.
  fileprivate static func message(of line: UnsafeBufferPointer<UInt8>) -> Int? {
    let logger = Array("jepsen.util - ".utf8)
    guard line.count > logger.count else { return nil }
    for start in 0..<line.count - logger.count
    where line[start] == logger[0] && line[start...].starts(with: logger) {
      return start + logger.count
    }
    return nil
  }

  /// Lends each line with its number from 1, and whether its end is there.
  static func forEachLine(
    of bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer, Int, _ isEnded: Bool) throws(SyntaxError) -> Void
  ) throws(SyntaxError) {
    var start = 0
    var line = 0
    while start < bytes.count {
      line += 1
      let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
      try body(UnsafeRawBufferPointer(rebasing: rest[..<end]), line, end < rest.count)
      start += end + 1
    }
  }
}
