import Invariants
import Isolation
import Linearizability
import ObjectModels
import Values
import Verdicts

/// The checkers and models by the names that people choose them by.
enum CheckerRegistry {
  static let checkers: [any Checker] = [
    SetFullChecker(), CounterChecker(), UniqueIDsChecker(), EchoChecker(), KafkaChecker(),
    AvailabilityChecker(),
    OperationStatistics(),
  ]

  private static let transactions = [TransactionKind.listAppend, .register]

  static var names: [String] { checkers.map(\.name) + transactions.map(\.rawValue) }

  static func checker(named name: String) -> (any Checker)? {
    checkers.first { $0.name == name }
  }

  /// The checker of a kind of transactions, which models judge them by; what it did not search
  /// makes its verdict unknown.
  static func checker(
    of kind: TransactionKind, _ models: [ConsistencyModel]
  ) -> any Checker {
    let models = models.isEmpty ? [.strictSerializable] : models
    return switch kind {
    case .listAppend: ListAppendChecker(models: models, demandsProof: true)
    case .register: RegisterTransactionsChecker(models: models, demandsProof: true)
    }
  }

  static var modelNames: [String] {
    ["register", "cas-register", "key-value", "mutex"] + transactions.map(\.rawValue)
  }

  static func model(named name: String, initial: Value) -> (any Model)? {
    switch name {
    case "register", "cas-register": RegisterModel(initial: initial)
    case "key-value": KeyValueModel(initial: initial)
    case "mutex": MutexModel()
    default: nil
    }
  }
}
