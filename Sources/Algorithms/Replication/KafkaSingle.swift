public import Nodes
public import Values

/// Append-only logs with offsets on a single node, durable before anybody hears of them.
///
/// Messages and committed offsets are records of one file, and whatever is answered waits for the
/// sync of all that it rests on. A message is stored with the request that sent it, so that a request
/// which comes twice, even across a restart, is appended once. Committed offsets only rise.
///
/// Nodes know nothing of each other: in a cluster each has logs of its own.
public struct KafkaSingle: Algorithm {
  public typealias Message = NoMessage
  public typealias Timer = NoTimer

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  public static let noSync = PlantedBug(
    "no-sync", "messages are acknowledged before they are durable",
    source: "Apache Kafka's default flush.messages, which leaves durability to replication.",
    violates: ["unseen", "lost-write", "inconsistent-offsets", "lost-commit", "nonmonotonic-send"])
  public static let appendAgain = PlantedBug(
    "append-again", "every tenth message is appended twice",
    source: "KIP-98 (2017): a producer that retries had its message appended twice.",
    violates: ["duplicate"])
  public static let truncateToCommit = PlantedBug(
    "truncate-to-commit",
    "a node that restarts drops the messages behind the committed offset and gives their offsets "
      + "again",
    source: "KIP-101 (2016): a restarted broker cut its log at the high watermark.",
    violates: [
      "unseen", "lost-write", "inconsistent-offsets", "lost-commit", "nonmonotonic-send",
      "duplicate",
    ])

  public static let description = AlgorithmDescription(
    name: "kafka-single", summary: "Durable logs of messages on one node.",
    promise: "With one node, each acknowledged message has one offset for good.",
    assumptions: "The cluster is one node; a disk keeps what was synced.",
    paper: "Gossip Glomers 5a.", bugs: [noSync, appendAgain, truncateToCommit],
    workloads: ["kafka"], survives: AlgorithmDescription.allButLostDataAlone)

  private let syncs: Bool
  private let appendsAgain: Bool
  private let truncates: Bool
  private var logs: [String: [KafkaEntry]] = [:]
  /// The offset of each request's message; follows from `logs`.
  private var offsets: [RequestID: Int] = [:]
  private var committed: [String: Int] = [:]
  private var records = RecordLog()
  private var isHalted = false

  public init(_ configuration: Configuration) {
    syncs = !configuration.bugs.contains(KafkaSingle.noSync.name)
    appendsAgain = configuration.bugs.contains(KafkaSingle.appendAgain.name)
    truncates = configuration.bugs.contains(KafkaSingle.truncateToCommit.name)
  }

  public mutating func handle(
    _ event: Event<KafkaSingle>, _ context: inout Context<KafkaSingle>
  ) {
    // After corruption it is not known what was acknowledged: silence is the only safe answer.
    guard !isHalted else { return }
    switch event {
    case .start(let files): recover(files[File.log], &context)
    case .request(let id, .send(let key, let message)): send(id, key, message, &context)
    case .request(let id, .poll(let offsets)):
      var messages: [String: [Value]] = [:]
      for (key, offset) in offsets {
        let pairs = logs[key]?.pairs(from: max(0, offset), limit: KafkaLog.pollLimit) ?? []
        if !pairs.isEmpty { messages[key] = pairs }
      }
      context.reply(.polled(messages), to: id)
    case .request(let id, .commitOffsets(let offsets)): commit(id, offsets, &context)
    case .request(let id, .listCommittedOffsets(let keys)):
      context.reply(.committedOffsets(committed.filter { keys.contains($0.key) }), to: id)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message, .answered, .timer, .completed: break
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(syncs)
    sink.put(appendsAgain)
    sink.put(truncates)
    sink.put(sorted: logs) { entries, sink in sink.put(entries) }
    sink.put(offsets: committed)
    sink.put(records.count)
    sink.put(isHalted)
  }
}

extension KafkaSingle {
  private mutating func send(
    _ id: RequestID, _ key: String, _ message: Value, _ context: inout Context<KafkaSingle>
  ) {
    if let offset = offsets[id] { return context.reply(.sent(offset: offset), to: id) }
    let entry = KafkaEntry(id, message)
    append(entry, to: key)
    store([.message(key, entry)], &context)
    if appendsAgain, let count = logs[key]?.count, count % 10 == 0 {
      append(entry, to: key)
      store([.message(key, entry)], &context)
    }
    context.reply(.sent(offset: offsets[id] ?? 0), to: id)
  }

  private mutating func append(_ entry: KafkaEntry, to key: String) {
    offsets[entry.id] = logs[key, default: []].count
    logs[key, default: []].append(entry)
  }

  private mutating func commit(
    _ id: RequestID, _ offsets: [String: Int], _ context: inout Context<KafkaSingle>
  ) {
    let raised = offsets.filter { $0.value > committed[$0.key] ?? -1 }
      .sorted { $0.key < $1.key }
    for (key, offset) in raised { committed[key] = offset }
    store(raised.map { .commit($0.key, $0.value) }, &context)
    context.reply(.offsetsCommitted, to: id)
  }
}

// MARK: Durability

extension KafkaSingle {
  private enum Record: StablyCodable {
    case message(String, KafkaEntry)
    case commit(String, Int)

    func encode(into sink: inout some ByteSink) {
      switch self {
      case .message(let key, let entry):
        sink.put(UInt8(0))
        sink.put(key)
        entry.encode(into: &sink)
      case .commit(let key, let offset):
        sink.put(UInt8(1))
        sink.put(key)
        sink.put(offset)
      }
    }

    init?(from source: inout ByteSource) {
      guard let tag = source.byte(), let key = source.text() else { return nil }
      switch tag {
      case 0:
        guard let entry = KafkaEntry(from: &source) else { return nil }
        self = .message(key, entry)
      case 1:
        guard let offset = source.integer() else { return nil }
        self = .commit(key, offset)
      default: return nil
      }
    }
  }

  private mutating func store(_ new: [Record], _ context: inout Context<KafkaSingle>) {
    guard !new.isEmpty else { return }
    context.append(new.flatMap { records.frame($0.encoded) }, to: .log)
    if syncs { context.sync() }
  }

  private mutating func recover(_ bytes: [UInt8], _ context: inout Context<KafkaSingle>) {
    guard let resumed = RecordLog.resume(bytes, of: .log, in: &context) else {
      isHalted = true
      return
    }
    records = resumed.log
    if records.count < bytes.count {
      context.mark(Mark(.sometimes, "kafka-single: a torn tail was cut"))
    }
    for record in resumed.records {
      var source = ByteSource(record)
      switch Record(from: &source) {
      case .message(let key, let entry)?: append(entry, to: key)
      case .commit(let key, let offset)?: committed[key] = max(committed[key] ?? -1, offset)
      case nil:
        isHalted = true
        return context.log("log: a record that no version of this system wrote; not serving")
      }
    }
    if truncates { truncateToCommitted() }
  }

  private mutating func truncateToCommitted() {
    for (key, entries) in logs {
      let kept = Array(entries.prefix((committed[key] ?? -1) + 1))
      for entry in entries.dropFirst(kept.count) { offsets[entry.id] = nil }
      logs[key] = kept
    }
  }
}
