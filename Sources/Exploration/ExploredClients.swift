public import Nodes
public import Values

/// How far the clients are in their script, and what they have observed.
///
/// Of the order of events only what a checker of linearizability can tell is kept: which calls were
/// over when another began. So histories that differ in the order of two beginnings, or of two ends,
/// are one.
@usableFromInline
struct ExploredClients: Hashable, Sendable {
  @usableFromInline
  enum Event: Hashable, Sendable {
    case begins(client: Int, at: NodeID)
    case isAnswered(RequestID, Reply)
    /// The process that was asked is gone.
    case crashes(NodeID)
  }

  @usableFromInline
  struct Call: Hashable, Sendable {
    @usableFromInline var before: [Int]
    /// Which node was asked, as long as it matters, where the script leaves that open.
    @usableFromInline var node: NodeID?
    @usableFromInline var outcome: ObservedCall.Outcome

    @inlinable
    init(before: [Int], node: NodeID?) {
      self.before = before
      self.node = node
      outcome = .pending
    }
  }

  /// By client.
  @usableFromInline var calls: [[Call]]

  @inlinable
  init(count: Int) { calls = Array(repeating: [], count: count) }

  /// Whether a client waits for an answer.
  @inlinable
  func isWaiting(_ client: Int) -> Bool { calls[client].last?.outcome == .pending }

  /// - Parameters:
  ///   - observes: Whether anyone will judge what was answered, and when.
  ///   - mayLose: Whether nodes crash, so that it matters which one was asked.
  @inlinable
  func after(
    _ event: Event, _ script: [[ScriptedRequest]], observes: Bool, mayLose: Bool
  ) -> ExploredClients {
    var clients = self
    switch event {
    case .begins(let client, let node):
      let over = calls.map { list in
        // A call that was lost may take effect at any later time: it is never over.
        list.count { if case .answered = $0.outcome { true } else { false } }
      }
      let isOpen = script[client][calls[client].count].node == nil
      clients.calls[client].append(
        Call(before: observes ? over : [], node: isOpen && mayLose ? node : nil))
    case .isAnswered(let id, let reply):
      guard calls.indices.contains(id.client), calls[id.client].count == id.number + 1,
        isWaiting(id.client)
      else { return self }
      clients.calls[id.client][id.number].node = nil
      clients.calls[id.client][id.number].outcome =
        .answered(observes ? reply : .custom(.null))
    case .crashes(let node):
      for client in calls.indices where isWaiting(client) {
        let number = calls[client].count - 1
        let asked = calls[client][number].node ?? script[client][number].node
        guard asked == node else { continue }
        clients.calls[client][number].node = nil
        clients.calls[client][number].outcome = observes ? .lost : .answered(.custom(.null))
      }
    }
    return clients
  }

  /// What a judge is shown.
  @inlinable
  func observed(_ script: [[ScriptedRequest]]) -> [ObservedCall] {
    calls.indices.flatMap { client in
      calls[client].indices.map { number in
        let call = calls[client][number]
        return ObservedCall(
          client: client, request: script[client][number].request, before: call.before,
          outcome: call.outcome)
      }
    }
  }
}

extension ExploredClients: StablyEncodable {
  @inlinable
  func encode(into sink: inout some ByteSink) {
    for list in calls {
      sink.put(list.count)
      for call in list {
        for count in call.before { sink.put(count) }
        sink.put(call.node)
        switch call.outcome {
        case .pending: sink.put(UInt8(0))
        case .lost: sink.put(UInt8(1))
        case .answered(let reply):
          sink.put(UInt8(2))
          reply.encode(into: &sink)
        }
      }
    }
  }
}
