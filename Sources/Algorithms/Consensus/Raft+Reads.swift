import Nodes
import Values

/// A read that waits for its leader to prove that it still leads.
struct RaftRead: Hashable, Sendable {
  var key: Value
  var waiter: RaftWaiter
  /// The state must be at least this new.
  var readIndex: Int
  /// The round that must be confirmed, begun after the read arrived; nothing while it has to wait
  /// for its turn.
  var round: Int?
}

// Linearizable reads without the log: thesis, section 6.4.

extension Raft {
  mutating func read(_ key: Value, _ waiter: RaftWaiter, _ context: inout Context<Raft>) {
    if options.staleReads { return answer(store.read(key), waiter.id, waiter, &context) }
    // Before its first own entry is committed, a leader does not know how far the state must be.
    reads.append(
      RaftRead(key: key, waiter: waiter, readIndex: max(commitIndex, termStart), round: nil))
    if leadership.confirmed == leadership.round {
      beginRound()
      broadcast(&context)
    }
    if configuration.members.count == 1 { confirm(leadership.round, by: id, &context) }
  }

  /// Begins a round for all reads that wait for one.
  mutating func beginRound() {
    leadership.round += 1
    for place in reads.indices where reads[place].round == nil {
      reads[place].round = leadership.round
    }
  }

  /// Notes that a peer acknowledged this leader in a round.
  mutating func confirm(_ round: Int, by peer: NodeID, _ context: inout Context<Raft>) {
    guard round > peers[peer.index].round || peer == id else { return }
    peers[peer.index].round = round
    guard leadership.confirmed < leadership.round else { return }
    let supporters = configuration.members.count {
      $0 == id || peers[$0.index].round == leadership.round
    }
    guard supporters >= configuration.majority else { return }
    leadership.confirmed = leadership.round
    leadership.silentHeartbeats = 0
    serveReads(&context)
    if reads.contains(where: { $0.round == nil }) {
      beginRound()
      broadcast(&context)
    }
  }

  /// Answers the reads whose round is confirmed and whose state has been reached.
  mutating func serveReads(_ context: inout Context<Raft>) {
    guard !reads.isEmpty else { return }
    var left: [RaftRead] = []
    for read in reads {
      if let round = read.round, round <= leadership.confirmed, read.readIndex <= commitIndex {
        answer(store.read(read.key), read.waiter.id, read.waiter, &context)
      } else {
        left.append(read)
      }
    }
    reads = left
  }
}
