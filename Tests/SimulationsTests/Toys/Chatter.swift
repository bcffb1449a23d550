import Nodes
import Values

/// A chatty node with storage, of about the weight of a log-replicating protocol: a primary sends
/// entries to all, each of which makes them durable before it acknowledges.
struct Chatter: Node {
  enum Message: NodeMessage {
    case entry(number: Int, payload: [UInt8])
    case acknowledged(number: Int)

    var kind: String {
      switch self {
      case .entry: "entry"
      case .acknowledged: "acknowledged"
      }
    }

    init?(from source: inout ByteSource) {
      switch source.byte() {
      case 0:
        guard let number = source.integer(), let count = source.integer(),
          let bytes = source.take(count)
        else { return nil }
        self = .entry(number: number, payload: Array(bytes))
      case 1:
        guard let number = source.integer() else { return nil }
        self = .acknowledged(number: number)
      default: return nil
      }
    }

    func encode(into sink: inout some ByteSink) {
      switch self {
      case .entry(let number, let payload):
        sink.put(UInt8(0))
        sink.put(number)
        sink.put(payload.count)
        sink.put(payload)
      case .acknowledged(let number):
        sink.put(UInt8(1))
        sink.put(number)
      }
    }
  }

  enum Timer: UInt8, CaseIterable {
    case next
    case election
  }

  enum File: String, CaseIterable { case log }

  let configuration: Configuration
  var log = RecordLog()
  var number = 0
  var acknowledged: [Int]

  init(_ configuration: Configuration) {
    self.configuration = configuration
    acknowledged = configuration.members.map { _ in 0 }
  }

  mutating func handle(_ event: Event<Chatter>, _ context: inout Context<Chatter>) {
    switch event {
    case .start(let files):
      log = RecordLog(count: RecordLog.recover(files[File.log]).validCount)
      context.truncate(.log, to: log.count)
      if configuration.id.index == 0 { context.setTimer(.next, after: .milliseconds(1)) }
      context.setTimer(.election, within: .milliseconds(150)...(.milliseconds(300)))
    case .timer(.next):
      number += 1
      let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 32)
      append(payload, &context)
      for peer in configuration.peers {
        context.send(.entry(number: number, payload: payload), to: peer)
      }
      context.setTimer(.next, after: .milliseconds(1))
    case .timer(.election):
      context.setTimer(.election, within: .milliseconds(150)...(.milliseconds(300)))
    case .message(let sender, .entry(let number, let payload)):
      append(payload, &context)
      self.number = max(self.number, number)
      context.send(.acknowledged(number: number), to: sender)
      context.setTimer(.election, within: .milliseconds(150)...(.milliseconds(300)))
    case .message(let sender, .acknowledged(let number)):
      acknowledged[sender.index] = max(acknowledged[sender.index], number)
    case .request, .answered, .completed: break
    }
  }

  private mutating func append(_ payload: [UInt8], _ context: inout Context<Chatter>) {
    context.append(log.frame(payload), to: .log)
    context.sync()
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(log.count)
    sink.put(number)
    sink.put(acknowledged)
  }
}

/// Nothing is acknowledged that was not sent.
struct AcknowledgedWasSent: Invariant {
  mutating func check(_ changed: NodeID, in cluster: ClusterStates<Chatter>) -> Violation? {
    let primary = cluster.cells[0]
    guard primary.isUp, let most = primary.node.acknowledged.max(), most > primary.node.number
    else { return nil }
    return Violation("acknowledged-was-sent", "\(most) > \(primary.node.number)", nodes: [changed])
  }
}
