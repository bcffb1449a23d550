package import Histories
import Values
import Verdicts

extension Transactions {
  /// Reads the transactions of a history.
  ///
  /// A history that has completions only, without any invocation, is one whose times are not known.
  ///
  /// - Parameter operations: How operations on single keys are read, where that is what there is.
  /// - Throws: When an operation is none, naming its line.
  /// - Complexity: O(*n*) for *n* steps; the elements of lists are not looked at.
  package init(
    _ columns: HistoryColumns, _ kind: TransactionKind, _ operations: SingleOperations? = nil
  ) throws(MalformedTransaction) {
    let hasInvocations = columns.types.indices.contains {
      columns.types[$0] == .invoke && columns.processes[$0] >= 0
    }
    var reader = TransactionReader(
      Transactions(columns, kind, operations, isTimed: columns.isTimed && hasInvocations))
    try columns.table.withLists { (lists) throws(MalformedTransaction) in
      for position in columns.types.indices where columns.processes[position] >= 0 {
        let partner = Int(columns.partners[position])
        switch columns.types[position] {
        case .invoke:
          let end = partner < 0 ? .info : columns.types[partner]
          guard end != .ok else { continue }
          try reader.add(
            position, begin: position, end == .fail ? .aborted : .indeterminate, lists)
        case let type where partner < 0 && !hasInvocations:
          let outcome: Outcome =
            type == .ok ? .committed : type == .fail ? .aborted : .indeterminate
          try reader.add(position, begin: position, outcome, lists)
        case .ok where partner >= 0:
          try reader.add(position, begin: partner, .committed, lists)
        default: continue
        }
      }
    }
    self = reader.finish()
  }
}

/// Takes the lines of a history apart, one after the other.
struct TransactionReader {
  var transactions: Transactions
  private var sessions: DenseNumbers
  private var keys: CodeNumbers
  /// For each key the transaction that touched it last.
  private var touched: [Int32] = []
  /// For each key the transaction that wrote it last.
  private var written: [Int32] = []
  /// What the words at the beginnings of steps mean; there are a few in a history.
  private var words: [(code: ValueCode, isWrite: Bool)] = []
  /// For each function whether it is `txn`, and what it does to a single key.
  private let isTransaction: [Bool]
  let actions: [SingleOperations.Action?]
  /// The initial state of each key.
  let initial: ValueCode
  /// Compare-and-sets of which no answer came, and the versions that they may have written.
  var openCompareAndSets: [(transaction: Int32, version: Int32)] = []

  init(_ transactions: Transactions) {
    self.transactions = transactions
    let columns = transactions.columns
    var table = columns.table
    initial = table.code(of: transactions.operations?.initial ?? .null)
    actions = columns.names.map { SingleOperations.Action($0) }
    sessions = DenseNumbers(bound: 4 * columns.count + 1_024)
    keys = CodeNumbers(bound: max(columns.count, columns.table.count))
    isTransaction = columns.names.map { $0 == "txn" }
  }

  consuming func finish() -> Transactions {
    transactions.sessionCount = sessions.count
    if transactions.ambiguity == nil, let read = firstReadOfOpenCompareAndSet {
      transactions.ambiguity = (read.transaction, Transactions.openCompareAndSet, read.version)
    }
    return transactions
  }

  /// A compare-and-set of which no answer came, and of which somebody read what it wrote: so it had
  /// read something, too, and nobody says when.
  private var firstReadOfOpenCompareAndSet: (transaction: Int32, version: Int32)? {
    guard !openCompareAndSets.isEmpty else { return nil }
    var isRead = [Bool](repeating: false, count: transactions.versionCount)
    for step in transactions.kinds.indices
    where transactions.kinds[step] == .externalRead && transactions.operands[step] >= 0 {
      isRead[Int(transactions.operands[step])] = true
    }
    return openCompareAndSets.first { isRead[Int($0.version)] }
  }

  mutating func add(
    _ position: Int, begin: Int, _ outcome: Transactions.Outcome, _ lists: ValueTable.Lists
  ) throws(MalformedTransaction) {
    guard transactions.operations == nil else {
      return try addOperation(position, begin: begin, outcome, lists)
    }
    let columns = transactions.columns
    guard isTransaction[Int(columns.functions[position])] else {
      throw malformed(position, "\"\(columns.f(at: position))\" is no transaction, \"txn\"")
    }
    guard let steps = lists[columns.values[position]] else {
      let value = columns.table.value(of: columns.values[position])
      throw malformed(position, "\(value.text()) is no list of micro-operations")
    }
    let number = beginTransaction(position, begin: begin, outcome)
    let isCommitted = outcome == .committed
    for place in 0..<steps.count {
      guard let parts = lists[steps[place]], parts.count == 3 else {
        throw malformedStep(steps[place], place, position)
      }
      guard let isWrite = isWrite(parts[0]) else {
        throw malformedStep(steps[place], place, position)
      }
      let key = self.key(parts[1])
      let isFirst = touched[Int(key)] != number
      touched[Int(key)] = number
      if isWrite {
        written[Int(key)] = number
        guard transactions.kind == .listAppend || parts[2] != .null else {
          throw malformedStep(steps[place], place, position)
        }
        addWrite(of: parts[2], to: key, by: number)
      } else if isCommitted {
        let kind: Transactions.StepKind =
          isFirst ? .externalRead : written[Int(key)] == number ? .laterRead : .repeatedRead
        try addRead(of: parts[2], from: key, kind, position, lists)
      } else {
        addStep(key, .unread, Transactions.initial)
      }
    }
    endTransaction()
  }

  /// Adds a transaction without its steps, and numbers it.
  @inline(__always)
  mutating func beginTransaction(
    _ position: Int, begin: Int, _ outcome: Transactions.Outcome
  ) -> Int32 {
    let number = Int32(truncatingIfNeeded: transactions.count)
    transactions.outcomes.append(outcome)
    transactions.sessions.append(sessions.number(of: transactions.columns.processes[position]))
    transactions.begins.append(Int32(truncatingIfNeeded: begin))
    transactions.ends.append(
      outcome == .committed ? Int32(truncatingIfNeeded: position) : Transactions.never)
    return number
  }

  @inline(__always)
  mutating func endTransaction() {
    transactions.starts.append(Int32(truncatingIfNeeded: transactions.keys.count))
  }

  @inline(__always)
  mutating func addStep(_ key: Int32, _ kind: Transactions.StepKind, _ operand: Int32) {
    transactions.keys.append(key)
    transactions.kinds.append(kind)
    transactions.operands.append(operand)
  }

  @inline(__always)
  mutating func addWrite(of value: ValueCode, to key: Int32, by writer: Int32) {
    let version = self.version(value, key)
    let first = transactions.writers[Int(version)]
    if first >= 0 {
      transactions.isAmbiguous[Int(key)] = true
      if transactions.ambiguity == nil { transactions.ambiguity = (first, writer, version) }
    } else {
      transactions.writers[Int(version)] = writer
      transactions.writeSteps[Int(version)] = Int32(truncatingIfNeeded: transactions.keys.count)
    }
    addStep(key, .write, version)
  }

  @inline(__always)
  private mutating func addRead(
    of value: ValueCode, from key: Int32, _ kind: Transactions.StepKind, _ position: Int,
    _ lists: ValueTable.Lists
  ) throws(MalformedTransaction) {
    switch transactions.kind {
    case .listAppend:
      guard value == .null || lists[value] != nil else {
        let text = transactions.columns.table.value(of: value).text()
        throw malformed(
          position,
          "a read of \(transactions.keyText(key)) observed \(text), which is no list")
      }
      addStep(key, kind, value.raw)
    case .register:
      addStep(key, kind, value == .null ? Transactions.initial : version(value, key))
    }
  }

  @inline(__always)
  mutating func version(_ value: ValueCode, _ key: Int32) -> Int32 {
    let version = transactions.versions.number(of: value, key)
    if Int(version) == transactions.writers.count {
      transactions.writers.append(-1)
      transactions.writeSteps.append(-1)
    }
    return version
  }

  @inline(__always)
  mutating func key(_ code: ValueCode) -> Int32 {
    let key = keys.number(of: code)
    if Int(key) == transactions.keyCodes.count { addKey(code) }
    return key
  }

  private mutating func addKey(_ code: ValueCode) {
    transactions.keyCodes.append(code)
    transactions.isAmbiguous.append(false)
    touched.append(-1)
    written.append(-1)
  }

  /// Whether a step that begins with a word writes; nothing where the word means nothing.
  @inline(__always)
  private mutating func isWrite(_ code: ValueCode) -> Bool? {
    for word in words where word.code == code { return word.isWrite }
    switch transactions.columns.table.value(of: code).name {
    case "r", "read": words.append((code, false))
    case transactions.kind.write: words.append((code, true))
    default: return nil
    }
    return words.last?.isWrite
  }

  func malformed(_ position: Int, _ problem: String) -> MalformedTransaction {
    MalformedTransaction(index: transactions.columns.index(at: position), problem)
  }

  private func malformedStep(
    _ code: ValueCode, _ place: Int, _ position: Int
  ) -> MalformedTransaction {
    let step = transactions.columns.table.value(of: code)
    let problem: String
    switch step.elements {
    case .some(let parts) where parts.count == 3 && parts[0].name != nil:
      problem =
        parts[0].name == transactions.kind.write
        ? "writes null, which is the initial state"
        : "is neither \"r\" nor \"\(transactions.kind.write)\", as "
          + "\(transactions.kind.rawValue) has"
    default: problem = "is not [f, key, value]"
    }
    return malformed(position, "txn[\(place)], \(step.text()), \(problem)")
  }
}

/// Why a history is none of transactions: which line, and what is wrong there.
package struct MalformedTransaction: Error, CustomStringConvertible {
  package var index: Int
  package var problem: String

  init(index: Int, _ problem: String) {
    self.index = index
    self.problem = problem
  }

  package var description: String { "op \(index): \(problem)" }
}
