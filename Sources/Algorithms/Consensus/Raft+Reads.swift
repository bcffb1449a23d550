import Nodes
import Values

/// Linearizable reads without a log entry, by read index (Ongaro's thesis, section 6.4).
///
/// A read is answered from a state that contains everything committed before it arrived, by a leader
/// of whom a majority confirmed, after the read arrived, that it still led. The checks are numbered
/// rounds that ride on append messages; a read that arrives while a round runs waits for the next,
/// so however many come, one round at a time is on its way.
extension Raft {
  struct WaitingRead: Hashable, Sendable {
    var id: RequestID
    var key: Value
    var origin: NodeID
    /// The first round that began after the read arrived.
    var round: Int
    /// The read sees at least the entries up to here.
    var index: Int
  }

  /// A read at the leader.
  mutating func read(
    _ key: Value, _ id: RequestID, from origin: NodeID, _ context: inout Context<Raft>
  ) {
    if bugs[.staleReads] { return answer(store.read(key), id, to: origin, &context) }
    guard reads.count < Raft.waitingReadsLimit else {
      return answer(.noLeader, id, to: origin, &context)
    }
    // What earlier leaders committed is known to be so once the term's own first entry is.
    let index = bugs[.readBeforeOwnTerm] ? commitIndex : max(commitIndex, termStart)
    let needed = bugs[.confirmedOnce] ? max(confirmedRound, 1) : round + 1
    reads.append(WaitingRead(id: id, key: key, origin: origin, round: needed, index: index))
    if bugs[.confirmedOnce] { serveReads(&context) }
    if confirmedRound == round { beginRound(&context) }
  }

  private mutating func beginRound(_ context: inout Context<Raft>) {
    round += 1
    for peer in peers { sendEntries(to: peer, &context) }
    confirmRounds(&context)
  }

  /// Counts how far a majority has confirmed this node's lead.
  mutating func confirmRounds(_ context: inout Context<Raft>) {
    let confirmed = reachedByMajority(own: round) { $0.round }
    guard confirmed > confirmedRound else { return }
    confirmedRound = confirmed
    serveReads(&context)
    if confirmedRound == round, let last = reads.last, last.round > round { beginRound(&context) }
  }

  /// Answers the reads whose round is confirmed and whose entries are applied.
  mutating func serveReads(_ context: inout Context<Raft>) {
    var count = 0
    while count < reads.count, reads[count].round <= confirmedRound,
      reads[count].index <= appliedIndex
    {
      let read = reads[count]
      answer(store.read(read.key), read.id, to: read.origin, &context)
      count += 1
    }
    if count > 0 { reads.removeFirst(count) }
  }
}
