import Nodes
public import Values

extension Raft {
  public func encode(into sink: inout some ByteSink) {
    encodeConfiguration(into: &sink)
    sink.put(term)
    sink.put(votedFor)
    log.encode(into: &sink)
    sink.put(records.count)
    sink.put(isHalted)
    sink.put(role.rawValue)
    sink.put(leader)
    sink.put(Int(heardAt))
    sink.put(commitIndex)
    sink.put(appliedIndex)
    store.encode(into: &sink)
    for (client, admission) in admissions.sorted(by: { $0.key < $1.key }) {
      sink.put(client)
      sink.put(admission.number)
      sink.put(admission.isRefused)
    }
    if peers.isEmpty { sink.put(durableIndex) }
    if role == .preCandidate || role == .candidate { for vote in votes { sink.put(vote) } }
    if role == .leader { encodeLeadership(into: &sink) }
  }

  private func encodeConfiguration(into sink: inout some ByteSink) {
    sink.put(id)
    sink.put(members)
    sink.put(Int(settings.electionDelays.lowerBound))
    sink.put(Int(settings.electionDelays.upperBound))
    sink.put(Int(settings.heartbeat))
    sink.put(settings.entriesLimit)
    sink.put(settings.usesPreVote)
    sink.put(settings.judgesPreVotes)
    sink.put(bugs.bits)
  }

  private func encodeLeadership(into sink: inout some ByteSink) {
    for peer in peers {
      let progress = progress[peer.index]
      sink.put(progress.next)
      sink.put(progress.match)
      sink.put(progress.inFlight)
      sink.put(progress.round)
      sink.put(progress.isProbing)
      sink.put(progress.isActive)
    }
    sink.put(termStart)
    for (client, proposal) in proposals.sorted(by: { $0.key < $1.key }) {
      sink.put(client)
      sink.put(proposal.number)
      sink.put(proposal.origin)
    }
    sink.put(reads.count)
    for read in reads {
      read.id.encode(into: &sink)
      read.key.encode(into: &sink)
      sink.put(read.origin)
      sink.put(read.round)
      sink.put(read.index)
    }
    sink.put(round)
    sink.put(confirmedRound)
  }
}
