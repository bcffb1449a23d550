public import Nodes
public import Values

/// A transaction store in the memory of one node.
///
/// A node runs one transaction after the other, so on one node they are serial. Each transaction
/// that changes something is a durable record before its reply leaves; after a restart they are all
/// run again in their order. Nodes don't speak to each other: with several of them each has a
/// database of its own, which clients take for one that is broken.
public struct MemoryTransactions: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  static let unchangedReply = PlantedBug(
    "unchanged-reply", "the reply is the request as it came, with no read filled in",
    source: "Maelstrom's guide, chapter 5: the first transactor.",
    violates: [
      "internal", "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
    ])
  static let aliasing = PlantedBug(
    "aliasing",
    "a read shares its list with the store, so it shows its transaction's later appends",
    source: "Maelstrom's guide, chapter 5: a list that is changed in place.",
    violates: ["internal", "future-read"])
  static let noSync = PlantedBug(
    "no-sync", "transactions are acknowledged before they are durable",
    source: "Redis with appendfsync everysec, as its documentation warns.",
    violates: [
      "incompatible-order", "lost-update", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0-realtime", "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
    ])
  static let noRollback = PlantedBug(
    "no-rollback", "one in eight transactions that write is aborted, and what it wrote stays",
    source: "G1a, aborted reads, in Adya, Weak consistency (1999).",
    violates: ["G1a", "dirty-update"])
  static let laggingKeys = PlantedBug(
    "lagging-keys",
    "a transaction that only reads finds some keys as they were before they were written last",
    source:
      "Sovran, Power, Aguilera and Li, Transactional storage for geo-replicated systems (2011): "
      + "long forks.",
    violates: [
      "G-single-item", "G-nonadjacent-item", "G2-item", "G-single-item-realtime",
      "G-nonadjacent-item-realtime", "G2-item-realtime", "long-fork",
    ])

  public static let description = AlgorithmDescription(
    name: "txn-memory", summary: "Transactions on lists and registers in the memory of one node.",
    promise: "Strict serializability on a cluster of one node; none with more.",
    assumptions: "A disk keeps what was synced.",
    paper: "Serial execution of stored requests from a command log (Malviya et al., 2014).",
    bugs: [unchangedReply, aliasing, noSync, noRollback, laggingKeys],
    workloads: ["txn-list-append", "txn-rw-register", "long-fork"],
    survives: AlgorithmDescription.allButLostDataAlone)

  private let leavesReads: Bool
  private let sharesLists: Bool
  private let syncs: Bool
  private let rollsBack: Bool
  private let keysLag: Bool
  private var values: [Value: Value] = [:]
  /// With ``laggingKeys``: what each key was before it was written last.
  private var previous: [Value: Value] = [:]
  private var clients = ClientNumbers()
  private var log = DurableLog<LoggedRequest>()

  public init(_ configuration: Configuration) {
    leavesReads = configuration.bugs.contains(MemoryTransactions.unchangedReply.name)
    sharesLists = configuration.bugs.contains(MemoryTransactions.aliasing.name)
    syncs = !configuration.bugs.contains(MemoryTransactions.noSync.name)
    rollsBack = !configuration.bugs.contains(MemoryTransactions.noRollback.name)
    keysLag = configuration.bugs.contains(MemoryTransactions.laggingKeys.name)
  }

  public mutating func handle(
    _ event: Event<MemoryTransactions>, _ context: inout Context<MemoryTransactions>
  ) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files):
      for logged in log.recover(files[File.log], of: .log, &context) {
        guard case .transaction(let request) = logged.request else { continue }
        _ = clients.admit(logged.id)
        _ = try? commit(Transaction(request))
      }
    case .request(let id, .transaction(let request)): run(request, id, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message, .answered, .timer, .completed: break
    }
  }

  private mutating func run(
    _ request: [Value], _ id: RequestID, _ context: inout Context<MemoryTransactions>
  ) {
    guard clients.admit(id) else { return }
    do throws(ErrorReply) {
      let transaction = try Transaction(request)
      let outcome =
        keysLag && transaction.operations.allSatisfy(\.isRead)
        ? try transaction.run(on: oldValues(of: transaction, &context)) : try commit(transaction)
      if !outcome.written.isEmpty {
        log.append(LoggedRequest(id, .transaction(request)), to: .log, syncs: syncs, &context)
      }
      if !rollsBack, !outcome.written.isEmpty, context.choose(below: 8, site: "abort") == 0 {
        throw ErrorReply(.abort, "the transaction was aborted")
      }
      context.reply(.transaction(reply(to: request, outcome)), to: id)
    } catch {
      context.reply(.failed(error), to: id)
    }
  }

  private mutating func commit(
    _ transaction: Transaction
  ) throws(ErrorReply) -> Transaction.Outcome {
    let outcome = try transaction.run { values[$0] }
    for entry in outcome.written.entries {
      if keysLag { previous[entry.key] = values[entry.key] }
      values[entry.key] = entry.value
    }
    return outcome
  }

  /// With ``laggingKeys``: what a transaction finds.
  private func oldValues(
    of transaction: Transaction, _ context: inout Context<MemoryTransactions>
  ) -> (Value) -> Value? {
    var found: [Value: Value] = [:]
    for key in transaction.keysNeeded {
      let lags = context.choose(below: 2, site: "lag") == 1
      found[key] = lags ? previous[key] : values[key]
    }
    return { found[$0] }
  }

  private func reply(to request: [Value], _ outcome: Transaction.Outcome) -> [Value] {
    if leavesReads { return request }
    guard sharesLists else { return outcome.filled }
    return outcome.filled.map { step in
      // What a read found is the list that the transaction's appends went to.
      guard case .read(let key)? = MicroOperation(step), case .list? = step.elements?[2],
        let last = outcome.written[key]
      else { return step }
      return MicroOperation.read(key: key).filled(last)
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(leavesReads)
    sink.put(sharesLists)
    sink.put(syncs)
    sink.put(rollsBack)
    sink.put(keysLag)
    sink.put(sorted: previous) { value, sink in value.encode(into: &sink) }
    sink.put(sorted: values) { value, sink in value.encode(into: &sink) }
    clients.encode(into: &sink)
    log.encode(into: &sink)
  }
}
