import Invariants
import Linearizability
import Values
import Verdicts

/// The checkers and models by the names that people choose them by.
enum CheckerRegistry {
  static let checkers: [any Checker] = [
    SetFullChecker(), CounterChecker(), UniqueIDsChecker(), EchoChecker(), KafkaChecker(),
    AvailabilityChecker(),
    OperationStatistics(),
  ]

  static var names: [String] { checkers.map(\.name) }

  static func checker(named name: String) -> (any Checker)? {
    checkers.first { $0.name == name }
  }

  static let modelNames = ["register", "cas-register", "key-value", "mutex"]

  static func model(named name: String, initial: Value) -> (any Model)? {
    switch name {
    case "register", "cas-register": RegisterModel(initial: initial)
    case "key-value": KeyValueModel(initial: initial)
    case "mutex": MutexModel()
    default: nil
    }
  }
}
