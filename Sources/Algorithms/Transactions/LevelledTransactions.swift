public import Nodes
public import Values

/// A database of one primary that runs transactions side by side, at a level that is chosen.
///
/// The first node is the primary, and the others hand it what they are asked. It runs one
/// micro-operation of one transaction at a time, of whichever chance has it, and a commit is a step
/// of its own. What a transaction writes is kept apart until then.
///
/// - Strictly serializable: reads are of the versions that were the last when the transaction began;
///   it is refused if any of the keys that it read or wrote has a newer one when it commits (Kung and
///   Robinson, *On optimistic methods for concurrency control*, 1981, by backward validation). One
///   that only reads takes effect where it began.
/// - Serializable: the same, but one that only reads may see the database as it was a few commits ago.
/// - Snapshot isolation: only the keys that it wrote are looked at: the first committer wins
///   (Berenson et al., *A critique of ANSI SQL isolation levels*, 1995).
/// - Read committed: each read is of the last committed version, and a key that is written stays
///   locked until the end. That keeps monotonic atomic view as well. Where a lock is taken, the older
///   transaction waits for the younger, and the younger is refused (wait-die: Rosenkrantz, Stearns
///   and Lewis, 1978).
/// - Read uncommitted: the same, but reads show what is written and not committed.
public struct LevelledTransactions: Algorithm {
  public typealias Message = LevelMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// The next step of a transaction.
    case step
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  /// What the log holds: what was begun is known, so that no late copy of it is run once more.
  enum Record: Hashable, Sendable {
    case began(RequestID)
    case committed(ValueMap)
  }

  /// A transaction that has not come to its end.
  struct Running: Hashable, Sendable {
    var id: RequestID
    /// Who was asked for it.
    var origin: NodeID
    var transaction: Transaction
    /// How many commits it sees the effects of.
    var snapshot: Int
    var outcome = Transaction.Outcome()
    /// The keys that it read and had not written before.
    var seen: [Value] = []
  }

  static let step = AlgorithmOption(
    "step", standard: "10ms", "how long a transaction rests between two of its steps, on average")

  /// What may be found beside the first of it, once versions are out of order.
  private static let cycles = ["G0", "G1c", "G-single-item", "G-nonadjacent-item", "G2-item"]
    .flatMap { [$0, "\($0)-realtime"] }

  static let noFirstCommitter = PlantedBug(
    "no-first-committer",
    "what was written since a transaction began is overwritten, and no conflict",
    source: "P4, lost update, in Berenson et al., A critique of ANSI SQL isolation levels (1995).",
    violates: ["incompatible-order", "lost-update"] + cycles)
  static let dirtyReads = PlantedBug(
    "dirty-reads", "reads show what other transactions have written and not committed",
    source: "G1, in Adya, Weak consistency (1999).",
    violates: ["G1a", "G1b", "dirty-update", "incompatible-order", "internal"] + cycles)
  static let snapshotPerStep = PlantedBug(
    "snapshot-per-step", "each micro-operation takes a snapshot of its own",
    source: "PostgreSQL's documentation, 13.2.1: read committed, with a snapshot a statement.",
    violates: ["internal", "lost-update", "incompatible-order"] + cycles)
  static let noReadValidation = PlantedBug(
    "no-read-validation", "what a transaction read may have changed when it commits",
    source: "Jepsen, PostgreSQL 12.3 (2020): write skew among serializable transactions.",
    violates: ["G2-item", "G2-item-realtime"])
  static let noRollback = PlantedBug(
    "no-rollback", "what an aborted transaction wrote stays",
    source: "G1a, aborted reads, in Adya, Weak consistency (1999).",
    violates: ["G1a", "dirty-update", "incompatible-order"] + cycles)

  public static let description = AlgorithmDescription(
    name: "txn-levels", summary: "Transactions side by side, at a level that an option chooses.",
    promise: "The level that is chosen; all but serializable keep to real time as well.",
    assumptions: "The first node comes back; its disk keeps what was synced.",
    paper: "Kung and Robinson 1981; Berenson et al. 1995; Rosenkrantz, Stearns and Lewis 1978.",
    options: [TransactionLevel.option, step],
    bugs: [noFirstCommitter, dirtyReads, snapshotPerStep, noReadValidation, noRollback],
    workloads: ["txn-list-append", "txn-rw-register"], messageTypes: ["forward", "answer"])

  /// How many commits a read at the level serializable may be behind.
  static let lagMax = 7

  let id: NodeID
  let primary: NodeID
  let level: TransactionLevel
  let stepDelay: Nanoseconds
  let checksWrites: Bool
  let readsDirtily: Bool
  let keepsSnapshot: Bool
  let validatesReads: Bool
  let rollsBack: Bool

  var store = VersionedStore()
  /// In the order in which they began.
  var running: [Running] = []
  var clients = ClientNumbers()
  var log = DurableLog<Record>()

  public init(_ configuration: Configuration) {
    func has(_ bug: PlantedBug) -> Bool { configuration.bugs.contains(bug.name) }
    id = configuration.id
    primary = configuration.members.first ?? configuration.id
    level = TransactionLevel(configuration)
    stepDelay = Self.step.duration(in: configuration)
    checksWrites = !has(Self.noFirstCommitter)
    readsDirtily = level == .readUncommitted || has(Self.dirtyReads)
    keepsSnapshot = !has(Self.snapshotPerStep)
    validatesReads = level.validatesReads && !has(Self.noReadValidation)
    rollsBack = !has(Self.noRollback)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request(let request, .transaction(let steps)):
      if id == primary {
        begin(steps, request, origin: id, &context)
      } else {
        context.send(.forward(request, steps), to: primary)
      }
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .message(let node, .forward(let request, let steps)):
      begin(steps, request, origin: node, &context)
    case .message(_, .answer(let request, let reply)): context.reply(reply, to: request)
    case .timer(.step): takeTurn(&context)
    case .answered, .completed: break
    }
  }

  func answer(
    _ reply: Reply, to request: RequestID, of origin: NodeID, _ context: inout Context<Self>
  ) {
    if origin == id {
      context.reply(reply, to: request)
    } else {
      context.send(.answer(request, reply), to: origin)
    }
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    for record in log.recover(bytes, of: .log, &context) {
      switch record {
      case .began(let request): _ = clients.admit(request)
      case .committed(let written): store.commit(written, oldest: oldestSnapshot)
      }
    }
  }

  /// The fewest commits after which the database may still be read.
  var oldestSnapshot: Int {
    min(running.map(\.snapshot).min() ?? .max, store.commitCount - Self.lagMax)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(primary)
    sink.put(level.rawValue)
    sink.put(Int(stepDelay))
    for flag in [checksWrites, readsDirtily, keepsSnapshot, validatesReads, rollsBack] {
      sink.put(flag)
    }
    store.encode(into: &sink)
    sink.put(running.count)
    for run in running {
      run.id.encode(into: &sink)
      sink.put(run.origin)
      run.transaction.encode(into: &sink)
      sink.put(run.snapshot)
      sink.put(run.outcome.filled)
      Value.map(run.outcome.written).encode(into: &sink)
      sink.put(run.seen)
    }
    clients.encode(into: &sink)
    log.encode(into: &sink)
  }
}

extension LevelledTransactions.Record: StablyCodable {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .began(let id):
      sink.put(UInt8(0))
      id.encode(into: &sink)
    case .committed(let written):
      sink.put(UInt8(1))
      Value.map(written).encode(into: &sink)
    }
  }

  init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let id = RequestID(from: &source) else { return nil }
      self = .began(id)
    case 1:
      guard case .map(let written)? = Value(from: &source) else { return nil }
      self = .committed(written)
    default: return nil
    }
  }
}
