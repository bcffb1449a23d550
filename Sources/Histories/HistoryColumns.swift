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
  public internal(set) var processes: [Int32] = []
  public internal(set) var values: [ValueCode] = []
  /// For each line the position of its partner, or -1: invocation ↔ completion.
  public internal(set) var partners: [Int32] = []
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

  public init() {}

  public var count: Int { types.count }

  /// The columns of a history.
  public init(_ history: History) {
    var numbers: [String: Int] = [:]
    func number(_ name: String) -> Int {
      if let known = numbers[name] { return known }
      numbers[name] = names.count
      names.append(name)
      return names.count - 1
    }
    partners = history.partners
    let lines = history.operations
    if !lines.enumerated().allSatisfy({ $0.offset == $0.element.index }) {
      indices = lines.map(\.index)
    }
    if lines.contains(where: { $0.time >= 0 }) { times = lines.map(\.time) }
    for (position, line) in lines.enumerated() {
      types.append(line.type)
      functions.append(UInt16(number(line.f)))
      switch line.process {
      case .client(let client): processes.append(Int32(client))
      case .named(let name): processes.append(-1 - Int32(number(name)))
      }
      values.append(table.code(of: line.value))
      if line.error != nil || !line.extra.isEmpty {
        remarks.append(
          Remark(position: Int32(position), error: line.error, extra: line.extra))
      }
    }
  }

  /// Reads and pairs a history of a format; without one the first bytes tell.
  ///
  /// - Throws: When the file can't be read, or is no history; the error names the line.
  public init(
    path: String, format: HistoryFormat? = nil, order: History.Order = .index
  ) throws(HistoryFileError) {
    let file = try HistoryFile(path: path, format: format)
    self.init(try file.history(named: path, order: order))
    self.format = file.format
    isTruncated = file.isTruncated
  }

  /// The name of a line's function.
  public func f(at position: Int) -> String { names[Int(functions[position])] }

  /// The process of a line.
  public func process(at position: Int) -> Process {
    let number = processes[position]
    return number >= 0 ? .client(Int(number)) : .named(names[Int(-1 - number)])
  }

  /// The index that a line carries.
  public func index(at position: Int) -> Int { indices?[position] ?? position }

  /// A line as it was written.
  public func operation(at position: Int) -> Operation {
    var operation = Operation(
      index: index(at: position), time: times?[position] ?? -1, type: types[position],
      process: process(at: position), f: f(at: position),
      value: table.value(of: values[position]))
    var (low, high) = (0, remarks.count)
    while low < high {
      let middle = (low + high) / 2
      if remarks[middle].position < position { low = middle + 1 } else { high = middle }
    }
    if low < remarks.count, remarks[low].position == position {
      operation.error = remarks[low].error
      operation.extra = remarks[low].extra
    }
    return operation
  }
}
