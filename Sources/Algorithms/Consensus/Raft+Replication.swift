import Nodes
import Values

/// How logs become equal: section 5.3 of the paper, and the commit rule of section 5.4.2.
extension Raft {
  // MARK: The leader's part

  /// Sends each follower the entries that it was not sent, as far as its window allows.
  mutating func replicate(_ context: inout Context<Raft>) {
    for peer in peers { replicate(to: peer, &context) }
    advanceCommitIndex(&context)
  }

  private mutating func replicate(to peer: NodeID, _ context: inout Context<Raft>) {
    while !progress[peer.index].isProbing && progress[peer.index].next <= log.lastIndex
      && progress[peer.index].inFlight < Raft.inFlightLimit
    {
      sendEntries(to: peer, &context)
    }
  }

  /// Sends a follower what comes next for it, be it nothing but a heartbeat.
  ///
  /// While the follower keeps pace, the entries count as received and the next ones may follow at
  /// once; where a message was lost, the next one's previous entry is missing and brings that out.
  mutating func sendEntries(to peer: NodeID, _ context: inout Context<Raft>) {
    let next = progress[peer.index].next
    let entries = log.entries(from: next, limit: settings.entriesLimit)
    if !progress[peer.index].isProbing {
      progress[peer.index].next += entries.count
      progress[peer.index].inFlight += 1
    }
    let append = RaftMessage.AppendEntries(
      term: term, previousIndex: next - 1, previousTerm: log.term(at: next - 1) ?? 0,
      commitIndex: commitIndex, round: round, entries: entries)
    send(.appendEntries(append), to: peer, &context)
  }

  mutating func heartbeat(_ context: inout Context<Raft>) {
    guard role == .leader else { return }
    context.setTimer(.heartbeat, after: settings.heartbeat)
    for peer in peers {
      progress[peer.index].inFlight = 0
      sendEntries(to: peer, &context)
    }
  }

  mutating func learn(
    _ appended: RaftMessage.Appended, from peer: NodeID, _ context: inout Context<Raft>
  ) {
    if appended.term > term { return becomeFollower(in: appended.term, &context) }
    guard role == .leader, appended.term == term else { return }
    progress[peer.index].isActive = true
    switch appended.outcome {
    case .matches(let matching):
      let index = bugs[.matchGuessed] ? progress[peer.index].next - 1 : matching
      progress[peer.index].inFlight = max(0, progress[peer.index].inFlight - 1)
      if index > progress[peer.index].match { progress[peer.index].match = index }
      if index >= progress[peer.index].next { progress[peer.index].next = index + 1 }
      progress[peer.index].isProbing = false
      advanceCommitIndex(&context)
      replicate(to: peer, &context)
    case .conflicts(let term, let hint):
      stepBack(peer, from: appended.previousIndex, term: term, hint: hint, &context)
    }
    if appended.round > progress[peer.index].round {
      progress[peer.index].round = appended.round
      confirmRounds(&context)
    }
  }

  /// Looks for the place where a follower's log parts from the leader's, a term at a time.
  private mutating func stepBack(
    _ peer: NodeID, from previousIndex: Int, term: Int, hint: Int, _ context: inout Context<Raft>
  ) {
    let isOutdated =
      previousIndex <= progress[peer.index].match
      || (progress[peer.index].isProbing && previousIndex != progress[peer.index].next - 1)
    guard !isOutdated else { return }
    // Where the leader has entries of the conflicting term too, the logs may be equal up to its
    // last; else all of the follower's entries of that term have to go.
    let last = term > 0 ? log.lastIndex(ofTermsUpTo: term, from: previousIndex) : 0
    let next = term > 0 && log.term(at: last) == term ? last + 1 : hint
    progress[peer.index].next = max(progress[peer.index].match + 1, min(next, previousIndex))
    progress[peer.index].isProbing = true
    progress[peer.index].inFlight = 0
    sendEntries(to: peer, &context)
  }

  /// Commits what a majority has durably.
  ///
  /// The leader counts its own copy up to the end of its log: entries leave only after their sync,
  /// so whatever a follower acknowledges is durable here as well. Only a node that is alone has to
  /// ask how far its disk is.
  mutating func advanceCommitIndex(_ context: inout Context<Raft>) {
    let own = peers.isEmpty ? durableIndex : log.lastIndex
    let index = bugs[.commitAlone] ? own : reachedByMajority(own: own) { $0.match }
    guard index > commitIndex, log.term(at: index) == term || bugs[.commitOldTerm] else { return }
    commitIndex = index
    applyCommitted(&context)
  }

  // MARK: The follower's part

  mutating func follow(
    _ append: RaftMessage.AppendEntries, from leader: NodeID, _ context: inout Context<Raft>
  ) {
    guard append.term >= term || bugs[.oldLeader] else {
      return answer(append, .conflicts(term: 0, hint: log.lastIndex + 1), to: leader, &context)
    }
    if append.term > term || role != .follower { becomeFollower(in: append.term, &context) }
    self.leader = leader
    heardAt = context.now
    if !bugs[.timerNotReset] { resetElectionTimer(&context) }
    if bugs[.commitUnchecked], min(append.commitIndex, log.lastIndex) > commitIndex {
      commitIndex = min(append.commitIndex, log.lastIndex)
      applyCommitted(&context)
    }
    guard let previousTerm = log.term(at: append.previousIndex) else {
      return answer(append, .conflicts(term: 0, hint: log.lastIndex + 1), to: leader, &context)
    }
    guard previousTerm == append.previousTerm || bugs[.previousTermUnchecked] else {
      let hint = log.firstIndex(ofTermAt: append.previousIndex)
      return answer(append, .conflicts(term: previousTerm, hint: hint), to: leader, &context)
    }
    take(append.entries, after: append.previousIndex, &context)
    let match = append.previousIndex + append.entries.count
    answer(append, .matches(upTo: match), to: leader, &context)
    if min(append.commitIndex, match) > commitIndex {
      commitIndex = min(append.commitIndex, match)
      applyCommitted(&context)
    }
  }

  private mutating func answer(
    _ append: RaftMessage.AppendEntries, _ outcome: RaftMessage.Outcome, to leader: NodeID,
    _ context: inout Context<Raft>
  ) {
    let appended = RaftMessage.Appended(
      term: term, round: append.round, previousIndex: append.previousIndex, outcome: outcome)
    send(.appended(appended), to: leader, &context)
  }

  /// Takes the leader's entries into the log; those that are there already stay, for the message
  /// may be an old one.
  private mutating func take(
    _ entries: [RaftEntry], after previousIndex: Int, _ context: inout Context<Raft>
  ) {
    if bugs[.truncateAlways] && log.lastIndex > previousIndex {
      truncate(to: previousIndex, &context)
    }
    var index = previousIndex
    for entry in entries {
      index += 1
      if let term = log.term(at: index) {
        if term == entry.term || bugs[.noTruncate] { continue }
        truncate(to: index - 1, &context)
      }
      append(entry)
    }
  }

  private mutating func truncate(to lastIndex: Int, _ context: inout Context<Raft>) {
    context.mark(
      Mark(.always, "raft: only uncommitted entries are removed", holds: lastIndex >= commitIndex))
    context.mark(Mark(.sometimes, "raft: conflicting entries were removed"))
    log.truncate(to: lastIndex)
    recordTruncation()
  }

  mutating func append(_ entry: RaftEntry) {
    log.append(entry)
    recordLastEntry()
  }
}
