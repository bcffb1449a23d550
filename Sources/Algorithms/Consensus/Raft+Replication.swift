import Nodes
import Values

// Log replication: figure 2, AppendEntries, and sections 5.3 and 5.4.2.

extension Raft {
  /// Adds an entry of this leader's term to its log and its disk.
  mutating func append(_ command: RaftCommand, _ context: inout Context<Raft>) {
    log.append(RaftEntry(term: term, command: command))
    recordEntries(from: log.lastIndex, &context)
    context.sync(token: Token(entry: log.lastIndex, term: term))
  }

  /// Sends every peer what it lacks.
  mutating func broadcast(_ context: inout Context<Raft>) {
    for peer in configuration.members where peer != id { replicate(to: peer, &context) }
  }

  mutating func replicate(to peer: NodeID, _ context: inout Context<Raft>) {
    let nextIndex = peers[peer.index].nextIndex
    let entries = log.suffix(from: nextIndex, limit: options.batch)
    // Taken as received; a peer that did not receive them rejects what follows.
    peers[peer.index].nextIndex += entries.count
    context.send(
      .appendEntries(
        term: term, previousIndex: nextIndex - 1, previousTerm: log.term(at: nextIndex - 1) ?? 0,
        entries: entries, commitIndex: commitIndex, round: leadership.round), to: peer)
  }

  mutating func heartbeat(_ context: inout Context<Raft>) {
    guard role == .leader else { return }
    leadership.silentHeartbeats += 1
    if leadership.silentHeartbeats > options.silentHeartbeatLimit, configuration.members.count > 1 {
      context.mark(.init(.sometimes, "lost-majority"))
      return stepDown(&context)
    }
    if leadership.confirmed == leadership.round { beginRound() }
    broadcast(&context)
    context.setTimer(.heartbeat, after: options.heartbeat)
  }

  /// Takes a leader's entries, or says from where it must go on.
  mutating func accept(
    _ entries: [RaftEntry], after previousIndex: Int, of previousTerm: Int, term: Int,
    commitIndex: Int, round: Int, from leader: NodeID, _ context: inout Context<Raft>
  ) {
    guard term == self.term else {
      context.send(.rejected(term: self.term, nextIndex: 1, round: 0), to: leader)
      return
    }
    if role == .candidate { stepDown(&context) }
    self.leader = leader
    setElectionTimer(&context)
    guard log.term(at: previousIndex) == previousTerm else {
      let nextIndex =
        previousIndex > log.lastIndex
        ? log.lastIndex + 1 : max(self.commitIndex + 1, log.firstIndexOfTerm(at: previousIndex))
      context.send(.rejected(term: term, nextIndex: nextIndex, round: round), to: leader)
      return
    }
    store(entries, after: previousIndex, &context)
    let matchIndex = previousIndex + entries.count
    if commitIndex > self.commitIndex { commit(min(commitIndex, matchIndex), &context) }
    context.send(.appended(term: term, matchIndex: matchIndex, round: round), to: leader)
  }

  /// Adds those of the entries that the log does not have; what conflicts with them goes.
  private mutating func store(
    _ entries: [RaftEntry], after previousIndex: Int, _ context: inout Context<Raft>
  ) {
    var index = previousIndex
    var firstNew: Int?
    for entry in entries {
      index += 1
      if let term = log.term(at: index) {
        if term == entry.term || options.noTruncate { continue }
        log.truncate(from: index)
      }
      log.append(entry)
      if firstNew == nil { firstNew = index }
    }
    guard let firstNew else { return }
    recordEntries(from: firstNew, &context)
    context.sync()
  }

  mutating func acknowledged(
    by peer: NodeID, matchIndex: Int, round: Int, _ context: inout Context<Raft>
  ) {
    if matchIndex > peers[peer.index].matchIndex {
      peers[peer.index].matchIndex = matchIndex
      peers[peer.index].nextIndex = max(peers[peer.index].nextIndex, matchIndex + 1)
      advanceCommitIndex(&context)
    }
    confirm(round, by: peer, &context)
    if role == .leader, peers[peer.index].nextIndex <= log.lastIndex {
      replicate(to: peer, &context)
    }
  }

  mutating func rejected(
    by peer: NodeID, nextIndex: Int, round: Int, _ context: inout Context<Raft>
  ) {
    confirm(round, by: peer, &context)
    // An answer that was overtaken must not take back what is known.
    guard role == .leader, nextIndex > peers[peer.index].matchIndex,
      nextIndex < peers[peer.index].nextIndex
    else { return }
    peers[peer.index].nextIndex = nextIndex
    replicate(to: peer, &context)
  }

  /// Commits the last entry that a majority of disks have, if it is of this term.
  mutating func advanceCommitIndex(_ context: inout Context<Raft>) {
    var holders = configuration.members.map {
      $0 == id ? durableIndex : peers[$0.index].matchIndex
    }
    holders.sort(by: >)
    let index = holders[configuration.majority - 1]
    guard index > commitIndex else { return }
    // Section 5.4.2: entries of earlier terms are committed only through one of this term.
    guard log.term(at: index) == term || options.commitOldTerm else { return }
    commit(index, &context)
    serveReads(&context)
  }

  /// Carries out the entries up to an index, and answers who waits for them.
  private mutating func commit(_ index: Int, _ context: inout Context<Raft>) {
    while commitIndex < index {
      commitIndex += 1
      guard case .request(let id, let request) = log[commitIndex].command else { continue }
      let reply = store.apply(request, id)
      guard let waiter = waiting.removeValue(forKey: commitIndex), let reply else { continue }
      answer(reply, id, waiter, &context)
    }
  }
}
