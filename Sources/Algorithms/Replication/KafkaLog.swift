public import Nodes
public import Values

/// Append-only logs with offsets, which any number of nodes keep in a shared linearizable store.
///
/// A log is cut into chunks of equal size, each a value of the store: chunk *c* holds the messages
/// from offset *c* · size on, so an offset needs no counter. A chunk only grows, and the next one is
/// begun when it is full. To append, a node compares and sets the last chunk: from what it knows of
/// it to that with all the messages that wait for this log. When another node was faster it reads
/// what it missed and tries again. No node owns a log, so each serves while it reaches the store.
///
/// A message stands in its log together with the request that sent it. So a node that does not know
/// whether an append of its own happened, or that gets a request twice, finds the answer in the log:
/// no message is ever appended twice, and nodes need no memory that outlives them.
///
/// Polls are answered from what the node knows where that has something to say, else from the store.
/// Committed offsets are values of the store that are only ever raised, by compare-and-set.
///
/// A node remembers all messages that it has seen. Calls whose answer is overdue are made again.
public struct KafkaLog: Algorithm {
  public typealias Message = NoMessage
  public typealias File = NoFile

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    /// Looks for calls whose answers are overdue.
    case retry
  }

  /// The most messages of one key in the answer to a poll.
  static let pollLimit = 1_000

  static let chunk = AlgorithmOption(
    "chunk", standard: "32", variants: ["1", "4"],
    "how many messages of a log are kept together")
  static let retry = AlgorithmOption(
    "retry", standard: "1s", variants: ["200ms"],
    "how long the store may take before it is asked again")

  public static let description = AlgorithmDescription(
    name: "kafka-log", summary: "Logs of messages, kept by any number of nodes in lin-kv.",
    promise: "Each acknowledged message has one offset for good; polls skip and repeat nothing.",
    assumptions: "The service lin-kv is up; nodes keep nothing on disk.",
    paper: "Kreps et al., Kafka (NetDB 2011); Gossip Glomers 5b and 5c.",
    options: [chunk, retry], bugs: Bug.all, workloads: ["kafka"],
    survives: AlgorithmDescription.everything)

  /// The bugs that can be switched on.
  public enum Bug {
    public static let blindWrite = PlantedBug(
      "blind-write", "chunks are written without a look at what others appended",
      source: "Gossip Glomers 5b; lost update, P4 in Berenson et al., A critique of ANSI SQL "
        + "isolation levels (1995).",
      violates: [
        "lost-write", "inconsistent-offsets", "unseen", "duplicate", "nonmonotonic-send",
      ])
    public static let earlyOffset = PlantedBug(
      "early-offset", "a message is acknowledged with the offset that it is expected to get",
      source: "Jepsen, Redpanda 21.10.1 (2022): inconsistent offsets.",
      violates: [
        "lost-write", "inconsistent-offsets", "unseen", "duplicate", "nonmonotonic-send",
      ])
    public static let impatient = PlantedBug(
      "impatient",
      "an append that takes longer than 2 ms is done again, whether it happened or not",
      source: "KIP-98 (2017): a producer that retries had its message appended twice.",
      violates: ["duplicate"])
    public static let abortedRead = PlantedBug(
      "aborted-read", "a send that meets another is refused, and yet done",
      source: "Jepsen, Redpanda 21.10.1 (2022): aborted reads.", violates: ["G1a"])
    public static let commitForgets = PlantedBug(
      "commit-forgets", "committed offsets are kept in memory, by each node its own",
      source: "Gossip Glomers 5b with what 5a kept in a node's memory.", violates: ["lost-commit"])
    public static let hiddenTail = PlantedBug(
      "hidden-tail", "no poll shows the newest message of a log",
      source: "Jepsen, Redpanda 21.10.1 (2022): lost and stale messages.", violates: ["unseen"])
    public static let pollSkips = PlantedBug(
      "poll-skips", "a poll sometimes begins after the offset that it was asked for",
      source: "Jepsen's Kafka workload: poll-skip.", violates: ["poll-skip", "lost-write"])
    public static let pollRepeats = PlantedBug(
      "poll-repeats", "a poll sometimes begins before the offset that it was asked for",
      source: "Jepsen's Kafka workload: nonmonotonic-poll.",
      violates: ["unasked", "nonmonotonic-poll"])
    public static let pollGaps = PlantedBug(
      "poll-gaps", "a poll sometimes leaves out a message between others",
      source: "Jepsen's Kafka workload: int-poll-skip.", violates: ["int-poll-skip"])
    public static let pollReverses = PlantedBug(
      "poll-reverses", "a poll sometimes answers the newest messages first",
      source: "Jepsen's Kafka workload: int-nonmonotonic-poll.",
      violates: ["poll-skip", "int-nonmonotonic-poll"])

    static let all = [
      blindWrite, earlyOffset, impatient, abortedRead, commitForgets, hiddenTail, pollSkips,
      pollRepeats, pollGaps, pollReverses,
    ]
  }

  let chunkSize: Int
  let retryDelay: Nanoseconds
  private let bugs: Set<String>

  var logs: [String: Log] = [:]
  var commits: [String: Commit] = [:]
  var polls: [RequestID: Poll] = [:]
  /// Requests to commit, with what of them is not known to be stored.
  var commitRequests: [RequestID: [String: Int]] = [:]
  var listings: [RequestID: Listing] = [:]
  /// Calls that the store has not answered, in the order of their tokens and so of their deadlines.
  private var calls: [Call] = []
  private var nextToken = 0

  public init(_ configuration: Configuration) {
    chunkSize = KafkaLog.chunk.count(in: configuration)
    bugs = configuration.bugs
    retryDelay =
      bugs.contains(Bug.impatient.name)
      ? .milliseconds(2) : KafkaLog.retry.duration(in: configuration)
  }

  func has(_ bug: PlantedBug) -> Bool { bugs.contains(bug.name) }

  public mutating func handle(_ event: Event<KafkaLog>, _ context: inout Context<KafkaLog>) {
    switch event {
    case .request(let id, .send(let key, let message)):
      send(KafkaEntry(id, message), to: key, &context)
    case .request(let id, .poll(let offsets)): poll(id, offsets, &context)
    case .request(let id, .commitOffsets(let offsets)): commit(id, offsets, &context)
    case .request(let id, .listCommittedOffsets(let keys)): list(id, keys, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .answered(let token, let reply):
      guard let call = end(token) else { return }
      answered(call.purpose, reply, &context)
    case .timer(.retry): retryOverdue(&context)
    case .start, .message, .completed: break
    }
  }
}

// MARK: Calls

extension KafkaLog {
  /// What a call of the store is for.
  enum Purpose: Hashable, Sendable {
    /// Appends the first `count` waiting messages at `offset` of a log.
    case append(key: String, offset: Int, count: Int)
    /// Reads what an append found out to have missed.
    case reload(key: String, chunk: Int)
    /// Reads a chunk for a poll.
    case poll(RequestID, key: String, chunk: Int)
    case commit(key: String, offset: Int)
    case recommit(key: String)
    case list(RequestID, key: String)
  }

  private struct Call: Hashable, Sendable {
    var token: Token
    var purpose: Purpose
    var deadline: Nanoseconds
  }

  mutating func call(
    _ request: Request, for purpose: Purpose, _ context: inout Context<KafkaLog>
  ) {
    if calls.isEmpty { context.setTimer(.retry, after: retryDelay) }
    calls.append(
      Call(token: Token(nextToken), purpose: purpose, deadline: context.now + retryDelay))
    context.call(.linKV, request, token: Token(nextToken))
    nextToken += 1
  }

  /// Takes an answered call; nothing where it was made again since.
  private mutating func end(_ token: Token) -> Call? {
    var low = 0
    var high = calls.count
    while low < high {
      let middle = (low + high) / 2
      if calls[middle].token < token { low = middle + 1 } else { high = middle }
    }
    guard low < calls.count, calls[low].token == token else { return nil }
    return calls.remove(at: low)
  }

  private mutating func answered(
    _ purpose: Purpose, _ reply: Reply, _ context: inout Context<KafkaLog>
  ) {
    switch purpose {
    case .append(let key, let offset, let count):
      appended(key, at: offset, count, reply, &context)
    case .reload(let key, let chunk): reloaded(key, chunk, reply, &context)
    case .poll(let id, let key, let chunk): polled(id, key, chunk, reply, &context)
    case .commit(let key, let offset): committed(key, offset, reply, &context)
    case .recommit(let key): recommitted(key, reply, &context)
    case .list(let id, let key): listed(id, key, reply, &context)
    }
  }

  private mutating func retryOverdue(_ context: inout Context<KafkaLog>) {
    let overdue = calls.prefix { $0.deadline <= context.now }
    calls.removeFirst(overdue.count)
    for call in overdue { again(call.purpose, &context) }
    // Calls that were made again have set the timer if there were no others.
    guard let first = calls.first else { return }
    context.setTimer(.retry, after: max(0, first.deadline - context.now))
  }

  /// Makes a call again, or finds out whether it took effect.
  private mutating func again(_ purpose: Purpose, _ context: inout Context<KafkaLog>) {
    switch purpose {
    case .append(let key, _, _):
      // Where it happened, or happens yet, the log will say so.
      reload(key, &context)
    case .reload(let key, _): reload(key, &context)
    case .poll(let id, let key, _): read(key, for: id, &context)
    case .commit(let key, _), .recommit(let key): recommit(key, &context)
    case .list(let id, let key): readCommitted(key, for: id, &context)
    }
  }
}

// MARK: Encoding

extension KafkaLog {
  public func encode(into sink: inout some ByteSink) {
    sink.put(chunkSize)
    sink.put(Int(retryDelay))
    for bug in bugs.sorted() { sink.put(bug) }
    sink.put(sorted: logs) { log, sink in log.encode(into: &sink) }
    sink.put(sorted: commits) { commit, sink in commit.encode(into: &sink) }
    sink.put(sorted: polls) { poll, sink in poll.encode(into: &sink) }
    sink.put(sorted: commitRequests) { offsets, sink in sink.put(offsets: offsets) }
    sink.put(sorted: listings) { listing, sink in listing.encode(into: &sink) }
    sink.put(calls.count)
    for call in calls {
      sink.put(call.token.rawValue)
      call.purpose.encode(into: &sink)
      sink.put(Int(call.deadline))
    }
    sink.put(nextToken)
  }
}

extension KafkaLog.Purpose: StablyEncodable {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .append(let key, let offset, let count):
      sink.put(UInt8(0))
      sink.put(key)
      sink.put(offset)
      sink.put(count)
    case .reload(let key, let chunk):
      sink.put(UInt8(1))
      sink.put(key)
      sink.put(chunk)
    case .poll(let id, let key, let chunk):
      sink.put(UInt8(2))
      id.encode(into: &sink)
      sink.put(key)
      sink.put(chunk)
    case .commit(let key, let offset):
      sink.put(UInt8(3))
      sink.put(key)
      sink.put(offset)
    case .recommit(let key):
      sink.put(UInt8(4))
      sink.put(key)
    case .list(let id, let key):
      sink.put(UInt8(5))
      id.encode(into: &sink)
      sink.put(key)
    }
  }
}

extension String {
  /// Where the store keeps a chunk of this key's log.
  func chunkName(_ chunk: Int) -> Value { .string("log/\(self)/\(chunk)") }

  /// Where the store keeps this key's committed offset.
  var committedName: Value { .string("committed/\(self)") }
}

extension ByteSink {
  /// A dictionary, in the order of its keys.
  mutating func put<Element>(
    sorted entries: [String: Element], _ write: (Element, inout Self) -> Void
  ) {
    put(entries.count)
    for (key, element) in entries.sorted(by: { $0.key < $1.key }) {
      put(key)
      write(element, &self)
    }
  }

  mutating func put<Key: Comparable & StablyEncodable, Element>(
    sorted entries: [Key: Element], _ write: (Element, inout Self) -> Void
  ) {
    put(entries.count)
    for (key, element) in entries.sorted(by: { $0.key < $1.key }) {
      key.encode(into: &self)
      write(element, &self)
    }
  }

  mutating func put(offsets: [String: Int]) {
    put(sorted: offsets) { offset, sink in sink.put(offset) }
  }
}
