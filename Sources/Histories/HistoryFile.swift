import Glibc
public import Values

/// A history as it was read from a file.
public struct HistoryFile: Sendable {
  /// The operations in the order of their indices; where one has none, in the order of the lines.
  public var operations: [Operation]
  /// For each operation the line of the file that it stands in, or 0 where files have no lines.
  public var lines: [Int32]
  /// The file's last line was cut short, as by the death of who wrote it, and was left out.
  public var isTruncated: Bool
  /// How the file writes it.
  public internal(set) var format: HistoryFormat

  /// An empty history.
  init(_ format: HistoryFormat) {
    operations = []
    lines = []
    isTruncated = false
    self.format = format
  }

  /// Pairs the operations.
  ///
  /// - Throws: When they are no history; the error names the line.
  public func history(
    named file: String, order: History.Order = .index
  ) throws(HistoryFileError) -> History {
    do {
      return try History(operations, order: order)
    } catch {
      let line = Int(lines[error.position])
      throw HistoryFileError(
        file: file, line: line == 0 ? nil : line, problem: error.description)
    }
  }
}

/// Why a file holds no history: which line, and what is wrong there.
public struct HistoryFileError: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  public var line: Int?
  public var column: Int?
  public var problem: String

  public var description: String {
    var place = file
    if let line { place += ":\(line)" }
    if let column { place += ":\(column)" }
    return "\(place): \(problem)"
  }

  init(file: String, line: Int? = nil, column: Int? = nil, problem: String) {
    self.file = file
    self.line = line
    self.column = column
    self.problem = problem
  }

  init(file: String, _ error: SyntaxError) {
    self.init(
      file: file, line: error.line, column: error.column,
      problem: "expected \(error.expected), found \(error.found)")
  }
}

extension HistoryFile {
  /// Reads a history of a format, which its first bytes tell unless it is given.
  ///
  /// The path `-` is standard input.
  ///
  /// - Throws: When the file can't be read, or a line is broken.
  public init(path: String, format: HistoryFormat? = nil) throws(HistoryFileError) {
    if let folder = HistoryFolder(path: path, format: format) {
      self.init(try HistoryColumns(folder, order: .index, isLean: false))
      return
    }
    var window = try TextWindow(path: path)
    try window.fill(from: 0)
    let format = format ?? HistoryFormat(detecting: window.bytes)
    if HistoryFormat.columnar.contains(format) {
      self.init(
        try HistoryColumns(window, named: path, format: format, order: .index, isLean: false))
      return
    }
    try window.fillWhole()
    do throws(SyntaxError) {
      try self.init(reading: window.bytes, format)
    } catch {
      throw HistoryFileError(file: path, error)
    }
  }

  /// Reads a text of a format.
  init(reading bytes: UnsafeRawBufferPointer, _ format: HistoryFormat) throws(SyntaxError) {
    switch format {
    case .jsonLines: try self.init(jsonLines: bytes)
    case .jepsenEDN: try self.init(edn: bytes)
    case .elleJSON: try self.init(elleJSON: bytes)
    case .porcupineEtcd: try self.init(porcupineEtcd: bytes)
    case .porcupineKV: try self.init(porcupineKV: bytes)
    case .plume, .awditTest, .dbcop, .cobra, .chronos, .binary:
      throw SyntaxError(
        column: 1, expected: "a history of single operations", found: "one of the format \(format)")
    }
  }

  /// The lines of columns, which stand in no lines of text.
  private init(_ columns: HistoryColumns) {
    self.init(columns.format ?? .binary)
    operations = (0..<columns.count).map { columns.operation(at: $0) }
    lines = Array(repeating: 0, count: columns.count)
  }

  /// Reads JSON Lines.
  ///
  /// A last line without its end that is no JSON was cut short.
  public init(jsonLines bytes: UnsafeRawBufferPointer) throws(SyntaxError) {
    try self.init(jsonLines: bytes.withoutByteOrderMark, lacksFunctions: false)
  }

  init(jsonLines bytes: UnsafeRawBufferPointer, lacksFunctions: Bool) throws(SyntaxError) {
    self.init(.jsonLines)
    try HistoryFile.forEachLine(of: bytes) { (text, line, isEnded) throws(SyntaxError) in
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { return }
      do throws(SyntaxError) {
        operations.append(
          try Operation(json: text, place: -1, lacksFunctions: lacksFunctions))
        lines.append(Int32(line))
      } catch {
        guard !isEnded, !HistoryFile.isJSON(text) else { throw error.offset(byLines: line - 1) }
        isTruncated = true
      }
    }
    try supplyProcesses()
    sortByIndex()
  }

  static func isJSON(_ text: UnsafeRawBufferPointer) -> Bool {
    do throws(SyntaxError) { try JSONScanner.validate(text) } catch { return false }
    return true
  }

  /// Gives each operation a process of its own where none of the clients' tells one.
  mutating func supplyProcesses() throws(SyntaxError) {
    guard let first = operations.firstIndex(where: { $0.process == .unstated }) else { return }
    guard !operations.contains(where: { $0.process.number != nil }) else {
      throw .unstatedProcess(line: Int(lines[first]))
    }
    for place in operations.indices where operations[place].process == .unstated {
      operations[place].process = .client(place)
    }
  }

  /// Brings the operations into the order of their indices; where one has none, they stay in the
  /// order of the lines, and those without take their places as indices.
  mutating func sortByIndex() {
    var isComplete = true
    for place in operations.indices where operations[place].index < 0 {
      operations[place].index = place
      isComplete = false
    }
    guard isComplete,
      !zip(operations, operations.dropFirst()).allSatisfy({ $0.index <= $1.index })
    else { return }
    let order = operations.indices.sorted {
      (operations[$0].index, $0) < (operations[$1].index, $1)
    }
    operations = order.map { operations[$0] }
    lines = order.map { lines[$0] }
  }
}

extension HistoryFileError {
  /// An error of the operating system.
  init(file: String, code: Int32) {
    self.init(file: file, problem: String(cString: strerror(code)))
  }
}
