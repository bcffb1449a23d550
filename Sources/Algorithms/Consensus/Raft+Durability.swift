import Nodes
import Values

/// What a node has on disk, and how it comes back from it.
///
/// One file holds the votes, the entries and the cuts of the log as records in the order in which
/// they happened; the last of each counts. All records of an event are written and synced together
/// before the event's first message, and the host's barrier holds that back until they are durable.
extension Raft {
  private enum Tag {
    static let vote: UInt8 = 0
    static let entry: UInt8 = 1
    static let truncation: UInt8 = 2
  }

  mutating func recordVote() {
    var buffer = ByteBuffer()
    buffer.put(Tag.vote)
    buffer.put(term)
    buffer.put(bugs[.volatileVote] ? nil : votedFor)
    unwritten += records.frame(buffer.bytes)
  }

  mutating func recordLastEntry() {
    var buffer = ByteBuffer()
    buffer.put(Tag.entry)
    buffer.put(log.lastIndex)
    log[log.lastIndex].encode(into: &buffer)
    unwritten += records.frame(buffer.bytes)
  }

  mutating func recordTruncation() {
    var buffer = ByteBuffer()
    buffer.put(Tag.truncation)
    buffer.put(log.lastIndex)
    unwritten += records.frame(buffer.bytes)
  }

  /// Hands the event's records to the disk; what is sent afterwards waits until they are durable.
  mutating func persist(_ context: inout Context<Raft>) {
    guard !unwritten.isEmpty else { return }
    write(&context)
    if bugs[.leaderUnsynced] && role == .leader || bugs[.ackBeforeSync] && role == .follower {
      return
    }
    context.sync(token: peers.isEmpty ? Token(log.lastIndex) : nil)
  }

  /// Hands the event's records to the disk.
  mutating func write(_ context: inout Context<Raft>) {
    context.append(unwritten, to: .log)
    unwritten = []
  }

  mutating func recover(_ bytes: [UInt8], _ context: inout Context<Raft>) {
    let recovery = RecordLog.recover(bytes)
    records = RecordLog(count: bugs[.tornTail] ? bytes.count : recovery.validCount)
    switch bugs[.tornTail] ? .none : recovery.damage {
    case .none: break
    case .tornTail:
      context.truncate(.log, to: recovery.validCount)
      context.sync()
      context.mark(Mark(.sometimes, "raft: a torn tail was cut"))
    case .corruption(let position):
      return halt("a bad record at byte \(position) before a good one", &context)
    }
    for (place, record) in recovery.records.enumerated() where !restore(record) {
      return halt("a record at byte \(recovery.positions[place]) that makes no sense", &context)
    }
    durableIndex = log.lastIndex
    resetElectionTimer(&context)
  }

  /// Does again what a record says was done.
  private mutating func restore(_ record: [UInt8]) -> Bool {
    var source = ByteSource(record)
    switch source.byte() {
    case Tag.vote:
      guard let term = source.integer(), let vote = source.optional(NodeID.self) else {
        return false
      }
      self.term = term
      votedFor = vote
    case Tag.entry:
      guard source.integer() == log.lastIndex + 1, let entry = RaftEntry(from: &source) else {
        return false
      }
      log.append(entry)
    case Tag.truncation:
      guard let lastIndex = source.integer() else { return false }
      log.truncate(to: lastIndex)
    default: return false
    }
    return source.remaining == 0
  }

  /// Stops for good: a node that may have forgotten a vote or an entry must not take part.
  private mutating func halt(_ reason: String, _ context: inout Context<Raft>) {
    isHalted = true
    context.log("log: \(reason); not serving")
  }

  /// A sync of a node that is alone in its cluster ended: its vote or its entries are durable.
  mutating func completed(
    _ token: Token, _ result: StorageResult, _ context: inout Context<Raft>
  ) {
    guard result != .failed else { return halt("a sync failed", &context) }
    if token.rawValue < 0 {
      if role == .candidate && term == -token.rawValue { becomeLeader(&context) }
    } else if token.rawValue > durableIndex {
      durableIndex = token.rawValue
      if role == .leader { advanceCommitIndex(&context) }
    }
  }
}
