public import Nodes
public import Values

/// Transactions on registers that every node answers alone, in any partition.
///
/// Bailis and others, *Highly available transactions: virtues and limitations* (VLDB 2014), section
/// 5.1.1: read committed by buffering a transaction's writes at its node until it commits. There all
/// of them are stamped with one Lamport time, stored, and shown at once; the same happens where they
/// are replicated to. Of two writes to a register the one with the later stamp wins, so nodes that
/// have the same commits are equal.
///
/// Each node sends its own commits to each peer, in their order, until the peer has stored them. So
/// an acknowledged transaction is seen everywhere once the faults are over, unless a later one has
/// overwritten it.
public struct HighlyAvailableTransactions: Algorithm {
  public typealias Message = HATMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Looks for acknowledgements that are overdue.
    case resend
    /// With ``noIsolation``: the next micro-operation of each transaction that runs.
    case step
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  /// What the log holds.
  enum Record: Hashable, Sendable {
    case own(RequestID, HATCommit)
    case received(from: NodeID, [HATCommit])
  }

  /// The most commits in one message.
  static let shareLimit = 500
  /// The most commits that are on their way to one peer.
  static let windowLimit = 5_000

  static let resend = AlgorithmOption(
    "resend", standard: "1s", variants: ["200ms"],
    "how long an acknowledgement may take before commits are sent again")

  static let noIsolation = PlantedBug(
    "no-isolation", "each write is visible at once, while its transaction goes on",
    source: "G1b, intermediate reads, in Adya, Weak consistency (1999).",
    violates: [
      "G1b", "G1c", "internal", "future-read", "G-single-item", "G-nonadjacent-item", "G2-item",
      "G0", "fractured-read", "observed-transaction-vanishes",
    ])
  static let dirtyAbort = PlantedBug(
    "dirty-abort", "one transaction in four that writes is aborted after its writes were visible",
    source: "G1a, aborted reads, in Adya, Weak consistency (1999).",
    violates: ["G1a", "dirty-update"])
  static let noReplication = PlantedBug(
    "no-replication", "nodes don't tell each other what they committed",
    source: "Gossip Glomers 6b: reads would be answered for ever from a node's own writes.",
    violates: [])
  static let unreadWrites = PlantedBug(
    "unread-writes", "a transaction's reads don't see what it has written itself",
    source: "Cerone et al., A framework for transactional consistency models with atomic "
      + "visibility (2015): internal consistency.",
    violates: ["internal"])

  public static let description = AlgorithmDescription(
    name: "txn-hat", summary: "Transactions on registers that every node answers alone.",
    promise: "Read committed, and every request is answered, in any partition; nodes converge.",
    assumptions: "Nodes that fail come back; a disk keeps what was synced.",
    paper: "Bailis et al., Highly available transactions: virtues and limitations, VLDB 2014.",
    options: [resend], bugs: [noIsolation, dirtyAbort, noReplication, unreadWrites],
    workloads: ["txn-rw-register"], messageTypes: ["share", "acknowledge"])

  /// What is known of a peer.
  struct Peer: Hashable, Sendable {
    var id: NodeID
    /// It has stored the first so many of this node's commits.
    var acknowledged = 0
    /// It was sent the first so many.
    var sent = 0
    /// `sent` when the resend timer last fired: what of it is not acknowledged yet is overdue.
    var sentBefore = 0
  }

  /// With ``noIsolation``: a transaction that has not come to its end.
  struct Running: Hashable, Sendable {
    var id: RequestID
    var transaction: Transaction
    var outcome = Transaction.Outcome()
  }

  let id: NodeID
  let resendDelay: Nanoseconds
  let isolates: Bool
  let abortsDirtily: Bool
  let replicates: Bool
  let readsOwnWrites: Bool

  var registers = LastWriterWinsRegisters()
  /// The latest time that this node has seen.
  var clock = 0
  /// This node's own commits, in their order.
  var commits: [HATCommit] = []
  /// How many commits of each node are stored here; by node.
  var received: [Int]
  var peers: [Peer]
  var isResendArmed = false
  var running: [Running] = []
  var clients = ClientNumbers()
  var log = DurableLog<Record>()

  public init(_ configuration: Configuration) {
    id = configuration.id
    resendDelay = HighlyAvailableTransactions.resend.duration(in: configuration)
    isolates = !configuration.bugs.contains(HighlyAvailableTransactions.noIsolation.name)
    abortsDirtily = configuration.bugs.contains(HighlyAvailableTransactions.dirtyAbort.name)
    readsOwnWrites = !configuration.bugs.contains(HighlyAvailableTransactions.unreadWrites.name)
    replicates = !configuration.bugs.contains(HighlyAvailableTransactions.noReplication.name)
    peers = configuration.peers.map { Peer(id: $0) }
    received = Array(repeating: 0, count: (configuration.members.map(\.index).max() ?? -1) + 1)
  }

  public mutating func handle(_ event: Event<Self>, _ context: inout Context<Self>) {
    guard !log.isCorrupt else { return }
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request(let id, .transaction(let request)): admit(request, id, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message(let peer, .share(let first, let commits)):
      receive(commits, first: first, from: peer, &context)
    case .message(let peer, .acknowledge(let count)): acknowledge(count, peer, &context)
    case .timer(.resend): resendOverdue(&context)
    case .timer(.step): step(&context)
    case .answered, .completed: break
    }
  }

  private mutating func admit(
    _ request: [Value], _ id: RequestID, _ context: inout Context<Self>
  ) {
    guard clients.admit(id) else { return }
    do throws(ErrorReply) {
      let transaction = try Transaction(request)
      guard !transaction.appends else { throw ErrorReply(.notSupported, "there are no lists here") }
      guard isolates else { return begin(transaction, id, &context) }
      var outcome = try transaction.run { registers[$0] }
      if !readsOwnWrites { outcome.filled = transaction.operations.map(unaware) }
      finish(id, outcome, &context)
    } catch {
      context.reply(.failed(error), to: id)
    }
  }

  /// A micro-operation that knows nothing of those before it.
  private func unaware(_ operation: MicroOperation) -> Value {
    operation.filled(registers[operation.key])
  }

  /// Commits what a transaction wrote, and answers it.
  private mutating func finish(
    _ id: RequestID, _ outcome: Transaction.Outcome, _ context: inout Context<Self>
  ) {
    if !outcome.written.isEmpty {
      clock += 1
      let commit = HATCommit(time: clock, written: outcome.written)
      registers.apply(commit, of: self.id)
      if abortsDirtily && context.choose(below: 4, site: "abort") == 0 {
        return context.reply(.failed(ErrorReply(.abort, "the transaction was aborted")), to: id)
      }
      commits.append(commit)
      log.append(.own(id, commit), to: .log, &context)
      shareWithAll(&context)
    }
    context.reply(.transaction(outcome.filled), to: id)
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(Int(resendDelay))
    sink.put(isolates)
    sink.put(abortsDirtily)
    sink.put(replicates)
    sink.put(readsOwnWrites)
    registers.encode(into: &sink)
    sink.put(clock)
    sink.put(commits)
    sink.put(received)
    sink.put(peers.count)
    for peer in peers {
      sink.put(peer.id)
      sink.put(peer.acknowledged)
      sink.put(peer.sent)
      sink.put(peer.sentBefore)
    }
    sink.put(isResendArmed)
    sink.put(running.count)
    for run in running {
      run.id.encode(into: &sink)
      run.transaction.encode(into: &sink)
      sink.put(run.outcome.filled)
      Value.map(run.outcome.written).encode(into: &sink)
    }
    clients.encode(into: &sink)
    log.encode(into: &sink)
  }
}

// MARK: No isolation

extension HighlyAvailableTransactions {
  /// How long the planted bug lets a transaction rest between two micro-operations.
  private static let stepDelay: Nanoseconds = .milliseconds(1)

  private mutating func begin(
    _ transaction: Transaction, _ id: RequestID, _ context: inout Context<Self>
  ) {
    if running.isEmpty { context.setTimer(.step, after: Self.stepDelay) }
    running.append(Running(id: id, transaction: transaction))
  }

  /// Lets each running transaction take its next step, which all others see.
  private mutating func step(_ context: inout Context<Self>) {
    var ended: [Running] = []
    for place in running.indices {
      let operations = running[place].transaction.operations
      let position = running[place].outcome.filled.count
      if position < operations.count { take(operations[position], of: place) }
      if position + 1 >= operations.count { ended.append(running[place]) }
    }
    running.removeAll { run in ended.contains { $0.id == run.id } }
    for run in ended { finish(run.id, run.outcome, &context) }
    if !running.isEmpty { context.setTimer(.step, after: Self.stepDelay) }
  }

  private mutating func take(_ operation: MicroOperation, of place: Int) {
    running[place].outcome.filled.append(operation.filled(registers[operation.key]))
    guard case .write(let key, let value) = operation else { return }
    running[place].outcome.written[key] = value
    clock += 1
    var written = ValueMap()
    written[key] = value
    registers.apply(HATCommit(time: clock, written: written), of: id)
  }
}
