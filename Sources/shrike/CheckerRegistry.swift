import Convergence
import Invariants
import Isolation
import Linearizability
import ObjectModels
import Values
import Verdicts

/// The checkers and models by the names that people choose them by.
enum CheckerRegistry {
  static let checkers: [any Checker] = named + DeliveryPromise.allCases.map { DeliveryChecker($0) }

  private static let named: [any Checker] = [
    SetFullChecker(), CounterChecker(), UniqueIDsChecker(), EchoChecker(), KafkaChecker(),
    BankChecker(), LongForkChecker(), MonotonicChecker(), CausalReverseChecker(),
    RepliesChecker(), HappensBeforeChecker(), ConvergenceChecker(), AvailabilityChecker(),
    OperationStatistics(),
  ]

  private static let transactions = [TransactionKind.listAppend, .register]

  static var names: [String] { checkers.map(\.name) + transactions.map(\.rawValue) }

  static func checker(named name: String) -> (any Checker)? {
    checkers.first { $0.name == name }
  }

  /// The checker of a kind of transactions, which models judge them by; what it can't decide makes
  /// its verdict unknown.
  static func checker(
    of kind: TransactionKind, _ models: [ConsistencyModel],
    assuming assumptions: Set<VersionAssumption> = [], within limits: CheckLimits = CheckLimits()
  ) -> any ColumnChecker {
    let models = models.isEmpty ? [.strictSerializable] : models
    return switch kind {
    case .listAppend: ListAppendChecker(models: models, demandsProof: true, limits: limits)
    case .register:
      RegisterTransactionsChecker(
        models: models, assuming: assumptions, demandsProof: true, limits: limits)
    }
  }

  /// The models of single objects by name, each with its operations.
  static let models: [(name: String, operations: String)] = [
    ("register", "read null → v, write v; null at first"),
    ("cas-register", "the same and cas [from, to]"),
    (
      "key-value",
      "read [k, null] → [k, v], write [k, v], cas [k, [from, to]], append [k, text], "
        + "delete [k, null], range [[from, to], null] → [[from, to], [[k, v], …]]"
    ),
    ("multi-register", "txn [[\"r\", k, null], [\"w\", k, v]] → the same, filled"),
    ("mutex", "acquire null → null, or a fencing token, which must grow; release null"),
    ("semaphore", "acquire n, release n; --permits says how many there are"),
    ("set", "add e, remove e, contains e → [e, true or false], read null → [e, …]"),
    ("queue", "enqueue v, dequeue null → v, or null when it is empty"),
    ("stack", "push v, pop null → v, or null when it is empty"),
    ("priority-queue", "insert v or [priority, v], remove-min null → the same, or null"),
    ("counter", "add d, read null → n, fetch-add d → [d, before]"),
    ("fetch-add", "the same as counter"),
    ("log", "send [k, v] → [k, [offset, v]], poll [k, offset] → [k, [[offset, v], …]]"),
  ]

  static var modelNames: [String] { models.map(\.name) + transactions.map(\.rawValue) }

  /// What can be said of a model beside its name.
  struct ModelSettings {
    var initial: Value = .null
    var failedCas = RegisterModel.FailedCas.ignored
    var nullRead = RegisterModel.NullRead.observed
    var isOwnerless = false
    var isReentrant = false
    var permits = 1
  }

  static func model(named name: String, _ settings: ModelSettings = ModelSettings()) -> (any Model)?
  {
    switch name {
    case "register", "cas-register":
      RegisterModel(
        name: name, initial: settings.initial, failedCas: settings.failedCas,
        nullRead: settings.nullRead)
    case "key-value", "multi-register":
      KeyValueModel(
        name: name, initial: settings.initial, failedCas: settings.failedCas,
        nullRead: settings.nullRead)
    case "mutex":
      MutexModel(isOwnerless: settings.isOwnerless, isReentrant: settings.isReentrant)
    case "semaphore": SemaphoreModel(permits: settings.permits)
    case "set": SetModel()
    case "queue": QueueModel()
    case "stack": StackModel()
    case "priority-queue": PriorityQueueModel()
    case "counter", "fetch-add":
      CounterModel(name: name, initial: settings.initial.integer ?? 0)
    case "log": LogModel()
    default: nil
    }
  }
}
