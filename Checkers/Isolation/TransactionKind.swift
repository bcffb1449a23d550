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
  public init?(detecting history: History) {
    let transactions = history.operations.lazy.filter { $0.f == "txn" && $0.process.number != nil }
    guard !transactions.isEmpty else { return nil }
    let microOperations = transactions.flatMap { $0.value.elements ?? [] }
    for microOperation in microOperations {
      switch microOperation.elements?.first?.name {
      case "append":
        self = .listAppend
        return
      case "w":
        self = .register
        return
      default: continue
      }
    }
    let reads = microOperations.compactMap { $0.elements?.last }
    self = reads.contains { $0.elements != nil } ? .listAppend : .register
  }
}
