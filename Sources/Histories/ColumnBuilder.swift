import Values

/// Columns that grow a line at a time, in the order in which a file has them.
struct ColumnBuilder {
  /// A line whose value and names have their numbers.
  struct Row {
    var type = Operation.Kind.invoke
    var function = 0
    var process = Process.unknown
    var value = ValueCode.null
    /// Below 0 where the line has none.
    var index = -1
    var time: Nanoseconds = -1
    /// Who did it.
    enum Process {
      /// It is not told.
      case unknown
      case client(Int)
      /// The number of a name.
      case named(Int)
    }
  }

  /// Whether remarks are left out.
  let isLean: Bool
  var columns = HistoryColumns()
  var names = NameTable()
  /// For each line of the history that of the file.
  private(set) var lines: [Int32] = []
  /// How many lines have no index.
  private var lackingCount = 0
  private var isAscending = true
  private var lastIndex = -1
  private var oddClients: [Int: Int32] = [:]

  private var unstatedCount = 0
  private var unstatedLine = 0

  init(isLean: Bool = false) { self.isLean = isLean }

  /// The table of the values.
  var table: ValueTable {
    @inline(__always) _read { yield columns.table }
    @inline(__always) _modify { yield &columns.table }
  }

  /// Appends a line.
  ///
  /// - Returns: Nothing where there are more names than numbers for them.
  @inline(__always)
  mutating func append(_ row: Row, line: Int) -> Bool {
    let position = columns.types.count
    guard row.function <= Int(UInt16.max), position < Int(Int32.max) else { return false }
    switch row.process {
    case .client(let client) where client >= 0 && client < HistoryColumns.oddClientsStart:
      columns.processes.append(Int32(truncatingIfNeeded: client))
    case .client(let client): columns.processes.append(oddClient(client))
    case .named(let name): columns.processes.append(-1 - Int32(truncatingIfNeeded: name))
    case .unknown: appendUnstatedProcess(position, line)
    }
    columns.types.append(row.type)
    columns.functions.append(UInt16(truncatingIfNeeded: row.function))
    columns.values.append(row.value)
    lines.append(Int32(truncatingIfNeeded: line))
    if row.index != position || columns.indices != nil { takeIndex(row.index, position) }
    lastIndex = max(lastIndex, row.index)
    if row.time != -1 || columns.times != nil { takeTime(row.time, position) }
    return true
  }

  /// Appends what the last line carries beside the columns.
  mutating func remark(error: Value?, extra: [ValueMap.Entry]) {
    guard !isLean, error != nil || !extra.isEmpty else { return }
    columns.remarks.append(
      HistoryColumns.Remark(
        position: Int32(columns.count - 1), error: error, extra: ValueMap(extra)))
  }

  /// Appends an operation.
  mutating func append(_ operation: Operation, line: Int) -> Bool {
    var row = Row()
    row.type = operation.type
    row.function = names.number(of: operation.f)
    switch operation.process {
    case .client(let client): row.process = .client(client)
    case .unstated: row.process = .unknown
    case .named(let name): row.process = .named(names.number(of: name))
    }
    row.value = table.code(of: operation.value)
    row.index = operation.index
    row.time = operation.time
    guard append(row, line: line) else { return false }
    remark(error: operation.error, extra: operation.extra.entries)
    return true
  }

  private mutating func takeIndex(_ index: Int, _ position: Int) {
    if columns.indices == nil { columns.indices = Array(0..<position) }
    columns.indices?.append(index < 0 ? position : index)
    if index < 0 { lackingCount += 1 }
    if index < lastIndex { isAscending = false }
  }

  private mutating func takeTime(_ time: Nanoseconds, _ position: Int) {
    if columns.times == nil { columns.times = Array(repeating: -1, count: position) }
    columns.times?.append(time)
  }

  /// A client whose number is negative or huge gets another, for the columns alone.
  private mutating func oddClient(_ client: Int) -> Int32 {
    if let known = oddClients[client] { return known }
    let number = Int32(HistoryColumns.oddClientsStart + columns.oddClients.count)
    oddClients[client] = number
    columns.oddClients.append(client)
    return number
  }

  /// An operation whose process is not told has one of its own.
  private mutating func appendUnstatedProcess(_ position: Int, _ line: Int) {
    if unstatedCount == 0 { unstatedLine = line }
    unstatedCount += 1
    columns.processes.append(
      position < HistoryColumns.oddClientsStart
        ? Int32(truncatingIfNeeded: position) : oddClient(position))
  }

  /// The first line that tells no process, where others do.
  var lineWithoutProcess: Int? {
    let isMixed =
      unstatedCount > 0 && columns.processes.lazy.filter { $0 >= 0 }.count > unstatedCount
    return isMixed ? unstatedLine : nil
  }

  /// Supplies what the completion of a transaction may leave out: that it is one, and its process.
  ///
  /// - Returns: Whether that makes the fields those of an operation.
  mutating func complete(_ fields: inout ScannedFields) -> Bool {
    if !fields.hasFunction, table.isList(fields.row.value) {
      fields.row.function = names.number(of: History.transaction)
      fields.hasFunction = true
    }
    if fields.isWhole { return true }
    return fields.hasType && fields.row.type != .invoke && fields.hasFunction
      && fields.row.function == names.number(of: History.transaction)
  }

  /// Takes the order of the lines as it is, whatever their indices.
  mutating func keepOrder() { isAscending = true }

  /// The columns in the order of their indices, as long as every line has one.
  mutating func finish() -> (columns: HistoryColumns, lines: [Int32]) {
    columns.names = names.names
    if let indices = columns.indices {
      if lackingCount == 0, !isAscending {
        let order = (0..<Int32(indices.count)).sorted {
          (indices[Int($0)], $0) < (indices[Int($1)], $1)
        }
        columns.reorder(order)
        lines = order.map { lines[Int($0)] }
      }
      if columns.indices?.enumerated().allSatisfy({ $0.offset == $0.element }) == true {
        columns.indices = nil
      }
    }
    return (columns, lines)
  }
}

extension ColumnBuilder {
  /// Appends the lines of another builder, as if they had been appended here one by one; the lines of
  /// the file are not kept.
  ///
  /// - Returns: Nothing where the two were built with what tells the whole of a file only, or where
  ///   there are more names than numbers for them.
  mutating func append(_ other: consuming ColumnBuilder) -> Bool {
    let count = other.columns.count
    guard unstatedCount == 0, other.unstatedCount == 0,
      other.lackingCount == 0 || other.lackingCount == count
    else { return false }
    let codes = table.merge(other.table)
    let numbers = other.names.names.map { names.number(of: $0) }
    let base = Int32(truncatingIfNeeded: columns.count)
    var row = Row()
    for place in 0..<count {
      let process = other.columns.processes[place]
      row.type = other.columns.types[place]
      row.function = numbers[Int(other.columns.functions[place])]
      row.process =
        process >= 0
        ? .client(other.columns.client(process)) : .named(numbers[Int(-1 - process)])
      let value = other.columns.values[place]
      row.value = value.number.map { codes[$0] } ?? value
      row.index = other.lackingCount > 0 ? -1 : other.columns.indices?[place] ?? place
      row.time = other.columns.times?[place] ?? -1
      guard append(row, line: 0) else { return false }
    }
    for var remark in other.columns.remarks {
      remark.position += base
      columns.remarks.append(remark)
    }
    return true
  }
}
