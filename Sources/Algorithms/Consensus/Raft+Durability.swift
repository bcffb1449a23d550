import Nodes
import Values

/// What a record of the log's file says.
enum RaftRecord: Hashable, Sendable {
  case term(Int, votedFor: NodeID?)
  /// An entry at an index; it takes the place of what stood there and after it.
  case entry(Int, RaftEntry)
}

// Persistent state: the term, the vote and the log, in one file of records.

extension Raft {
  /// Writes the term and the vote.
  mutating func recordTerm(_ context: inout Context<Raft>) {
    context.append(
      records.frame(RaftRecord.term(term, votedFor: votedFor).encoded), to: .log)
    context.sync()
  }

  /// Writes the entries from an index on; a sync must follow.
  mutating func recordEntries(from index: Int, _ context: inout Context<Raft>) {
    var bytes: [UInt8] = []
    for place in index...log.lastIndex {
      bytes += records.frame(RaftRecord.entry(place, log[place]).encoded)
    }
    context.append(bytes, to: .log)
  }

  /// Reads what the disk kept. A torn record at the end was never promised to anyone, and is cut.
  mutating func recover(_ files: SurvivingFiles, _ context: inout Context<Raft>) {
    let bytes = files[File.log]
    let recovery = RecordLog.recover(bytes)
    for payload in recovery.records {
      var source = ByteSource(payload)
      switch RaftRecord(from: &source) {
      case .term(let term, let votedFor)?:
        self.term = term
        self.votedFor = votedFor
      case .entry(let index, let entry)?:
        if index <= log.lastIndex { log.truncate(from: index) }
        log.append(entry)
      case nil: isDamaged = true
      }
    }
    if options.tornTail {
      records = RecordLog(count: bytes.count)
      return
    }
    records = RecordLog(count: recovery.validCount)
    switch recovery.damage {
    case .none: break
    case .tornTail:
      context.mark(.init(.sometimes, "torn-tail-cut"))
      context.truncate(.log, to: recovery.validCount)
      context.sync()
    case .corruption(let position):
      context.log("the log is damaged at byte \(position), before good records: not taking part")
      isDamaged = true
    }
  }

  /// Takes note that what a leader or candidate needs of its own disk is there.
  mutating func synced(_ token: Token, _ result: StorageResult, _ context: inout Context<Raft>) {
    guard result == .done else {
      context.log("a sync failed: not taking part any more")
      isDamaged = true
      return
    }
    guard token.term == term else { return }
    if let index = token.entry {
      guard role == .leader, index > durableIndex else { return }
      durableIndex = index
      advanceCommitIndex(&context)
    } else {
      count(id, &context)
    }
  }
}

extension Token {
  /// The sync of a candidate's own vote.
  init(vote term: Int) { self.init(term << 32 | 0xffff_ffff) }

  /// The sync of a leader's own entry.
  init(entry index: Int, term: Int) { self.init(term << 32 | index) }

  fileprivate var term: Int { rawValue >> 32 }
  fileprivate var entry: Int? {
    rawValue & 0xffff_ffff == 0xffff_ffff ? nil : rawValue & 0xffff_ffff
  }
}

extension RaftRecord: StablyCodable {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .term(let term, let votedFor):
      sink.put(UInt8(0))
      sink.put(term)
      sink.put(votedFor)
    case .entry(let index, let entry):
      sink.put(UInt8(1))
      sink.put(index)
      entry.encode(into: &sink)
    }
  }

  init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let term = source.integer(), let votedFor = source.optional(NodeID.self) else {
        return nil
      }
      self = .term(term, votedFor: votedFor)
    case 1:
      guard let index = source.integer(), let entry = RaftEntry(from: &source) else { return nil }
      self = .entry(index, entry)
    default: return nil
    }
  }
}
