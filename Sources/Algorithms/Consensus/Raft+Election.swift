import Nodes
import Values

// Leader election: figure 2, RequestVote, and section 5.2.

extension Raft {
  mutating func startElection(_ context: inout Context<Raft>) {
    guard role != .leader else { return }
    term += 1
    role = .candidate
    leader = nil
    votedFor = id
    for place in votes.indices { votes[place] = false }
    recordTerm(&context)
    // Its own vote counts once the disk has it.
    context.sync(token: Token(vote: term))
    setElectionTimer(&context)
    for peer in configuration.peers {
      context.send(
        .requestVote(term: term, lastIndex: log.lastIndex, lastTerm: log.lastTerm), to: peer)
    }
  }

  mutating func considerVote(
    for candidate: NodeID, term: Int, lastIndex: Int, lastTerm: Int,
    _ context: inout Context<Raft>
  ) {
    let isFree = votedFor == nil || votedFor == candidate
    // Section 5.4.1: only a log that is at least as up to date can hold all committed entries.
    let isUpToDate = (lastTerm, lastIndex) >= (log.lastTerm, log.lastIndex)
    guard term == self.term, isFree, isUpToDate else {
      context.send(.vote(term: self.term, isGranted: false), to: candidate)
      return
    }
    if votedFor == nil {
      votedFor = candidate
      if !options.volatileVote { recordTerm(&context) }
    }
    setElectionTimer(&context)
    context.send(.vote(term: term, isGranted: true), to: candidate)
  }

  /// Counts a vote of this node's term.
  mutating func count(_ voter: NodeID, _ context: inout Context<Raft>) {
    guard role == .candidate else { return }
    votes[voter.index] = true
    guard votes.count(where: { $0 }) >= configuration.majority else { return }
    role = .leader
    leader = id
    context.mark(.init(.sometimes, "became-leader"))
    context.cancelTimer(.election)
    durableIndex = 0
    leadership = RaftLeadership()
    for peer in peers.indices { peers[peer] = RaftPeer(nextIndex: log.lastIndex + 1) }
    // Section 8: a leader knows what is committed only once it has committed an entry of its own.
    termStart = log.lastIndex + 1
    append(.nothing, &context)
    broadcast(&context)
    context.setTimer(.heartbeat, after: options.heartbeat)
  }
}
