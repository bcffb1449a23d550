public import Nodes
public import Values

/// Bounces messages between nodes, to measure how many an environment carries.
///
/// A request `{"type": "relay", "count": n, "window": w}` keeps `w` messages in the air between the
/// node that received it and its peers until `n` were delivered, and is answered by
/// `{"type": "relay_ok", "delivered": n}`. A lost message is not sent again: the network is what is
/// measured here.
public struct Relay: Algorithm {
  /// A message names the request that it is bounced for.
  public enum Message: NodeMessage {
    case outward(RequestID)
    case homeward(RequestID)

    public var kind: String {
      switch self {
      case .outward: "outward"
      case .homeward: "homeward"
      }
    }

    public func encode(into sink: inout some ByteSink) {
      switch self {
      case .outward(let id):
        sink.put(UInt8(0))
        id.encode(into: &sink)
      case .homeward(let id):
        sink.put(UInt8(1))
        id.encode(into: &sink)
      }
    }

    public init?(from source: inout ByteSource) {
      guard let tag = source.byte(), let id = RequestID(from: &source) else { return nil }
      switch tag {
      case 0: self = .outward(id)
      case 1: self = .homeward(id)
      default: return nil
      }
    }
  }

  public typealias Timer = NoTimer
  public typealias File = NoFile

  public static let description = AlgorithmDescription(
    name: "relay", summary: "Bounces messages between nodes, to measure a network.",
    promise: "As many messages are delivered as were asked for.",
    assumptions: "No message is lost, and no node fails.",
    paper: "The ping-pong of network benchmarks.", workloads: ["relay"],
    survives: ["pause", "delay", "reorder", "clog", "clock"], quorum: .all,
    messageTypes: ["outward", "homeward"])

  /// A request that is not answered yet.
  private struct Run: Hashable, Sendable {
    var id: RequestID
    var count: Int
    var launched = 0
    var delivered = 0
  }

  private let peers: [NodeID]
  private var runs: [Run] = []

  public init(_ configuration: Configuration) { peers = configuration.peers }

  /// The request for `count` messages, of which `window` are in the air at a time.
  public static func request(count: Int, window: Int) -> Request {
    .custom(["type": "relay", "count": .integer(count), "window": .integer(window)])
  }

  public mutating func handle(_ event: Event<Relay>, _ context: inout Context<Relay>) {
    switch event {
    case .request(let id, .custom(let body)): begin(id, body, &context)
    case .request(let id, _): context.reply(.notSupported, to: id)
    case .message(let peer, .outward(let id)): context.send(.homeward(id), to: peer)
    case .message(let peer, .homeward(let id)): takeBack(id, peer, &context)
    case .start, .answered, .timer, .completed: break
    }
  }

  private mutating func begin(_ id: RequestID, _ body: Value, _ context: inout Context<Relay>) {
    guard let count = body["count"]?.integer, let window = body["window"]?.integer, count > 0,
      window > 0, !peers.isEmpty
    else {
      return context.reply(
        .failed(ErrorReply(.malformedRequest, "expected a positive count and window, and peers")),
        to: id)
    }
    var run = Run(id: id, count: count)
    // Every message that goes out comes home, so each launch accounts for two.
    while run.launched < window && 2 * run.launched < count {
      context.send(.outward(id), to: peers[run.launched % peers.count])
      run.launched += 1
    }
    runs.append(run)
  }

  private mutating func takeBack(
    _ id: RequestID, _ peer: NodeID, _ context: inout Context<Relay>
  ) {
    guard let place = runs.firstIndex(where: { $0.id == id }) else { return }
    runs[place].delivered += 2
    if runs[place].delivered >= runs[place].count {
      let reply: Value = ["type": "relay_ok", "delivered": .integer(runs[place].delivered)]
      context.reply(.custom(reply), to: id)
      runs.remove(at: place)
    } else if 2 * runs[place].launched < runs[place].count {
      runs[place].launched += 1
      context.send(.outward(id), to: peer)
    }
  }

  public func encode(into sink: inout some ByteSink) {
    sink.put(peers)
    sink.put(runs.count)
    for run in runs {
      run.id.encode(into: &sink)
      sink.put(run.count)
      sink.put(run.launched)
      sink.put(run.delivered)
    }
  }
}
