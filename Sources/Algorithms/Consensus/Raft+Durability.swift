import Nodes
import Values

/// What a node has on disk, and how it comes back from it.
///
/// A file holds the votes, the entries and the cuts of the log as records in the order in which they
/// happened; the last of each counts. All records of an event are written and synced together before
/// the event's first message, and the host's barrier holds that back until they are durable.
///
/// A checksum tells a bad record, but not whether it was ever promised: one at the end may be a write
/// that a crash interrupted, or a vote that the disk has since forgotten (Alagappan et al.,
/// *Protocol-aware recovery for consensus-based storage*, FAST 2018, section 3.3). So the same bytes are
/// written to a second file, and a record counts if it is good in either:
///
/// - What was synced was so in both files. As long as a fault damages one file of a node, all of it is
///   found, and the damaged file is made anew before anything else is sent.
/// - What is good in one file only because a crash came between is kept. It was promised to nobody, but
///   a node may always know more than it has said.
/// - What is bad in both was never synced, and is cut, if nothing good follows. If something does, a
///   disk has done writes in another order, or has lost what it promised to keep; the node can't know,
///   and is silent from then on, which a majority outlives.
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
    context.append(unwritten, to: .mirror)
    unwritten = []
  }

  /// - Parameter copies: The log's file and its mirror.
  mutating func recover(_ copies: [[UInt8]], _ context: inout Context<Raft>) {
    let areEqual = copies[0] == copies[1]
    let usesMirror = !areEqual && !bugs[.noMirror] && !bugs[.tornTail]
    let recovery =
      usesMirror ? RecordLog.recover(copies: copies) : RecordLog.recover(copies[0])
    records = RecordLog(count: bugs[.tornTail] ? copies[0].count : recovery.validCount)
    switch bugs[.tornTail] ? .none : recovery.damage {
    case .none: break
    case .tornTail: context.mark(Mark(.sometimes, "raft: a torn tail was cut"))
    case .corruption(let position):
      if bugs[.noMirror] { break }
      return halt("a bad record at byte \(position) before a good one", &context)
    }
    if (!areEqual || recovery.damage != .none) && !bugs[.tornTail] {
      mend(copies, by: recovery, &context)
    }
    for (place, record) in recovery.records.enumerated() where !restore(record) {
      return halt("a record at byte \(recovery.positions[place]) that makes no sense", &context)
    }
    durableIndex = log.lastIndex
    resetElectionTimer(&context)
  }

  /// Makes both files hold what was recovered, and no more.
  private func mend(
    _ copies: [[UInt8]], by recovery: RecordLog.Recovery, _ context: inout Context<Raft>
  ) {
    let bytes = recovery.bytes
    for (file, copy) in zip(File.allCases, copies) where copy != bytes {
      if copy.starts(with: bytes) {
        context.truncate(file, to: bytes.count)
        continue
      }
      context.replace(file, with: bytes)
      if copy.count >= bytes.count {
        context.mark(Mark(.sometimes, "raft: a damaged copy of the log was made anew"))
      }
    }
    context.sync()
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
