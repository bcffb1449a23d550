import Nodes
import Values

/// Who is to be answered: a client of this node, or one of the node that forwarded its request.
struct RaftWaiter: Hashable, Sendable {
  var id: RequestID
  var origin: NodeID
}

// Clients' requests: sections 8 of the paper and 6.3 of the thesis.

extension Raft {
  mutating func take(_ request: Request, _ id: RequestID, _ context: inout Context<Raft>) {
    if role == .leader {
      propose(request, RaftWaiter(id: id, origin: self.id), &context)
    } else if let leader {
      context.send(.forward(id, request), to: leader)
    } else {
      context.reply(
        .failed(ErrorReply(.temporarilyUnavailable, "no leader is known")), to: id)
    }
  }

  mutating func takeForwarded(
    _ request: Request, _ id: RequestID, from origin: NodeID, _ context: inout Context<Raft>
  ) {
    let waiter = RaftWaiter(id: id, origin: origin)
    guard role == .leader else {
      // Another copy of this message may have reached this node while it led: nothing is certain.
      return answer(.outcomeOpen, id, waiter, &context)
    }
    propose(request, waiter, &context)
  }

  private mutating func propose(
    _ request: Request, _ waiter: RaftWaiter, _ context: inout Context<Raft>
  ) {
    switch request {
    case .read(let key): read(key, waiter, &context)
    case .write, .compareAndSet: order(request, waiter, &context)
    default:
      answer(
        .failed(ErrorReply(.notSupported, "no such request here")), waiter.id, waiter, &context)
    }
  }

  /// Gives a request its place in the log, unless it has one.
  private mutating func order(
    _ request: Request, _ waiter: RaftWaiter, _ context: inout Context<Raft>
  ) {
    if let session = store.session(of: waiter.id.client), session.number >= waiter.id.number {
      if session.number == waiter.id.number {
        answer(session.reply, waiter.id, waiter, &context)
      }
      return
    }
    // A copy of a request that is on its way already.
    guard !waiting.values.contains(where: { $0.id == waiter.id }) else { return }
    append(.request(waiter.id, request), &context)
    waiting[log.lastIndex] = waiter
    if options.earlyAck { acknowledgeEarly(request, waiter, &context) }
    broadcast(&context)
  }

  private mutating func acknowledgeEarly(
    _ request: Request, _ waiter: RaftWaiter, _ context: inout Context<Raft>
  ) {
    guard case .write = request else { return }
    waiting[log.lastIndex] = nil
    answer(.written, waiter.id, waiter, &context)
  }

  mutating func answer(
    _ reply: Reply, _ id: RequestID, _ waiter: RaftWaiter, _ context: inout Context<Raft>
  ) {
    if waiter.origin == self.id {
      context.reply(reply, to: id)
    } else {
      context.send(.answer(id, reply), to: waiter.origin)
    }
  }

  /// Tells all who wait for this leader that it no longer leads.
  mutating func abandonWaiters(_ context: inout Context<Raft>) {
    for (_, waiter) in waiting.sorted(by: { $0.key < $1.key }) {
      answer(.outcomeOpen, waiter.id, waiter, &context)
    }
    waiting.removeAll()
    for read in reads { answer(.outcomeOpen, read.waiter.id, read.waiter, &context) }
    reads.removeAll()
  }
}

extension Reply {
  /// The request may take effect or not: who led is gone.
  fileprivate static let outcomeOpen = Reply.failed(
    ErrorReply(.crash, "the leader changed; the outcome is open"))
}
