import Nodes
import Values

/// How commits come to other nodes, and come back from the disk.
extension HighlyAvailableTransactions {
  mutating func shareWithAll(_ context: inout Context<Self>) {
    guard replicates else { return }
    for place in peers.indices { share(with: place, &context) }
  }

  /// Sends a peer the commits that it was not sent yet, as far as the window allows.
  private mutating func share(with place: Int, _ context: inout Context<Self>) {
    while peers[place].sent < commits.count,
      peers[place].sent - peers[place].acknowledged < Self.windowLimit
    {
      let first = peers[place].sent
      let end = min(commits.count, first + Self.shareLimit)
      peers[place].sent = end
      context.send(
        .share(first: first, commits: Array(commits[first..<end])), to: peers[place].id)
    }
    if peers[place].acknowledged < peers[place].sent && !isResendArmed {
      isResendArmed = true
      context.setTimer(.resend, after: resendDelay)
    }
  }

  /// Takes in another node's commits, those that come next only.
  mutating func receive(
    _ shared: [HATCommit], first: Int, from peer: NodeID, _ context: inout Context<Self>
  ) {
    guard received.indices.contains(peer.index), first >= 0 else { return }
    let known = received[peer.index]
    if first <= known, first + shared.count > known {
      let new = Array(shared[(known - first)...])
      apply(new, of: peer)
      log.append(.received(from: peer, new), to: .log, &context)
    }
    context.send(.acknowledge(count: received[peer.index]), to: peer)
  }

  private mutating func apply(_ new: [HATCommit], of node: NodeID) {
    for commit in new {
      clock = max(clock, commit.time)
      registers.apply(commit, of: node)
    }
    received[node.index] += new.count
  }

  /// Notes what a peer has stored; after a restart it may be more than this node remembers to have
  /// sent.
  mutating func acknowledge(_ count: Int, _ peer: NodeID, _ context: inout Context<Self>) {
    guard let place = peers.firstIndex(where: { $0.id == peer }),
      count > peers[place].acknowledged, count <= commits.count
    else { return }
    peers[place].acknowledged = count
    peers[place].sent = max(peers[place].sent, count)
    share(with: place, &context)
  }

  mutating func resendOverdue(_ context: inout Context<Self>) {
    isResendArmed = false
    for place in peers.indices {
      if peers[place].acknowledged < peers[place].sentBefore {
        peers[place].sent = peers[place].acknowledged
      }
      share(with: place, &context)
      peers[place].sentBefore = peers[place].sent
    }
  }

  mutating func recover(_ bytes: [UInt8], _ context: inout Context<Self>) {
    for record in log.recover(bytes, of: .log, &context) {
      switch record {
      case .own(let request, let commit):
        _ = clients.admit(request)
        clock = max(clock, commit.time)
        commits.append(commit)
        registers.apply(commit, of: id)
      case .received(let peer, let commits):
        guard received.indices.contains(peer.index) else { continue }
        apply(commits, of: peer)
      }
    }
    askWhatIsStored(&context)
  }

  /// Has each peer tell how many of this node's commits it has; those that it lacks follow when the
  /// resend timer fires.
  private mutating func askWhatIsStored(_ context: inout Context<Self>) {
    guard replicates, !commits.isEmpty, !peers.isEmpty else { return }
    for place in peers.indices {
      peers[place].sent = commits.count
      peers[place].sentBefore = commits.count
      context.send(.share(first: commits.count, commits: []), to: peers[place].id)
    }
    isResendArmed = true
    context.setTimer(.resend, after: resendDelay)
  }
}

extension HighlyAvailableTransactions.Record: StablyCodable {
  func encode(into sink: inout some ByteSink) {
    switch self {
    case .own(let id, let commit):
      sink.put(UInt8(0))
      id.encode(into: &sink)
      commit.encode(into: &sink)
    case .received(let peer, let commits):
      sink.put(UInt8(1))
      sink.put(peer)
      sink.put(commits)
    }
  }

  init?(from source: inout ByteSource) {
    switch source.byte() {
    case 0:
      guard let id = RequestID(from: &source), let commit = HATCommit(from: &source) else {
        return nil
      }
      self = .own(id, commit)
    case 1:
      guard let peer = source.node(), let commits = source.elements(HATCommit.self) else {
        return nil
      }
      self = .received(from: peer, commits)
    default: return nil
    }
  }
}
