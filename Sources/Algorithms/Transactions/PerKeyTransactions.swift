public import Nodes
public import Values

/// A database whose keys stand alone in a linearizable key-value store.
public typealias PerKeyTransactions = ServiceTransactions<PerKeyLayout>

/// Each micro-operation is atomic, and nothing joins those of one transaction.
///
/// A transaction sees what others do between two of its steps, and they see each of its steps, so it
/// is as if each micro-operation were a transaction of its own. An append that another one overtook
/// is tried again.
public struct PerKeyLayout: TransactionLayout {
  private enum Phase: UInt8, Hashable, Sendable {
    case reading
    /// A change is on its way.
    case changing
  }

  static let blindAppend = PlantedBug(
    "blind-append",
    "an append writes the list that it read and one element more, whatever came "
      + "between",
    source: "Lost update, P4 in Berenson et al., A critique of ANSI SQL isolation levels (1995).",
    violates: [
      "incompatible-order", "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0-realtime", "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
    ])

  public static let description = AlgorithmDescription(
    name: "txn-per-key", summary: "Transactions whose micro-operations each go to lin-kv alone.",
    promise: "Each micro-operation is linearizable; transactions are not isolated at all.",
    assumptions: "lin-kv is up; nodes keep no state.",
    paper: "Kingsbury, Maelstrom's guide to transactions: a key-value pair for each key.",
    options: [.attempts], bugs: [blindAppend], workloads: ["txn-list-append", "txn-rw-register"],
    survives: AlgorithmDescription.everything)

  private let attemptsLimit: Int
  private let appendsBlindly: Bool
  private var operations: [MicroOperation] = []
  private var filled: [Value] = []
  private var phase = Phase.reading
  /// How often the present micro-operation was overtaken.
  private var attempts = 0
  /// Whether an earlier micro-operation has changed something.
  private var hasChanged = false

  public init(_ configuration: Configuration) {
    attemptsLimit = AlgorithmOption.attempts.count(in: configuration)
    appendsBlindly = configuration.bugs.contains(PerKeyLayout.blindAppend.name)
  }

  public mutating func begin(_ transaction: Transaction) -> TransactionStep {
    operations = transaction.operations
    filled = []
    hasChanged = false
    return next()
  }

  private mutating func next() -> TransactionStep {
    attempts = 0
    guard filled.count < operations.count else { return .answer(.transaction(filled)) }
    guard case .write(let key, let value) = operations[filled.count] else { return read() }
    phase = .changing
    return .call(.linKV, .write(key: key, value: value))
  }

  private mutating func read() -> TransactionStep {
    phase = .reading
    return .call(.linKV, .read(key: operations[filled.count].key))
  }

  public mutating func take(_ answer: Reply) -> TransactionStep {
    let operation = operations[filled.count]
    switch (phase, answer) {
    case (.reading, .value(let value)): return found(value)
    case (.reading, .failed(let error)) where error.code == .keyDoesNotExist: return found(nil)
    case (.changing, .written), (.changing, .compareAndSetDone):
      hasChanged = true
      filled.append(operation.filled(nil))
      return next()
    case (.changing, .failed(let error)) where error.code.isMismatch:
      attempts += 1
      return attempts < attemptsLimit ? read() : fail(.conflict)
    case (_, .failed(let error)): return fail(error)
    default: return fail(abandon())
    }
  }

  private mutating func found(_ value: Value?) -> TransactionStep {
    let operation = operations[filled.count]
    if operation.isRead {
      filled.append(operation.filled(value))
      return next()
    }
    do throws(ErrorReply) {
      guard let result = try operation.result(on: value) else { return next() }
      phase = .changing
      if appendsBlindly { return .call(.linKV, .write(key: operation.key, value: result)) }
      return .call(
        .linKV,
        .compareAndSet(
          key: operation.key, from: value ?? .null, to: result, createIfMissing: value == nil))
    } catch {
      return fail(error)
    }
  }

  /// Ends the transaction; what a part of it has changed can't be taken back.
  private func fail(_ error: ErrorReply) -> TransactionStep {
    let partial = ErrorReply(.crash, "the transaction took effect in part: \(error.text)")
    return .answer(.failed(hasChanged && error.code.isDefinite ? partial : error))
  }

  public mutating func abandon() -> ErrorReply {
    hasChanged || phase == .changing ? .unanswered : .unavailable
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(attemptsLimit)
    sink.put(appendsBlindly)
    sink.put(operations.map { $0.filled(nil) })
    sink.put(filled)
    sink.put(phase.rawValue)
    sink.put(attempts)
    sink.put(hasChanged)
  }
}
