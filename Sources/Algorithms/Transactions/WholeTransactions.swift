public import Nodes
public import Values

/// A database that is one value of a linearizable key-value store.
public typealias WholeTransactions = ServiceTransactions<WholeLayout>

/// The whole database is read, and exchanged by a compare-and-set if it is still the same.
///
/// Equal values are equal databases, so it does no harm when the value went away and came back. A
/// transaction that only reads takes effect with its read.
public struct WholeLayout: TransactionLayout {
  static let blindWrite = PlantedBug(
    "blind-write", "the database is overwritten, whatever has become of it since it was read",
    source: "Flexcoin (2014): transfers that read and then wrote, many at once, emptied it.",
    violates: [
      "incompatible-order", "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0-realtime", "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
    ])
  static let staleSnapshot = PlantedBug(
    "stale-snapshot", "a transaction that only reads sees the database as its node saw it last",
    source: "Jepsen, VoltDB 6.3 (2016): reads answered by one replica.",
    violates: ["G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime"])
  static let definiteTimeout = PlantedBug(
    "definite-timeout", "a change that lin-kv did not answer in time is reported as not made",
    source: "Jepsen, jetcd 0.8.2 (2024): transactions that appear to fail and succeed.",
    violates: ["G1a", "dirty-update"])

  public static let description = AlgorithmDescription(
    name: "txn-whole", summary: "Transactions on a database that is one value in lin-kv.",
    promise: "Strict serializability; a transaction that others overtake too often is refused.",
    assumptions: "lin-kv is up; nodes keep no state.",
    paper: "Kung and Robinson, On optimistic methods for concurrency control, 1981, with one item.",
    options: [.attempts], bugs: [blindWrite, staleSnapshot, definiteTimeout],
    workloads: ["txn-list-append", "txn-rw-register", "long-fork"],
    survives: AlgorithmDescription.everything)

  static let key: Value = "database"

  private let attemptsLimit: Int
  private let writesBlindly: Bool
  private let readsStale: Bool
  private let doubtsNothing: Bool
  private var transaction = Transaction()
  private var attempts = 0
  /// What will be answered when the change that is on its way has been made.
  private var filled: [Value]?
  /// With ``staleSnapshot``: the database as it was last read.
  private var seen: Value?

  public init(_ configuration: Configuration) {
    attemptsLimit = AlgorithmOption.attempts.count(in: configuration)
    writesBlindly = configuration.bugs.contains(WholeLayout.blindWrite.name)
    readsStale = configuration.bugs.contains(WholeLayout.staleSnapshot.name)
    doubtsNothing = configuration.bugs.contains(WholeLayout.definiteTimeout.name)
  }

  public mutating func begin(_ transaction: Transaction) -> TransactionStep {
    self.transaction = transaction
    attempts = 0
    if readsStale, let seen, transaction.operations.allSatisfy(\.isRead) {
      filled = nil
      return run(on: seen)
    }
    return read()
  }

  private mutating func read() -> TransactionStep {
    filled = nil
    return .call(.linKV, .read(key: WholeLayout.key))
  }

  public mutating func take(_ answer: Reply) -> TransactionStep {
    switch (filled, answer) {
    case (nil, .value(let value)):
      if readsStale { seen = value }
      return run(on: value)
    case (nil, .failed(let error)) where error.code == .keyDoesNotExist: return run(on: nil)
    case (let filled?, .compareAndSetDone), (let filled?, .written):
      return .answer(.transaction(filled))
    case (_?, .failed(let error)) where error.code.isMismatch:
      attempts += 1
      return attempts < attemptsLimit ? read() : .answer(.failed(.conflict))
    case (_, .failed(let error)): return .answer(.failed(error))
    default: return .answer(.failed(abandon()))
    }
  }

  private mutating func run(on value: Value?) -> TransactionStep {
    var database = ValueMap(pairs: value)
    do throws(ErrorReply) {
      let outcome = try transaction.run { database[$0] }
      if outcome.written.isEmpty { return .answer(.transaction(outcome.filled)) }
      for entry in outcome.written.entries { database[entry.key] = entry.value }
      filled = outcome.filled
    } catch {
      return .answer(.failed(error))
    }
    if writesBlindly {
      return .call(.linKV, .write(key: WholeLayout.key, value: database.pairs))
    }
    return .call(
      .linKV,
      .compareAndSet(
        key: WholeLayout.key, from: value ?? .null, to: database.pairs,
        createIfMissing: value == nil))
  }

  public mutating func abandon() -> ErrorReply {
    filled == nil || doubtsNothing ? .unavailable : .unanswered
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(attemptsLimit)
    sink.put(writesBlindly)
    sink.put(readsStale)
    sink.put(doubtsNothing)
    sink.put(seen)
    transaction.encode(into: &sink)
    sink.put(attempts)
    sink.put(filled.map { Value.list($0) })
  }
}

extension ValueMap {
  /// The map as a list of pairs: the keys of a JSON object could only be strings.
  var pairs: Value { .list(entries.map { [$0.key, $0.value] }) }

  /// Reads what ``pairs`` wrote; anything else is an empty map.
  init(pairs value: Value?) {
    self.init(
      (value?.elements ?? []).compactMap { pair in
        guard let parts = pair.elements, parts.count == 2 else { return nil }
        return Entry(key: parts[0], value: parts[1])
      })
  }
}
