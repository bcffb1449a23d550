import Nodes
import Values

/// A node that a test hands events to, one at a time, and whose effects it looks at.
struct Driven<N: Node> {
  var node: N
  var context = Context<N>(choices: Choices(Draws(seed: 1)))
  /// What the effects so far left in the node's files, as if nothing were ever lost.
  var files: [String: [UInt8]] = [:]

  init(_ configuration: Configuration, files: [String: [UInt8]] = [:]) {
    node = N(configuration)
    self.files = files
    handle(.start(SurvivingFiles(files)))
  }

  /// A node of a cluster of `count`, numbered from 0.
  init(
    _ id: Int = 0, of count: Int, options: [String: String] = [:], bugs: Set<String> = [],
    files: [String: [UInt8]] = [:]
  ) {
    self.init(
      Configuration(
        id: NodeID(id), members: (0..<count).map { NodeID($0) }, options: options, bugs: bugs),
      files: files)
  }

  @discardableResult
  mutating func handle(_ event: Event<N>) -> [Effect<N>] {
    context.effects.removeAll()
    node.handle(event, &context)
    for case .store(let file, let operation) in context.effects {
      switch operation {
      case .append(let bytes): files[file.rawValue, default: []] += bytes
      case .truncate(let count):
        files[file.rawValue] = Array(files[file.rawValue, default: []].prefix(count))
      case .replace(let bytes): files[file.rawValue] = bytes
      case .write, .read: break
      }
    }
    return context.effects
  }

  @discardableResult
  mutating func receive(_ message: N.Message, from peer: Int) -> [Effect<N>] {
    handle(.message(from: NodeID(peer), message))
  }

  @discardableResult
  mutating func request(_ request: Request, client: Int = 1, number: Int = 1) -> [Effect<N>] {
    handle(.request(RequestID(client: client, number: number), request))
  }
}

extension Array {
  func sent<N: Node>() -> [(to: Int, message: N.Message)] where Element == Effect<N> {
    compactMap { if case .send(let peer, let message) = $0 { (peer.index, message) } else { nil } }
  }

  func replies<N: Node>() -> [Reply] where Element == Effect<N> {
    compactMap { if case .reply(_, let reply) = $0 { reply } else { nil } }
  }

  func timers<N: Node>() -> [N.Timer] where Element == Effect<N> {
    compactMap { if case .setTimer(let timer, _) = $0 { timer } else { nil } }
  }

  /// The effects as text in which nothing is left out, for comparison.
  func described<N: Node>() -> [String] where Element == Effect<N> {
    map { effect in
      if case .send(let peer, let message) = effect {
        "\(peer.index) \(message.encoded)"
      } else {
        "\(effect)"
      }
    }
  }
}
