import Glibc
import Values

/// The fields of an operation as they are found in a file, with the first that is wrong.
struct OperationFields {
  /// A field that operations of every history have.
  enum Field: String {
    case index
    case time
    case type
    case process
    case f
    case value
    case error

    /// The field of a name.
    init?(_ name: UnsafeBufferPointer<UInt8>) {
      func reads(_ word: StaticString) -> Bool {
        guard let start = name.baseAddress else { return false }
        return memcmp(start, word.utf8Start, name.count) == 0
      }
      switch name.count {
      case 1 where reads("f"): self = .f
      case 4 where reads("type"): self = .type
      case 4 where reads("time"): self = .time
      case 5 where reads("value"): self = .value
      case 5 where reads("index"): self = .index
      case 5 where reads("error"): self = .error
      case 7 where reads("process"): self = .process
      default: return nil
      }
    }
  }

  private var index: Int?
  private var time: Nanoseconds = -1
  private var type: Operation.Kind?
  private var process: Process?
  private var f: String?
  private var value = Value.null
  private var error: Value?
  private var extra: [ValueMap.Entry] = []
  private var problem: SyntaxError?

  init() {}

  /// Takes a field, or with none what an extra key maps to.
  ///
  /// - Returns: What was expected, where the field can't have that value.
  mutating func take(_ value: Value, for field: Field?, key: Value) -> String? {
    switch (field, value) {
    case (.value, _): self.value = value
    case (.index, .integer(let integer)): index = integer
    case (.time, .integer(let integer)): time = Nanoseconds(integer)
    case (.index, .null), (.time, .null): break
    case (.index, _): return "an integer for \"index\""
    case (.time, _): return "nanoseconds for \"time\""
    case (.type, _):
      type = value.name.flatMap(Operation.Kind.init)
      if type == nil { return "invoke, ok, fail or info for \"type\"" }
    case (.process, .integer(let number)): process = .client(number)
    case (.process, _): process = .named(value.name ?? value.json)
    case (.f, _): f = value.name ?? value.json
    case (.error, _): error = value
    case (nil, _): extra.append(.init(key: key.name.map { .string($0) } ?? key, value: value))
    }
    return nil
  }

  /// Keeps the first problem of a reader that can't stop where it finds one.
  mutating func note(_ problem: SyntaxError) {
    if self.problem == nil { self.problem = problem }
  }

  /// Takes a list that nothing is said to be done with for a transaction.
  mutating func supplyFunction() {
    if f == nil, case .list = value { f = History.transaction }
  }

  /// The operation; `place` is the index of one without.
  ///
  /// - Parameter lacksProcesses: Whether the completion of a transaction may have no process.
  /// - Throws: When a problem was noted, or a field that every operation has is missing.
  func operation(
    place: Int, line: Int = 1, column: Int = 1, lacksProcesses: Bool = false
  ) throws(SyntaxError) -> Operation {
    if let problem { throw problem }
    func missing(_ field: Field) -> SyntaxError {
      SyntaxError(
        line: line, column: column, expected: "an operation with the field \"\(field.rawValue)\"",
        found: "none")
    }
    guard let type else { throw missing(.type) }
    let mayLackProcess = lacksProcesses && type != .invoke && f == History.transaction
    guard let process = process ?? (mayLackProcess ? .unstated : nil) else {
      throw missing(.process)
    }
    guard let f else { throw missing(.f) }
    return Operation(
      index: index ?? place, time: time, type: type, process: process, f: f, value: value,
      error: error, extra: ValueMap(extra))
  }
}

extension SyntaxError {
  /// Some operations of a history have a process, and one has none.
  static func unstatedProcess(line: Int) -> SyntaxError {
    SyntaxError(
      line: line, column: 1,
      expected: "an operation with the field \"process\", as others of this history have it",
      found: "none")
  }
}

extension Process {
  /// Stands for the process of an operation that tells none, until all of a file has been read.
  static let unstated = Process.named("\u{0}")
}
