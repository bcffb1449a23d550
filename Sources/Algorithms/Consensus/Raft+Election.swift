import Nodes
import Values

/// Who leads: section 5.2 of the paper, with pre-votes and the leader's quorum check.
extension Raft {
  mutating func resetElectionTimer(_ context: inout Context<Raft>) {
    context.setTimer(.election, within: settings.electionDelays)
  }

  mutating func electionTimerFired(_ context: inout Context<Raft>) {
    if role == .leader { return checkQuorum(&context) }
    // Where clocks stand still, as in explorations, nothing follows from them.
    let silence = context.now - heardAt
    context.mark(
      Mark(
        .always, "raft: who hears a leader doesn't campaign",
        holds: leader == nil || silence == 0 || silence >= settings.electionDelays.lowerBound))
    leader = nil
    if bugs[.voterNeverStands], let votedFor, votedFor != id {
      return resetElectionTimer(&context)
    }
    if settings.usesPreVote && !peers.isEmpty {
      askForPreVotes(&context)
    } else {
      campaign(&context)
    }
  }

  /// A leader that a majority no longer answers makes way: it could commit nothing, and whoever
  /// asks it would wait for ever.
  private mutating func checkQuorum(_ context: inout Context<Raft>) {
    resetElectionTimer(&context)
    var count = 1
    for peer in peers {
      if progress[peer.index].isActive { count += 1 }
      progress[peer.index].isActive = false
    }
    if count < majority { becomeFollower(in: term, &context) }
  }

  private mutating func askForPreVotes(_ context: inout Context<Raft>) {
    role = .preCandidate
    resetElectionTimer(&context)
    askForVotes(in: term + 1, isPreVote: true, &context)
  }

  private mutating func campaign(_ context: inout Context<Raft>) {
    if role == .candidate {
      context.mark(Mark(.sometimes, "raft: an election ended without a leader"))
    }
    role = .candidate
    term += 1
    votedFor = id
    recordVote()
    resetElectionTimer(&context)
    askForVotes(in: term, isPreVote: false, &context)
    // Others' votes prove that this node's own is durable, for it was asked for after. A node that
    // is alone has to wait for its disk.
    if peers.isEmpty {
      persist(&context)
      context.sync(token: Token(-term))
    }
  }

  private mutating func askForVotes(
    in term: Int, isPreVote: Bool, _ context: inout Context<Raft>
  ) {
    for index in votes.indices { votes[index] = false }
    votes[id.index] = true
    let request = RaftMessage.RequestVote(
      term: term, lastIndex: log.lastIndex, lastTerm: log.lastTerm, isPreVote: isPreVote)
    for peer in peers { send(.requestVote(request), to: peer, &context) }
  }

  mutating func consider(
    _ request: RaftMessage.RequestVote, from candidate: NodeID, _ context: inout Context<Raft>
  ) {
    let isUpToDate =
      bugs[.shorterLog]
      ? request.lastTerm >= log.lastTerm
      : bugs[.lengthOnly]
        ? request.lastIndex >= log.lastIndex
        : (request.lastTerm, request.lastIndex) >= (log.lastTerm, log.lastIndex)
    if request.isPreVote {
      // A node that hears a leader keeps it, whoever else can't hear it.
      let isGranted =
        !settings.judgesPreVotes || (request.term > term && isUpToDate && leader == nil)
      let vote = RaftMessage.Vote(
        term: isGranted ? request.term : term, isGranted: isGranted, isPreVote: true)
      return send(.vote(vote), to: candidate, &context)
    }
    if request.term > term { becomeFollower(in: request.term, &context) }
    if request.term == term && !isUpToDate {
      context.mark(Mark(.sometimes, "raft: a vote was refused for an older log"))
    }
    let isFree = votedFor == nil || votedFor == candidate || bugs[.doubleVote]
    let isGranted = request.term == term && isFree && isUpToDate
    if isGranted {
      votedFor = candidate
      recordVote()
      resetElectionTimer(&context)
    }
    let vote = RaftMessage.Vote(term: term, isGranted: isGranted, isPreVote: false)
    if bugs[.voteBeforeSync] {
      write(&context)
      return context.send(.vote(vote), to: candidate)
    }
    send(.vote(vote), to: candidate, &context)
  }

  mutating func count(
    _ vote: RaftMessage.Vote, from voter: NodeID, _ context: inout Context<Raft>
  ) {
    guard vote.isGranted else {
      if vote.term > term { becomeFollower(in: vote.term, &context) }
      return
    }
    let isCounted =
      vote.isPreVote
      ? role == .preCandidate && vote.term == term + 1
      : role == .candidate && (vote.term == term || bugs[.oldVotes])
    guard isCounted else { return }
    votes[voter.index] = true
    var count = 0
    for member in members where votes[member.index] { count += 1 }
    guard count >= majority else { return }
    if vote.isPreVote { campaign(&context) } else { becomeLeader(&context) }
  }

  mutating func becomeLeader(_ context: inout Context<Raft>) {
    role = .leader
    leader = id
    for index in progress.indices { progress[index] = Progress(next: log.lastIndex + 1) }
    round = 0
    confirmedRound = 0
    recallProposals()
    // Only an entry of its own term tells a leader which entries before it are committed, and only
    // then may it answer reads (sections 5.4.2 and 8).
    append(RaftEntry(term: term, command: .noOp))
    termStart = log.lastIndex
    resetElectionTimer(&context)
    context.setTimer(.heartbeat, after: settings.heartbeat)
    replicate(&context)
    context.mark(Mark(.sometimes, "raft: a leader was elected"))
  }

  /// Follows whoever leads `term`, which is not below this node's own.
  mutating func becomeFollower(in term: Int, _ context: inout Context<Raft>) {
    if term > self.term {
      self.term = term
      votedFor = nil
      leader = nil
      recordVote()
    }
    if bugs[.keepsLeading], role == .leader { return }
    if role == .leader {
      leader = nil
      context.cancelTimer(.heartbeat)
      abandonRequests(&context)
      if log.lastIndex > commitIndex {
        context.mark(Mark(.sometimes, "raft: a leader stepped down with uncommitted entries"))
      }
    }
    role = .follower
  }
}
