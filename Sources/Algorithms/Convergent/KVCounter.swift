public import Nodes
public import Values

/// A counter on seq-kv: each node keeps the sum of what was added through it under a key of its own.
///
/// Nobody else writes that key, and every value has a version that rises, so a compare-and-set on it
/// succeeds only if the node knows the newest state, and a late one of an earlier process can't
/// succeed after the next. seq-kv may answer reads from the past, but one that changed something was
/// the newest at that moment, and no later answer to the same client comes from before it. So a node
/// that wants to read first raises its own version, and then reads the others' keys: what it gets
/// contains every add that was acknowledged before it was asked. This makes the counter linearizable
/// on any sequentially consistent store.
///
/// Adds and reads that come while the store is being asked wait and share the next round. Nodes keep
/// nothing themselves. Where the store does not answer a compare-and-set in time, its adds may or may
/// not have happened: they are never answered.
public struct KVCounter: Algorithm {
  public typealias Message = NoMessage
  public typealias File = NoFile

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// The store has not answered in time.
    case overdue
  }

  static let timeout = AlgorithmOption(
    "timeout", standard: "2s", variants: ["200ms"], "how long the store may take to answer")

  public static let blindWrite = PlantedBug(
    "blind-write",
    "nodes share one key and write to it what they read plus what is added: updates are lost",
    source:
      "Gossip Glomers 4; lost update, P4 in Berenson et al., A critique of ANSI SQL isolation "
      + "levels (1995).",
    violates: ["unacceptable", "diverging"])
  public static let staleRead = PlantedBug(
    "stale-read",
    "reads don't raise the version first: seq-kv may answer from the past (--maelstrom-compat)",
    source: "Gossip Glomers 4 on a seq-kv whose clients may read the past for ever.",
    violates: ["unacceptable"])
  public static let impatient = PlantedBug(
    "impatient", "an add that takes longer than 2 ms is done again, whether it happened or not",
    source: "Apache Cassandra's counters: an increment that timed out must not be retried blindly.",
    violates: ["unacceptable", "diverging"])

  public static let description = AlgorithmDescription(
    name: "kv-counter", summary: "A counter in seq-kv, a key a node.",
    promise: "A read contains every add that was acknowledged before it began.",
    assumptions: "The store is up; nodes keep no state.",
    paper: "Gossip Glomers 4; the store forced to be recent by a write (Lamport, 1979: sequential "
      + "consistency).",
    options: [timeout], bugs: [blindWrite, staleRead, impatient],
    workloads: ["g-counter", "pn-counter"], survives: AlgorithmDescription.everything)

  /// What the store has under a key.
  private struct Sum: Hashable, Sendable, StablyEncodable {
    var version = 0
    var total = 0

    var value: Value { .list([.integer(version), .integer(total)]) }

    init() {}

    init?(_ value: Value) {
      guard let elements = value.elements, elements.count == 2,
        let version = elements[0].integer, let total = elements[1].integer
      else { return nil }
      self.version = version
      self.total = total
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(version)
      sink.put(total)
    }
  }

  private struct Add: Hashable, Sendable, StablyEncodable {
    var request: RequestID
    var delta: Int

    func encode(into sink: inout some ByteSink) {
      request.encode(into: &sink)
      sink.put(delta)
    }
  }

  private enum Step: Hashable, Sendable {
    case idle
    /// The own key is being read.
    case loading(Token)
    /// The own key is being changed to a sum.
    case storing(Token, Sum)
    /// The others' keys are being read: which calls are open, and what the others add up to.
    case gathering([Token], total: Int)
  }

  private let id: NodeID
  private let peers: [NodeID]
  private let timeout: Nanoseconds
  private let writesBlindly: Bool
  private let readsStale: Bool
  private let addsAgain: Bool

  /// What stands under the own key, as far as that is known.
  private var own: Sum?
  private var step = Step.idle
  /// What waits for the next round.
  private var adds: [Add] = []
  private var reads: [RequestID] = []
  /// What is part of this one.
  private var roundAdds: [Add] = []
  private var roundReads: [RequestID] = []
  private var nextToken = 0

  public init(_ configuration: Configuration) {
    id = configuration.id
    addsAgain = configuration.bugs.contains(KVCounter.impatient.name)
    timeout = addsAgain ? .milliseconds(2) : KVCounter.timeout.duration(in: configuration)
    writesBlindly = configuration.bugs.contains(KVCounter.blindWrite.name)
    readsStale = configuration.bugs.contains(KVCounter.staleRead.name)
    peers = writesBlindly ? [] : configuration.peers
  }

  public mutating func handle(_ event: Event<KVCounter>, _ context: inout Context<KVCounter>) {
    switch event {
    case .request(let request, .addDelta(let delta)):
      adds.append(Add(request: request, delta: delta))
      advance(&context)
    case .request(let request, .readAll):
      reads.append(request)
      advance(&context)
    case .request(let request, _): context.reply(.notSupported, to: request)
    case .answered(let token, let reply): answered(token, reply, &context)
    case .timer(.overdue): giveUp(&context)
    case .start, .message, .completed: break
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(peers)
    sink.put(Int(timeout))
    sink.put(writesBlindly)
    sink.put(readsStale)
    sink.put(addsAgain)
    sink.put(own)
    sink.put(adds)
    sink.put(reads)
    sink.put(roundAdds)
    sink.put(roundReads)
    sink.put(nextToken)
    switch step {
    case .idle: sink.put(UInt8(0))
    case .loading(let token):
      sink.put(UInt8(1))
      sink.put(token.rawValue)
    case .storing(let token, let sum):
      sink.put(UInt8(2))
      sink.put(token.rawValue)
      sum.encode(into: &sink)
    case .gathering(let tokens, let total):
      sink.put(UInt8(3))
      sink.put(tokens.map(\.rawValue))
      sink.put(total)
    }
  }
}

// MARK: Rounds

extension KVCounter {
  private func key(of node: NodeID) -> Value {
    .string(writesBlindly ? "counter" : "counter-\(node.rawValue)")
  }

  /// Begins a round where something waits for one.
  private mutating func advance(_ context: inout Context<KVCounter>) {
    guard step == .idle, !adds.isEmpty || !reads.isEmpty else { return }
    guard let own else {
      step = .loading(call(.read(key: key(of: id)), &context))
      return
    }
    (roundAdds, adds) = (adds, [])
    (roundReads, reads) = (reads, [])
    let isUnchanged = roundAdds.isEmpty && (readsStale || writesBlindly)
    guard !isUnchanged else { return gather(&context) }
    var new = own
    new.version += 1
    for add in roundAdds { new.total &+= add.delta }
    let request: Request =
      writesBlindly
      ? .write(key: key(of: id), value: new.value)
      : .compareAndSet(
        key: key(of: id), from: own.value, to: new.value, createIfMissing: true)
    step = .storing(call(request, &context), new)
  }

  private mutating func call(_ request: Request, _ context: inout Context<KVCounter>) -> Token {
    let token = Token(nextToken)
    nextToken += 1
    context.call(.seqKV, request, token: token)
    context.setTimer(.overdue, after: timeout)
    return token
  }

  private mutating func answered(
    _ token: Token, _ reply: Reply, _ context: inout Context<KVCounter>
  ) {
    switch step {
    case .loading(token): loaded(reply, &context)
    case .storing(token, let sum): stored(sum, reply, &context)
    case .gathering(var tokens, let total):
      guard let place = tokens.firstIndex(of: token) else { return }
      tokens.remove(at: place)
      guard let sum = KVCounter.sum(reply) else { return retryReads(&context) }
      step = .gathering(tokens, total: total &+ sum.total)
      if tokens.isEmpty { finish(total &+ sum.total, &context) }
    // The answer to a call that was given up.
    case .idle, .loading, .storing: break
    }
  }

  /// What the answer to a read says; a missing key is one that nobody has added to.
  private static func sum(_ reply: Reply) -> Sum? {
    switch reply {
    case .value(let value): Sum(value)
    case .failed(let error) where error.code == .keyDoesNotExist: Sum()
    default: nil
    }
  }

  private mutating func loaded(_ reply: Reply, _ context: inout Context<KVCounter>) {
    // Without a usable answer the timer tries again.
    guard let sum = KVCounter.sum(reply) else { return }
    own = sum
    step = .idle
    advance(&context)
  }

  private mutating func stored(
    _ sum: Sum, _ reply: Reply, _ context: inout Context<KVCounter>
  ) {
    switch reply {
    case .compareAndSetDone, .written:
      own = sum
      for add in roundAdds { context.reply(.added, to: add.request) }
      roundAdds = []
      gather(&context)
    case .failed(let error) where error.code.isDefinite:
      // What was loaded was not the newest state.
      adds = roundAdds + adds
      roundAdds = []
      own = nil
      retryReads(&context)
    default: giveUp(&context)
    }
  }

  private mutating func gather(_ context: inout Context<KVCounter>) {
    guard !roundReads.isEmpty, !peers.isEmpty else { return finish(0, &context) }
    var tokens: [Token] = []
    for peer in peers { tokens.append(call(.read(key: key(of: peer)), &context)) }
    step = .gathering(tokens, total: 0)
  }

  /// Answers the round's reads, given what the other nodes' sums add up to.
  private mutating func finish(_ others: Int, _ context: inout Context<KVCounter>) {
    for read in roundReads {
      context.reply(.value(.integer(others &+ (own?.total ?? 0))), to: read)
    }
    roundReads = []
    endRound(&context)
  }

  private mutating func retryReads(_ context: inout Context<KVCounter>) {
    reads = roundReads + reads
    roundReads = []
    endRound(&context)
  }

  private mutating func endRound(_ context: inout Context<KVCounter>) {
    step = .idle
    if writesBlindly { own = nil }
    context.cancelTimer(.overdue)
    advance(&context)
  }

  /// Goes on without an answer: nobody knows whether the adds of this round happened.
  private mutating func giveUp(_ context: inout Context<KVCounter>) {
    if case .storing = step { own = nil }
    if addsAgain { adds = roundAdds + adds }
    roundAdds = []
    retryReads(&context)
  }
}
