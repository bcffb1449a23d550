import Nodes
import Values

/// What clients ask, where they ask it, and how it is answered once.
extension Raft {
  /// What became of the last request of a client that reached this node.
  struct Admission: Hashable, Sendable {
    var number: Int
    var isRefused: Bool
  }

  /// A command in the leader's log that is not applied yet.
  struct Proposal: Hashable, Sendable {
    var number: Int
    /// The node that answers the client; nothing where an earlier leader took the request.
    var origin: NodeID?
  }

  /// A request that a client sent to this node.
  mutating func accept(_ request: Request, _ id: RequestID, _ context: inout Context<Raft>) {
    switch request {
    case .read(let key): acceptRead(key, id, &context)
    case .write, .compareAndSet: acceptChange(request, id, &context)
    default: context.reply(.notSupported, to: id)
    }
  }

  private mutating func acceptRead(
    _ key: Value, _ id: RequestID, _ context: inout Context<Raft>
  ) {
    if role == .leader {
      read(key, id, from: self.id, &context)
    } else if let leader {
      send(.forward(id, .read(key: key)), to: leader, &context)
    } else {
      context.reply(.noLeader, to: id)
    }
  }

  /// Hands a change to the leader, or refuses it.
  ///
  /// A refusal promises the client that the request will never take effect. So a request that was
  /// handed on once is not refused when a copy of it comes later, and one that was refused stays
  /// refused. What a node knows of this ends with its process: the network must not deliver a
  /// client's request to two incarnations of a node.
  private mutating func acceptChange(
    _ request: Request, _ id: RequestID, _ context: inout Context<Raft>
  ) {
    let known = admissions[id.client]
    if let known, known.number >= id.number {
      guard known.number == id.number else { return }
      if known.isRefused { return context.reply(.noLeader, to: id) }
    }
    let isFirst = known?.number != id.number
    let isRefused = role != .leader && leader == nil
    if isFirst { admissions[id.client] = Admission(number: id.number, isRefused: isRefused) }
    if role == .leader {
      propose(request, id, from: self.id, &context)
    } else if let leader {
      send(.forward(id, request), to: leader, &context)
    } else if isFirst {
      context.reply(.noLeader, to: id)
    }
  }

  /// A request that another node received.
  ///
  /// Where this node does not lead it can't refuse a change: an earlier copy of the message may have
  /// been taken in while it did.
  mutating func acceptForwarded(
    _ request: Request, _ id: RequestID, from origin: NodeID, _ context: inout Context<Raft>
  ) {
    if role != .leader && bugs[.forwardedRefused] {
      return answer(.noLeader, id, to: origin, &context)
    }
    if case .read(let key) = request {
      guard role == .leader else { return answer(.noLeader, id, to: origin, &context) }
      read(key, id, from: origin, &context)
    } else if role == .leader {
      propose(request, id, from: origin, &context)
    }
  }

  /// Appends a change to the log, unless it is there or was applied already.
  private mutating func propose(
    _ request: Request, _ id: RequestID, from origin: NodeID, _ context: inout Context<Raft>
  ) {
    switch bugs[.appliedTwice] ? .new : store.recognize(id) {
    case .answered(let reply):
      context.mark(Mark(.sometimes, "raft: a request came again"))
      let said = bugs[.retryRecomputed] ? store.outcome(of: request) : reply
      return answer(said, id, to: origin, &context)
    case .outdated: return
    case .new: break
    }
    if let proposal = proposals[id.client], proposal.number >= id.number, !bugs[.appliedTwice] {
      if proposal.number == id.number { proposals[id.client]?.origin = origin }
      return
    }
    // Beyond the limit the request is lost, as the network might have lost it.
    guard log.lastIndex - commitIndex < Raft.uncommittedLimit else { return }
    append(RaftEntry(term: term, command: RaftCommand(id, request)))
    proposals[id.client] = Proposal(number: id.number, origin: origin)
    if bugs[.earlyAck] { answer(store.outcome(of: request), id, to: origin, &context) }
    replicate(&context)
  }

  /// Notes what stands in the log of a new leader and is not applied: it must not be appended again.
  mutating func recallProposals() {
    proposals.removeAll(keepingCapacity: true)
    guard appliedIndex < log.lastIndex else { return }
    for index in appliedIndex + 1...log.lastIndex {
      guard let id = log[index].command.request else { continue }
      let number = max(id.number, proposals[id.client]?.number ?? id.number)
      proposals[id.client] = Proposal(number: number, origin: nil)
    }
  }

  /// Applies what is committed, and answers those who wait for it here.
  mutating func applyCommitted(_ context: inout Context<Raft>) {
    while appliedIndex < min(commitIndex, log.lastIndex) {
      appliedIndex += 1
      let command = log[appliedIndex].command
      guard let id = command.request else { continue }
      let reply = store.apply(command.operation, id, isOnce: !bugs[.appliedTwice])
      guard role == .leader, let proposal = proposals[id.client], proposal.number == id.number
      else { continue }
      proposals[id.client] = nil
      if let reply, let origin = proposal.origin { answer(reply, id, to: origin, &context) }
    }
    if role == .leader { serveReads(&context) }
  }

  mutating func answer(
    _ reply: Reply, _ id: RequestID, to origin: NodeID, _ context: inout Context<Raft>
  ) {
    if origin == self.id {
      persist(&context)
      context.reply(reply, to: id)
    } else {
      send(.answer(id, reply), to: origin, &context)
    }
  }

  /// Gives up what waits for this node as a leader.
  ///
  /// Reads are refused; changes may still come to be committed, so nothing can be said about them.
  mutating func abandonRequests(_ context: inout Context<Raft>) {
    if bugs[.abandonedRefused] {
      for (client, proposal) in proposals.sorted(by: { $0.key < $1.key }) {
        guard let origin = proposal.origin else { continue }
        let id = RequestID(client: client, number: proposal.number)
        answer(.noLeader, id, to: origin, &context)
      }
    }
    proposals.removeAll(keepingCapacity: true)
    let abandoned = reads
    reads.removeAll(keepingCapacity: true)
    for read in abandoned { answer(.noLeader, read.id, to: read.origin, &context) }
  }
}

extension Reply {
  static let noLeader = Reply.failed(ErrorReply(.temporarilyUnavailable, "no leader is known"))
}
