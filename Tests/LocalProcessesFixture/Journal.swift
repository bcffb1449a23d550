import Nodes
import Values

/// Keeps what is broadcast in a file, tells its peers, and answers only once it is durable.
struct Journal: Node {
  struct Message: NodeMessage {
    var values: [Value]
    var kind: String { "gossip" }

    func encode(into sink: inout some ByteSink) { sink.put(values) }

    init(_ values: [Value]) { self.values = values }

    init?(from source: inout ByteSource) {
      guard let values = source.elements(Value.self) else { return nil }
      self.values = values
    }
  }

  enum Timer: UInt8, Hashable, Sendable, CaseIterable { case gossip }
  enum File: String, Hashable, Sendable, CaseIterable { case journal }

  private static let gossipInterval: Nanoseconds = .milliseconds(20)

  private let peers: [NodeID]
  private var values: [Value] = []
  private var log = RecordLog()

  init(_ configuration: Configuration) { peers = configuration.peers }

  mutating func handle(_ event: Event<Journal>, _ context: inout Context<Journal>) {
    switch event {
    case .start(let files):
      let recovery = RecordLog.recover(files[File.journal])
      log = RecordLog(count: recovery.validCount)
      context.truncate(.journal, to: recovery.validCount)
      values = recovery.records.compactMap { record in
        var source = ByteSource(record)
        return Value(from: &source)
      }
      context.setTimer(.gossip, after: Journal.gossipInterval)
    case .message(_, let message): learn(message.values, &context)
    case .request(let id, .broadcast(let value)):
      learn([value], &context)
      context.reply(.broadcastAccepted, to: id)
    case .request(let id, .readAll): context.reply(.messages(values), to: id)
    case .request(let id, _):
      context.mark(Mark(.unreachable, "a request that is not broadcast or read"))
      context.reply(.failed(ErrorReply(.notSupported)), to: id)
    case .timer(.gossip):
      if !values.isEmpty { for peer in peers { context.send(Message(values), to: peer) } }
      context.setTimer(.gossip, after: Journal.gossipInterval)
    case .answered, .completed: break
    }
  }

  private mutating func learn(_ news: [Value], _ context: inout Context<Journal>) {
    let news = news.filter { !values.contains($0) }
    guard !news.isEmpty else { return }
    for value in news {
      values.append(value)
      context.append(log.frame(value.encoded), to: .journal)
    }
    context.sync()
  }

  func encode(into sink: inout some ByteSink) { sink.put(values) }
}

/// Bounces a message between all nodes for ever: the network's throughput.
struct Bouncer: Node {
  struct Message: NodeMessage {
    var hops: Int
    var kind: String { "bounce" }

    func encode(into sink: inout some ByteSink) { sink.put(hops) }

    init(hops: Int) { self.hops = hops }

    init?(from source: inout ByteSource) {
      guard let hops = source.integer() else { return nil }
      self.hops = hops
    }
  }

  typealias Timer = NoTimer
  typealias File = NoFile

  private let peers: [NodeID]

  init(_ configuration: Configuration) { peers = configuration.peers }

  mutating func handle(_ event: Event<Bouncer>, _ context: inout Context<Bouncer>) {
    switch event {
    case .message(let peer, let message):
      context.send(Message(hops: message.hops + 1), to: peer)
    case .request(let id, .addDelta(let count)):
      for _ in 0..<count { for peer in peers { context.send(Message(hops: 0), to: peer) } }
      context.reply(.added, to: id)
    default: break
    }
  }

  func encode(into sink: inout some ByteSink) {}
}
