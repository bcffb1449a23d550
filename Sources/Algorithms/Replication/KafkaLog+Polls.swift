import Nodes
import Values

extension KafkaLog {
  /// A poll that waits for the store.
  struct Poll: Hashable, Sendable {
    var offsets: [String: Int]
    /// How many keys of it are still being read.
    var missing = 0

    func encode(into sink: inout some ByteSink) {
      sink.put(offsets: offsets)
      sink.put(missing)
    }
  }

  mutating func poll(
    _ id: RequestID, _ offsets: [String: Int], _ context: inout Context<KafkaLog>
  ) {
    guard polls[id] == nil else { return }
    polls[id] = Poll(offsets: offsets)
    for (key, offset) in offsets.sorted(by: { $0.key < $1.key })
    where offset >= logs[key]?.entries.count ?? 0 || has(Bug.blindWrite) {
      polls[id]?.missing += 1
      read(key, for: id, &context)
    }
    answerIfComplete(id, &context)
  }

  /// Reads the chunk that holds what comes after the known part of a log.
  mutating func read(_ key: String, for id: RequestID, _ context: inout Context<KafkaLog>) {
    let chunk = (logs[key]?.entries.count ?? 0) / chunkSize
    call(.read(key: key.chunkName(chunk)), for: .poll(id, key: key, chunk: chunk), &context)
  }

  mutating func polled(
    _ id: RequestID, _ key: String, _ chunk: Int, _ reply: Reply,
    _ context: inout Context<KafkaLog>
  ) {
    let isFull = adopt(reply, key, chunk)
    guard let poll = polls[id] else { return }
    if isFull, poll.offsets[key] ?? 0 >= logs[key]?.entries.count ?? 0 {
      return read(key, for: id, &context)
    }
    polls[id]?.missing -= 1
    answerIfComplete(id, &context)
  }

  private mutating func answerIfComplete(_ id: RequestID, _ context: inout Context<KafkaLog>) {
    guard let poll = polls[id], poll.missing == 0 else { return }
    polls[id] = nil
    var messages: [String: [Value]] = [:]
    for (key, offset) in poll.offsets.sorted(by: { $0.key < $1.key }) {
      let found = answer(key, from: max(0, offset), &context)
      if !found.isEmpty { messages[key] = found }
    }
    context.reply(.polled(messages), to: id)
  }

  private func answer(
    _ key: String, from offset: Int, _ context: inout Context<KafkaLog>
  ) -> [Value] {
    guard let entries = logs[key]?.entries else { return [] }
    if has(Bug.hiddenTail) {
      return entries.dropLast().map { $0 }.pairs(from: offset, limit: KafkaLog.pollLimit)
    }
    var pairs = entries.pairs(from: offset, limit: KafkaLog.pollLimit)
    if has(Bug.pollSkips), pairs.count > 1, context.choose(below: 4, site: "skip") == 0 {
      pairs.removeFirst()
    }
    if has(Bug.pollRepeats), offset > 0, context.choose(below: 4, site: "repeat") == 0 {
      pairs = entries.pairs(from: offset - 1, limit: KafkaLog.pollLimit)
    }
    if has(Bug.pollGaps), pairs.count > 2, context.choose(below: 4, site: "gap") == 0 {
      pairs.remove(at: 1)
    }
    if has(Bug.pollReverses), context.choose(below: 4, site: "reverse") == 0 { pairs.reverse() }
    return pairs
  }
}
