import Values
import Workloads

/// A set in etcd: one key that holds the list of elements.
///
/// An element is added by reading the list and writing it back in a transaction that compares when
/// it was last written; who loses that race reads again, for a bounded number of times.
struct EtcdSet: EtcdDialogue {
  /// How often an add may lose the race before it fails.
  static let attemptsMax = 16

  private static let key = "g-set"

  private enum State {
    case idle
    case reading
    case looking
    case writing
  }

  private let isSerializable: Bool
  private var state = State.idle
  private var element = Value.null
  private var attempts = 0

  init(_ options: EtcdClient.Options) { isSerializable = options.readsAreSerializable }

  mutating func begin(_ f: String, _ value: Value) -> ClientStep {
    attempts = 0
    element = value
    switch f {
    case "read":
      state = .reading
      return .ask(EtcdRequest.range(EtcdSet.key, isSerializable: isSerializable))
    case "add": return look()
    default:
      state = .idle
      return .complete(.unknown(f))
    }
  }

  private mutating func look() -> ClientStep {
    state = .looking
    attempts += 1
    return .ask(EtcdRequest.range(EtcdSet.key, isSerializable: false))
  }

  mutating func answered(_ body: EtcdAnswer.Body) throws(EtcdMisfit) -> ClientStep {
    switch state {
    case .idle: throw EtcdMisfit(expected: "nothing, for nothing was asked")
    case .reading:
      return .complete(.decided(.ok, by: body, value: .list(try body.found().elements())))
    case .looking:
      let found = try body.found()
      let elements = try found.elements() + [element]
      state = .writing
      return .ask(
        EtcdRequest.transaction(
          if: [.init(key: EtcdSet.key, target: .modificationRevision(found.modified))],
          then: [.put(EtcdSet.key, Value.list(elements).json)]))
    case .writing:
      if body.succeeded { return .complete(.decided(.ok, by: body)) }
      if attempts < EtcdSet.attemptsMax { return look() }
      return .complete(.decided(.fail, by: body, error: "txn-conflict"))
    }
  }

  mutating func failed(_ error: EtcdError) -> ClientStep {
    switch state {
    // Nothing was written by this attempt yet, and nothing by those before.
    case .idle, .reading, .looking: .complete(error.harmless)
    case .writing: .complete(error.completion)
    }
  }
}
