import Nodes
import Values

/// Counts what clients add to each node, and acknowledges an addition when a majority has stored it.
///
/// A node that starts does not believe its disk: until all others have told it what they know, it is
/// not whole, and serves nobody. With the bug `trust` it believes what it finds.
struct Replica: Node {
  enum File: String, CaseIterable { case log }
  enum Timer: UInt8, CaseIterable { case ask }

  struct Message: NodeMessage {
    enum Kind: UInt8 { case store, stored, ask, tell }

    var what: Kind
    /// The sender's own count, or the one that it has stored.
    var count = 0
    /// What the sender knows of the receiver's count.
    var known = 0

    var kind: String { "\(what)" }

    init(_ what: Kind, count: Int = 0, known: Int = 0) {
      self.what = what
      self.count = count
      self.known = known
    }

    init?(from source: inout ByteSource) {
      guard let what = source.byte().flatMap(Kind.init), let count = source.integer(),
        let known = source.integer()
      else { return nil }
      self.init(what, count: count, known: known)
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(what.rawValue)
      sink.put(count)
      sink.put(known)
    }
  }

  let configuration: Configuration
  var log = RecordLog()
  /// By node: what was added there, as far as this one knows.
  var counts: [Int]
  var damage = RecordLog.Damage.none
  /// By node: whether it has told this one what it knows.
  var hasTold: [Bool]
  var isWhole = false
  /// By node: up to which of this node's counts it has stored.
  var stored: [Int]
  /// Requests that wait for a majority, with the count that each made.
  var waiting: [(id: RequestID, count: Int)] = []

  init(_ configuration: Configuration) {
    self.configuration = configuration
    counts = Array(repeating: 0, count: configuration.members.count)
    stored = counts
    hasTold = counts.map { _ in false }
  }

  var me: Int { configuration.id.index }

  mutating func handle(_ event: Event<Replica>, _ context: inout Context<Replica>) {
    switch event {
    case .start(let files): start(files[File.log], &context)
    case .message(let peer, let message): take(message, from: peer, &context)
    case .request(let id, .addDelta(let delta)):
      guard isWhole else { return }
      note(counts[me] + delta, of: me, &context)
      waiting.append((id, counts[me]))
      for peer in configuration.peers { context.send(Message(.store, count: counts[me]), to: peer) }
    case .timer:
      guard !isWhole else { return }
      for peer in configuration.peers where !hasTold[peer.index] {
        context.send(Message(.ask), to: peer)
      }
      context.setTimer(.ask, after: .milliseconds(5))
    case .completed: isWhole = true
    case .request, .answered: break
    }
  }

  private mutating func start(_ bytes: [UInt8], _ context: inout Context<Replica>) {
    let recovery = RecordLog.recover(bytes)
    damage = recovery.damage
    for record in recovery.records {
      var source = ByteSource(record)
      guard let node = source.integer(), let count = source.integer() else { continue }
      counts[node] = max(counts[node], count)
    }
    log = RecordLog(count: recovery.validCount)
    if recovery.validCount < bytes.count { context.truncate(.log, to: recovery.validCount) }
    isWhole = configuration.bugs.contains("trust")
    context.setTimer(.ask, after: 0)
  }

  private mutating func take(
    _ message: Message, from peer: NodeID, _ context: inout Context<Replica>
  ) {
    switch message.what {
    case .store:
      note(message.count, of: peer.index, &context)
      context.send(Message(.stored, count: message.count), to: peer)
    case .stored:
      stored[peer.index] = max(stored[peer.index], message.count)
      while let first = waiting.first, isSafe(first.count) {
        context.reply(.added, to: first.id)
        waiting.removeFirst()
      }
    case .ask:
      context.send(Message(.tell, count: counts[me], known: counts[peer.index]), to: peer)
    case .tell:
      guard !isWhole, !hasTold[peer.index] else { return }
      hasTold[peer.index] = true
      note(message.count, of: peer.index, &context)
      note(message.known, of: me, &context)
      if configuration.peers.allSatisfy({ hasTold[$0.index] }) { context.sync(token: Token(0)) }
    }
  }

  private func isSafe(_ count: Int) -> Bool {
    configuration.peers.count { stored[$0.index] >= count } + 1 >= configuration.majority
  }

  private mutating func note(_ count: Int, of node: Int, _ context: inout Context<Replica>) {
    guard count > counts[node] else { return }
    counts[node] = count
    context.append(log.frame(node.encoded + count.encoded), to: .log)
    context.sync()
  }

  func encode(into sink: inout some ByteSink) {
    for count in counts { sink.put(count) }
    sink.put(log.count)
    sink.put(isWhole)
  }
}
