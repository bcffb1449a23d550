import Values

extension HistoryColumns {
  /// Reads and pairs a history of a format, which its first bytes tell unless it is given.
  ///
  /// The path `-` is standard input.
  ///
  /// JSON Lines and Jepsen's EDN are read at the speed of memory, without the whole text being in
  /// it, and long files of them by two threads; so are the formats of transactions, by one. Other
  /// texts are read as ``HistoryFile`` does.
  ///
  /// - Parameter isLean: Whether errors and keys that no checker knows are left out.
  /// - Throws: When the file can't be read, or is no history; the error names the line.
  public init(
    path: String, format: HistoryFormat? = nil, order: History.Order = .index, isLean: Bool = false
  ) throws(HistoryFileError) {
    try self.init(path: path, format: format, order: order, isLean: isLean, byHalvesFrom: 1 << 24)
  }

  /// Reads files of a size and more in halves.
  package init(
    path: String, format: HistoryFormat?, order: History.Order, isLean: Bool,
    byHalvesFrom size: Int
  ) throws(HistoryFileError) {
    if let folder = HistoryFolder(path: path, format: format) {
      try self.init(folder, order: order, isLean: isLean)
    } else if let columns = HistoryColumns(
      halvesOf: path, format: format, order: order, isLean: isLean, from: size)
    {
      self = columns
    } else {
      try self.init(
        TextWindow(path: path), named: path, format: format, order: order, isLean: isLean)
    }
  }

  /// Reads and pairs a history of a format; without one the first bytes tell.
  ///
  /// - Parameter name: What errors call the text.
  public init(
    reading bytes: UnsafeRawBufferPointer, named name: String, format: HistoryFormat? = nil,
    order: History.Order = .index, isLean: Bool = false
  ) throws(HistoryFileError) {
    try self.init(
      TextWindow(bytes), named: name, format: format, order: order, isLean: isLean)
  }

  /// Reads and pairs a history by pieces of a size.
  package init(
    reading bytes: UnsafeRawBufferPointer, named name: String, format: HistoryFormat?,
    order: History.Order, byPiecesOf capacity: Int
  ) throws(HistoryFileError) {
    try self.init(
      TextWindow(bytes, capacity: capacity), named: name, format: format, order: order,
      isLean: false)
  }

  init(
    _ window: consuming TextWindow, named name: String, format: HistoryFormat?,
    order: History.Order, isLean: Bool
  ) throws(HistoryFileError) {
    try window.fill(from: 0)
    let format = format ?? HistoryFormat(detecting: window.bytes)
    let start = window.count - window.bytes.withoutByteOrderMark.count
    // Times are needed to order by, if only for that.
    let leavesOut = isLean && order == .index
    var lines: [Int32]
    var isTruncated = false
    switch format {
    case .jsonLines, .elleJSON:
      let isArray = format == .elleJSON && window.bytes[start...].beginsArray
      var reader = JSONReader(
        window, file: name, isLean: leavesOut, lacksFunctions: format == .elleJSON)
      if isArray { try reader.readArray(from: start) } else { try reader.readLines(from: start) }
      try HistoryColumns.requireProcesses(of: reader.builder, in: name)
      isTruncated = reader.isTruncated
      (self, lines) = reader.builder.finish()
    case .jepsenEDN:
      var reader = JepsenEDNReader(window, file: name, isLean: leavesOut)
      try reader.read(from: start)
      try HistoryColumns.requireProcesses(of: reader.builder, in: name)
      (self, lines) = reader.builder.finish()
    case .plume:
      var reader = PlumeReader(window, file: name, isLean: leavesOut)
      try reader.read(from: start)
      (self, lines) = reader.transactions.finish()
    case .awditTest:
      var reader = AWDITReader(window, file: name, isLean: leavesOut)
      try reader.read(from: start)
      (self, lines) = reader.transactions.finish()
    case .dbcop where window.bytes.prefix(8).contains(0):
      var reader = DbcopBincodeReader(window, file: name, isLean: leavesOut)
      try reader.read()
      (self, lines) = reader.transactions.finish()
    case .dbcop:
      var reader = DbcopReader(window, file: name, from: start, isLean: leavesOut)
      try reader.read()
      (self, lines) = reader.transactions.finish()
    case .cobra:
      var reader = CobraReader(isLean: leavesOut)
      try reader.read(window, file: name, session: 0)
      (self, lines) = reader.transactions.finish()
    case .chronos:
      var reader = ChronosReader(window, file: name, from: start, isLean: leavesOut)
      var builder = try reader.read()
      (self, lines) = builder.finish()
    case .binary:
      var reader = BinaryHistoryReader(window, file: name, isLean: leavesOut)
      try reader.read()
      self = reader.columns
      lines = []
    case .porcupineEtcd, .porcupineKV:
      try window.fillWhole()
      let file: HistoryFile
      do throws(SyntaxError) {
        file = try HistoryFile(reading: window.bytes, format)
      } catch {
        throw HistoryFileError(file: name, error)
      }
      var builder = ColumnBuilder(isLean: leavesOut)
      for (operation, line) in zip(file.operations, file.lines)
      where !builder.append(operation, line: Int(line)) {
        throw HistoryFileError(file: name, .tooManyNames(Int(line)))
      }
      builder.keepOrder()
      isTruncated = file.isTruncated
      (self, lines) = builder.finish()
    }
    self.format = format
    self.isTruncated = isTruncated
    do {
      try pair(order)
    } catch {
      throw HistoryFileError(
        file: name, line: lines.isEmpty ? nil : Int(lines[error.position]),
        problem: error.description)
    }
  }

  private static func requireProcesses(
    of builder: borrowing ColumnBuilder, in file: String
  ) throws(HistoryFileError) {
    guard let line = builder.lineWithoutProcess else { return }
    throw HistoryFileError(file: file, .unstatedProcess(line: line))
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// Whether the first byte but JSON's blanks is a bracket.
  fileprivate var beginsArray: Bool {
    first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 } == UInt8(ascii: "[")
  }
}
