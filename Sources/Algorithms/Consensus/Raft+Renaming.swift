public import Nodes
public import Values

// Nodes are told apart by their names only, as long as none crashes: what has no order of names, be
// it that of messages that leave together, is the same with others.

extension Raft: RenamableNode {
  public static func interchangeable(_ members: [NodeID]) -> [NodeID] { members }

  public func renamed(_ renaming: Renaming) -> Raft {
    var renamed = self
    renamed.id = renaming[id]
    renamed.peers = members.filter { $0 != renamed.id }
    renamed.votedFor = votedFor.map { renaming[$0] }
    renamed.leader = leader.map { renaming[$0] }
    renamed.votes = renaming.renamed(votes, false)
    renamed.progress = renaming.renamed(progress, Progress())
    renamed.proposals = proposals.mapValues { proposal in
      Proposal(number: proposal.number, origin: proposal.origin.map { renaming[$0] })
    }
    for place in reads.indices { renamed.reads[place].origin = renaming[reads[place].origin] }
    return renamed
  }

  public func knowledge(of other: NodeID) -> UInt64 {
    var hasher = StableHasher()
    hasher.put(id == other)
    hasher.put(votedFor == other)
    hasher.put(leader == other)
    if role == .candidate || role == .preCandidate { hasher.put(votes[other.index]) }
    guard role == .leader else { return hasher.value }
    let progress = progress[other.index]
    for number in [progress.next, progress.match, progress.inFlight, progress.round] {
      hasher.put(number)
    }
    hasher.put(progress.isProbing)
    hasher.put(progress.isActive)
    for (client, proposal) in proposals.sorted(by: { $0.key < $1.key })
    where proposal.origin == other { hasher.put(client) }
    for (place, read) in reads.enumerated() where read.origin == other { hasher.put(place) }
    return hasher.value
  }
}

extension ElectionSafety: RenamableInvariant {
  public func renamed(_ renaming: Renaming) -> ElectionSafety {
    var renamed = self
    for (term, leader) in leaders.enumerated() where leader >= 0 {
      renamed.leaders[term] = renaming[NodeID(Int(leader))].rawValue
    }
    return renamed
  }
}

extension LogMatching: RenamableInvariant {
  public func renamed(_ renaming: Renaming) -> LogMatching {
    var renamed = self
    for place in latest.indices { renamed.latest[place].node = renaming[latest[place].node] }
    for (place, list) in others.enumerated() {
      for (index, seen) in list.enumerated() {
        renamed.others[place][index].node = renaming[seen.node]
      }
    }
    renamed.looked = renaming.renamed(looked, [])
    return renamed
  }
}

extension LeaderCompleteness: RenamableInvariant {
  public func renamed(_ renaming: Renaming) -> LeaderCompleteness {
    var renamed = self
    renamed.looked = renaming.renamed(looked, 0)
    return renamed
  }
}

extension StateMachineSafety: RenamableInvariant {
  public func renamed(_ renaming: Renaming) -> StateMachineSafety {
    var renamed = self
    renamed.looked = renaming.renamed(looked, 0)
    return renamed
  }
}
