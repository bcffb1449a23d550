import Nodes
import Values

extension KafkaLog {
  /// What is known of a log, and what is to be appended to it.
  struct Log: Hashable, Sendable {
    /// The messages from offset 0 on, as far as they are known.
    var entries: [KafkaEntry] = []
    /// The offset of each request's message; follows from `entries`.
    var offsets: [RequestID: Int] = [:]
    /// Messages that are not known to be in the log, in the order in which they came.
    var waiting: [KafkaEntry] = []
    /// Whether an append or the read after one is under way.
    var isBusy = false

    /// Takes in the entries that stand from an offset on, where they say more than is known.
    mutating func adopt(_ found: [KafkaEntry], at offset: Int) {
      guard offset <= entries.count, offset + found.count > entries.count else { return }
      for entry in found.dropFirst(entries.count - offset) {
        offsets[entry.id] = entries.count
        entries.append(entry)
      }
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(entries)
      sink.put(waiting)
      sink.put(isBusy)
    }
  }

  mutating func send(
    _ entry: KafkaEntry, to key: String, _ context: inout Context<KafkaLog>
  ) {
    var log = logs.removeValue(forKey: key) ?? Log()
    if let offset = log.offsets[entry.id] {
      context.reply(.sent(offset: offset), to: entry.id)
    } else if !log.waiting.contains(where: { $0.id == entry.id }) {
      log.waiting.append(entry)
      if has(Bug.earlyOffset) {
        let expected = log.entries.count + log.waiting.count - 1
        context.reply(.sent(offset: expected), to: entry.id)
      }
    }
    logs[key] = log
    append(to: key, &context)
  }

  /// Appends what waits for a log, as far as it fits the last chunk.
  private mutating func append(to key: String, _ context: inout Context<KafkaLog>) {
    guard var log = logs[key], !log.isBusy, !log.waiting.isEmpty else { return }
    let offset = log.entries.count
    let chunk = offset / chunkSize
    let known = log.entries[(chunk * chunkSize)...]
    let batch = log.waiting.prefix(chunkSize - known.count)
    log.isBusy = true
    logs[key] = log
    let before = Value.list(known.map(\.value))
    let after = Value.list(known.map(\.value) + batch.map(\.value))
    let request: Request =
      has(Bug.blindWrite)
      ? .write(key: key.chunkName(chunk), value: after)
      : .compareAndSet(
        key: key.chunkName(chunk), from: before, to: after, createIfMissing: known.isEmpty)
    call(request, for: .append(key: key, offset: offset, count: batch.count), &context)
  }

  mutating func appended(
    _ key: String, at offset: Int, _ count: Int, _ reply: Reply,
    _ context: inout Context<KafkaLog>
  ) {
    guard reply == .compareAndSetDone || reply == .written else {
      if has(Bug.abortedRead), let log = logs[key] {
        for entry in log.waiting.prefix(count) {
          context.reply(
            .failed(ErrorReply(.transactionConflict, "another was faster")), to: entry.id)
        }
      }
      context.mark(Mark(.sometimes, "kafka-log: another append was faster"))
      return reload(key, &context)
    }
    // While the call was under way nothing left the front of what waits.
    let batch = Array(logs[key]?.waiting.prefix(count) ?? [])
    logs[key]?.adopt(batch, at: offset)
    settle(key, done: count, &context)
  }

  /// Reads the part of a log that comes after what is known.
  mutating func reload(_ key: String, _ context: inout Context<KafkaLog>) {
    let chunk = (logs[key]?.entries.count ?? 0) / chunkSize
    call(.read(key: key.chunkName(chunk)), for: .reload(key: key, chunk: chunk), &context)
  }

  mutating func reloaded(
    _ key: String, _ chunk: Int, _ reply: Reply, _ context: inout Context<KafkaLog>
  ) {
    adopt(reply, key, chunk)
    settle(key, done: 0, &context)
  }

  /// Takes in a chunk that was read; one that does not exist is empty.
  ///
  /// - Returns: Whether it is full, so that there may be another one.
  @discardableResult
  mutating func adopt(_ reply: Reply, _ key: String, _ chunk: Int) -> Bool {
    guard case .value(let value) = reply else { return false }
    let found = (value.elements ?? []).compactMap { KafkaEntry($0) }
    // Whoever writes blindly has to believe what he reads.
    if has(Bug.blindWrite) { logs[key]?.entries.removeLast(beyond: chunk * chunkSize) }
    logs[key, default: Log()].adopt(found, at: chunk * chunkSize)
    return found.count == chunkSize
  }

  /// Acknowledges the messages that are in the log now, and goes on with those that are not.
  ///
  /// - Parameter done: How many of the waiting messages the store just said to be appended.
  private mutating func settle(
    _ key: String, done: Int, _ context: inout Context<KafkaLog>
  ) {
    guard var log = logs.removeValue(forKey: key) else { return }
    log.isBusy = false
    var kept: [KafkaEntry] = []
    for (place, entry) in log.waiting.enumerated() {
      let isSettled = !has(Bug.impatient) || place < done
      if isSettled, let offset = log.offsets[entry.id] {
        context.reply(.sent(offset: offset), to: entry.id)
      } else {
        kept.append(entry)
      }
    }
    log.waiting = kept
    logs[key] = log
    append(to: key, &context)
  }
}

extension Array {
  /// Keeps the first `count` elements.
  fileprivate mutating func removeLast(beyond count: Int) {
    if self.count > count { removeSubrange(count...) }
  }
}
