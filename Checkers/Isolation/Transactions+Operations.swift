import Histories
import Values
import Verdicts

extension TransactionReader {
  /// Adds an operation on a single key as a transaction.
  mutating func addOperation(
    _ position: Int, begin: Int, _ outcome: Transactions.Outcome, _ lists: ValueTable.Lists
  ) throws(MalformedTransaction) {
    let columns = transactions.columns
    guard let action = actions[Int(columns.functions[position])],
      let operations = transactions.operations
    else {
      throw malformed(
        position, "\"\(columns.f(at: position))\" is no read, write or cas of a key")
    }
    guard action != .compareAndSet || outcome != .aborted else { return }
    var (code, value) = (ValueCode.null, columns.values[position])
    if operations.areKeyed {
      guard let pair = lists[value], pair.count == 2 else {
        throw misshapen(position, "[key, value]")
      }
      (code, value) = (pair[0], pair[1])
    }
    let number = beginTransaction(position, begin: begin, outcome)
    let key = key(code)
    switch action {
    case .read: addRead(of: value, from: key, outcome)
    case .write: addWriteOnce(of: value, to: key, by: number, outcome)
    case .compareAndSet:
      guard let pair = lists[value], pair.count == 2 else {
        throw misshapen(position, operations.areKeyed ? "[key, [from, to]]" : "[from, to]")
      }
      addRead(of: pair[0], from: key, outcome)
      addWriteOnce(of: pair[1], to: key, by: number, outcome)
      if outcome == .indeterminate {
        openCompareAndSets.append((number, version(pair[1], key)))
      }
    }
    endTransaction()
  }

  @inline(__always)
  private mutating func addRead(
    of value: ValueCode, from key: Int32, _ outcome: Transactions.Outcome
  ) {
    let saysNothing =
      outcome != .committed
      || value == .null && transactions.operations?.ignoresNullReads == true
    guard !saysNothing else { return addStep(key, .unread, Transactions.initial) }
    addStep(key, .externalRead, value == initial ? Transactions.initial : version(value, key))
  }

  @inline(__always)
  private mutating func addWriteOnce(
    of value: ValueCode, to key: Int32, by writer: Int32, _ outcome: Transactions.Outcome
  ) {
    let version = version(value, key)
    if value == initial, outcome != .aborted {
      transactions.isAmbiguous[Int(key)] = true
      if transactions.ambiguity == nil { transactions.ambiguity = (writer, -1, version) }
    }
    let first = Int(transactions.writers[Int(version)])
    if first >= 0 {
      // What failed did not happen: who writes the value again is the only writer.
      if outcome == .aborted { return }
      if transactions.outcomes[first] == .aborted { transactions.writers[Int(version)] = -1 }
    }
    addWrite(of: value, to: key, by: writer)
  }

  private func misshapen(_ position: Int, _ expected: String) -> MalformedTransaction {
    let columns = transactions.columns
    let value = columns.table.value(of: columns.values[position])
    return malformed(position, "\(columns.f(at: position)) \(value.text()) is not \(expected)")
  }
}
