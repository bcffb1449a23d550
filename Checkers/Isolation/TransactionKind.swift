public import Histories
import Values

/// What the objects are that transactions read and write.
public enum TransactionKind: String, Hashable, Sendable {
  /// Lists, to whose ends elements are appended: `["append", k, v]`, `["r", k, [v, …]]`.
  case listAppend = "list-append"
  /// Registers: `["w", k, v]`, `["r", k, v]`.
  case register = "rw-register"

  /// The `f` of a micro-operation that writes.
  var write: String {
    switch self {
    case .listAppend: "append"
    case .register: "w"
    }
  }

  /// The kind of transactions that a history's operations are: told by the first that writes, else
  /// by the first that read a list; nothing where there are no transactions.
  public init?(detecting history: History) { self.init(detecting: HistoryColumns(history)) }

  /// The kind of transactions that a history's operations are, as far as that can be told.
  public init?(detecting columns: HistoryColumns) {
    let table = columns.table
    let isTransaction = columns.names.map { $0 == "txn" }
    var (hasTransactions, hasLists) = (false, false)
    for position in columns.types.indices
    where columns.processes[position] >= 0 && isTransaction[Int(columns.functions[position])] {
      hasTransactions = true
      for step in table.elements(of: columns.values[position]) ?? [] {
        guard let parts = table.elements(of: step), let word = parts.first else { continue }
        switch table.value(of: word).name {
        case "append":
          self = .listAppend
          return
        case "w":
          self = .register
          return
        default: if let last = parts.last, table.isList(last) { hasLists = true }
        }
      }
    }
    guard hasTransactions else { return nil }
    self = hasLists ? .listAppend : .register
  }
}
