public import Values

/// A history as columns of small integers, for histories of millions of lines.
///
/// The order of the lines is the order of events, as in ``History``.
public struct HistoryColumns: Sendable {
  /// What each line says of its operation.
  public internal(set) var types: [Operation.Kind] = []
  /// For each line the number of its `f` among `names`.
  public internal(set) var functions: [UInt16] = []
  /// For each line its client's number, or −1 − *n* for the process with the name `names[n]`.
  ///
  /// A client whose number is negative or beyond 30 bits has another one here, beyond 30 bits, which
  /// it shares with no other; ``process(at:)`` tells the real one.
  public internal(set) var processes: [Int32] = []
  public internal(set) var values: [ValueCode] = []
  /// For each line the position of its partner, or -1: invocation ↔ completion.
  public internal(set) var partners: [Int32] = []
  /// Whether the order of the lines tells which operations precede which in real time.
  ///
  /// It does not in a history of transactions that holds completions and no invocation at all: there
  /// each completion is an operation by itself, and the order of the lines is that within each
  /// process only.
  public internal(set) var isTimed = true
  /// The index that each line carries; nothing where it is the line's position.
  public internal(set) var indices: [Int]?
  /// Nanoseconds since the run began; nothing where no line has a time.
  public internal(set) var times: [Nanoseconds]?
  /// What the functions and the named processes are called.
  public internal(set) var names: [String] = []
  /// What the values are.
  public internal(set) var table = ValueTable()
  /// What lines carry beside that: errors and keys that are not known, by position, ascending.
  public internal(set) var remarks: [Remark] = []
  /// How the file that this was read from writes it.
  public internal(set) var format: HistoryFormat?
  /// The file's last line was cut short, as by the death of who wrote it, and was left out.
  public internal(set) var isTruncated = false

  /// What a line carries beside the common columns.
  public struct Remark: Hashable, Sendable {
    public var position: Int32
    public var error: Value?
    public var extra: ValueMap
  }

  /// The numbers of the clients that are numbered from `oddClientsStart` on in `processes`.
  var oddClients: [Int] = []
  static let oddClientsStart = 1 << 30

  public init() {}

  public var count: Int { types.count }

  /// The columns of a history.
  public init(_ history: History) {
    var builder = ColumnBuilder()
    for line in history.operations {
      let isTaken = builder.append(line, line: 0)
      precondition(isTaken, "a history of more than 65,536 functions or 2,147,483,647 lines")
    }
    builder.keepOrder()
    (self, _) = builder.finish()
    partners = history.partners
    isTimed = !holdsCompletionsOnly
  }

  /// The name of a line's function.
  public func f(at position: Int) -> String { names[Int(functions[position])] }

  /// The process of a line.
  public func process(at position: Int) -> Process {
    let number = processes[position]
    return number >= 0 ? .client(client(number)) : .named(names[Int(-1 - number)])
  }

  /// The number of a client, as the history has it.
  func client(_ number: Int32) -> Int {
    number < HistoryColumns.oddClientsStart
      ? Int(number) : oddClients[Int(number) - HistoryColumns.oddClientsStart]
  }

  /// The index that a line carries.
  public func index(at position: Int) -> Int { indices?[position] ?? position }

  /// A line as it was written.
  public func operation(at position: Int) -> Operation {
    var operation = Operation(
      index: index(at: position), time: times?[position] ?? -1, type: types[position],
      process: process(at: position), f: f(at: position),
      value: table.value(of: values[position]))
    if let remark = remark(at: position) {
      operation.error = remark.error
      operation.extra = remark.extra
    }
    return operation
  }

  /// What a line carries beside the common columns, if anything.
  ///
  /// - Complexity: O(log *r*) for *r* lines that carry something.
  public func remark(at position: Int) -> Remark? {
    var (low, high) = (0, remarks.count)
    while low < high {
      let middle = (low + high) / 2
      if remarks[middle].position < position { low = middle + 1 } else { high = middle }
    }
    return low < remarks.count && remarks[low].position == position ? remarks[low] : nil
  }
}
