import Values

/// Columns that grow a whole transaction at a time: a line each, with no invocation.
struct TransactionBuilder {
  var builder: ColumnBuilder
  /// The micro-operations of the transaction that is open.
  private var open: [ValueCode] = []
  private let function: Int
  private let wordOfRead: ValueCode
  private let wordOfWrite: ValueCode
  private let wordOfAppend: ValueCode

  init(isLean: Bool = false) {
    builder = ColumnBuilder(isLean: isLean)
    function = builder.names.number(of: History.transaction)
    wordOfRead = builder.table.code(of: .string("r"))
    wordOfWrite = builder.table.code(of: .string("w"))
    wordOfAppend = builder.table.code(of: .string("append"))
  }

  /// Whether the open transaction has done nothing.
  var isEmpty: Bool { open.isEmpty }

  @inline(__always)
  mutating func read(_ key: ValueCode, _ value: ValueCode) {
    open.append(codeOfRead(key, value))
  }

  /// The code of a read that the open transaction does not do.
  @inline(__always)
  mutating func codeOfRead(_ key: ValueCode, _ value: ValueCode) -> ValueCode {
    builder.table.triple(wordOfRead, key, value)
  }

  @inline(__always)
  @discardableResult
  mutating func write(_ key: ValueCode, _ value: ValueCode) -> ValueCode {
    let code = builder.table.triple(wordOfWrite, key, value)
    open.append(code)
    return code
  }

  /// Appends to a list.
  @discardableResult
  mutating func append(_ key: ValueCode, _ value: ValueCode) -> ValueCode {
    let code = builder.table.triple(wordOfAppend, key, value)
    open.append(code)
    return code
  }

  /// Forgets what the open transaction has done.
  mutating func discard() { open.removeAll(keepingCapacity: true) }

  /// Takes what the open transaction has done as a value.
  mutating func takeValue() -> ValueCode {
    let value = builder.table.list(open)
    discard()
    return value
  }

  /// Ends the open transaction as the next line of the history.
  ///
  /// - Returns: Nothing where there are more lines than numbers for them.
  mutating func end(_ type: Operation.Kind, session: Int, line: Int) -> Bool {
    append(type, takeValue(), session: session, line: line)
  }

  /// The columns, and for each line that of the file.
  mutating func finish() -> (columns: HistoryColumns, lines: [Int32]) { builder.finish() }

  /// Appends a line of a transaction.
  mutating func append(
    _ type: Operation.Kind, _ value: ValueCode, session: Int, line: Int
  ) -> Bool {
    var row = ColumnBuilder.Row()
    row.type = type
    row.function = function
    row.process = .client(session)
    row.value = value
    row.index = builder.columns.count
    return builder.append(row, line: line)
  }
}

extension ValueTable {
  /// The code of a list of three.
  @inline(__always)
  fileprivate mutating func triple(
    _ first: ValueCode, _ second: ValueCode, _ third: ValueCode
  ) -> ValueCode {
    withUnsafeTemporaryAllocation(of: ValueCode.self, capacity: 3) { codes in
      codes.initializeElement(at: 0, to: first)
      codes.initializeElement(at: 1, to: second)
      codes.initializeElement(at: 2, to: third)
      return list(UnsafeBufferPointer(codes))
    }
  }

  /// The code of an integer that may be beyond the signed ones.
  mutating func code(of integer: UInt64) -> ValueCode {
    Int(exactly: integer).map { code(of: $0) } ?? code(of: .number("\(integer)"))
  }
}

/// Numbers that have been seen: a bit each, as far as they are as dense as the numbers of
/// transactions are wont to be.
struct SeenNumbers {
  private var words: [UInt64] = []
  private var sparse: Set<Int> = []
  private var count = 0

  /// Adds a number.
  ///
  /// - Returns: Whether it is new.
  @inline(__always)
  mutating func insert(_ number: Int) -> Bool {
    count += 1
    guard number >= 0, number >> 6 < max(words.count, count + 1_024) else {
      return sparse.insert(number).inserted
    }
    let place = number >> 6
    while words.count <= place {
      words.append(contentsOf: repeatElement(0, count: max(words.count, 64)))
    }
    let bit: UInt64 = 1 << UInt64(number & 63)
    guard words[place] & bit == 0, sparse.isEmpty || !sparse.contains(number) else {
      return false
    }
    words[place] |= bit
    return true
  }
}
