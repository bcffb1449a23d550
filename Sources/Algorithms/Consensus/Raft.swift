public import Nodes
import Values

/// A replicated key-value store by consensus on a log: Raft.
///
/// Ongaro and Ousterhout, *In Search of an Understandable Consensus Algorithm* (USENIX ATC 2014),
/// figure 2; reads by read index and sessions after Ongaro's thesis (2014), sections 6.3 and 6.4.
/// Deviations: a leader counts itself among an entry's holders only once its own disk has the entry,
/// a candidate its own vote likewise; a follower that lacks the previous entry says where to go on;
/// a leader that has not heard of a majority for a while steps down within its term.
///
/// Membership is fixed (`configuration.members`), and the log is never compacted (``RaftLog/base``).
public struct Raft: Node {
  public typealias Message = RaftMessage

  public enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case election
    case heartbeat
  }

  public enum File: String, Hashable, Sendable, CaseIterable {
    case log
  }

  public enum Role: UInt8, Hashable, Sendable {
    case follower
    case candidate
    case leader
  }

  let configuration: Configuration
  let options: RaftOptions

  // What the disk has, or will have before anything leaves that depends on it.
  public internal(set) var term = 0
  var votedFor: NodeID?
  public internal(set) var log = RaftLog()
  var records = RecordLog()
  /// The log's file was damaged in its middle: this node must not vote or accept entries again.
  var isDamaged = false

  public internal(set) var role = Role.follower
  /// Whom this node takes for the leader of its term.
  var leader: NodeID?
  /// Those who voted for this candidate, by node.
  var votes: [Bool]
  public internal(set) var commitIndex = 0
  var store = KeyValueStore()

  // A leader's.
  var peers: [RaftPeer]
  /// The last entry that this leader knows to be on its own disk.
  var durableIndex = 0
  /// The index of this leader's first entry, by which it commits what it inherited.
  var termStart = 0
  var leadership = RaftLeadership()
  /// Who waits for which entry, and for which request.
  var waiting: [Int: RaftWaiter] = [:]
  var reads: [RaftRead] = []

  public init(_ configuration: Configuration) {
    self.configuration = configuration
    options = RaftOptions(configuration)
    let count = (configuration.members.map(\.index).max() ?? 0) + 1
    votes = Array(repeating: false, count: count)
    peers = Array(repeating: RaftPeer(), count: count)
  }

  var id: NodeID { configuration.id }
  public var isPrimary: Bool { role == .leader }

  public mutating func handle(_ event: Event<Raft>, _ context: inout Context<Raft>) {
    guard !isDamaged else { return }
    switch event {
    case .start(let files):
      recover(files, &context)
      setElectionTimer(&context)
    case .message(let sender, let message): receive(message, from: sender, &context)
    case .request(let id, let request): take(request, id, &context)
    case .timer(.election): startElection(&context)
    case .timer(.heartbeat): heartbeat(&context)
    case .completed(let token, let result): synced(token, result, &context)
    case .answered: break
    }
  }

  private mutating func receive(
    _ message: RaftMessage, from sender: NodeID, _ context: inout Context<Raft>
  ) {
    switch message {
    case .requestVote(let term, let lastIndex, let lastTerm):
      observe(term, &context)
      considerVote(for: sender, term: term, lastIndex: lastIndex, lastTerm: lastTerm, &context)
    case .vote(let term, let isGranted):
      observe(term, &context)
      if isGranted && term == self.term { count(sender, &context) }
    case .appendEntries(
      let term, let previousIndex, let previousTerm, let entries, let commitIndex, let round):
      observe(term, &context)
      accept(
        entries, after: previousIndex, of: previousTerm, term: term, commitIndex: commitIndex,
        round: round, from: sender, &context)
    case .appended(let term, let matchIndex, let round):
      observe(term, &context)
      if role == .leader && term == self.term {
        acknowledged(by: sender, matchIndex: matchIndex, round: round, &context)
      }
    case .rejected(let term, let nextIndex, let round):
      observe(term, &context)
      if role == .leader && term == self.term {
        rejected(by: sender, nextIndex: nextIndex, round: round, &context)
      }
    case .forward(let id, let request): takeForwarded(request, id, from: sender, &context)
    case .answer(let id, let reply): context.reply(reply, to: id)
    }
  }

  /// Follows a term that is ahead of this node's: whatever it was, it is a follower now.
  private mutating func observe(_ term: Int, _ context: inout Context<Raft>) {
    guard term > self.term else { return }
    self.term = term
    votedFor = nil
    leader = nil
    recordTerm(&context)
    if role != .follower { stepDown(&context) }
  }

  /// Gives up leadership or candidacy; who waits learns that the outcome is open.
  mutating func stepDown(_ context: inout Context<Raft>) {
    let wasLeader = role == .leader
    role = .follower
    setElectionTimer(&context)
    guard wasLeader else { return }
    if log.lastIndex > commitIndex { context.mark(.init(.sometimes, "deposed-uncommitted")) }
    context.cancelTimer(.heartbeat)
    abandonWaiters(&context)
  }

  func setElectionTimer(_ context: inout Context<Raft>) {
    let timeout = options.electionTimeout
    context.setTimer(.election, within: timeout...2 * timeout)
  }
}

/// What a leader knows of one of its peers.
struct RaftPeer: Hashable, Sendable {
  /// The next entry to send.
  var nextIndex = 1
  /// The last entry that is known to be on the peer's disk.
  var matchIndex = 0
  /// The last round that the peer acknowledged.
  var round = 0
}

/// A leader's proof that it still leads: rounds of messages that a majority answers.
struct RaftLeadership: Hashable, Sendable {
  /// The round that was begun last.
  var round = 0
  /// The last round that a majority acknowledged.
  var confirmed = 0
  /// Heartbeats since a round was confirmed.
  var silentHeartbeats = 0
}
