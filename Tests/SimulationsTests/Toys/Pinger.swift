import Nodes
import Values

/// Sends numbered pings to all peers at each tick, and remembers in which order others' came.
struct Pinger: Node {
  struct Ping: NodeMessage {
    var number: Int
    var kind: String { number.isMultiple(of: 2) ? "even" : "odd" }

    init(number: Int) { self.number = number }

    init?(from source: inout ByteSource) {
      guard let number = source.integer() else { return nil }
      self.number = number
    }

    func encode(into sink: inout some ByteSink) { sink.put(number) }
  }

  enum Timer: UInt8, CaseIterable { case tick }

  typealias Message = Ping
  typealias File = NoFile

  let configuration: Configuration
  var sent = 0
  /// The numbers that came from each node, in order.
  var received: [[Int]]
  /// The payloads of clients' requests, in order.
  var requests: [Int] = []
  /// What came, in order: messages as their senders' ids, timers as −1, requests as −2.
  var order: [Int] = []

  init(_ configuration: Configuration) {
    self.configuration = configuration
    received = configuration.members.map { _ in [] }
  }

  mutating func handle(_ event: Event<Pinger>, _ context: inout Context<Pinger>) {
    switch event {
    case .start: context.setTimer(.tick, within: .milliseconds(1)...(.milliseconds(2)))
    case .timer:
      order.append(-1)
      sent += 1
      for peer in configuration.peers { context.send(Ping(number: sent), to: peer) }
      context.setTimer(.tick, within: .milliseconds(1)...(.milliseconds(2)))
    case .message(let sender, let ping):
      order.append(sender.index)
      received[sender.index].append(ping.number)
    case .request(let id, let request):
      order.append(-2)
      if case .addDelta(let number) = request { requests.append(number) }
      context.reply(.added, to: id)
    case .answered, .completed: break
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(sent)
    sink.put(received.count)
    for numbers in received { sink.put(numbers) }
    sink.put(requests)
    sink.put(order)
  }
}
