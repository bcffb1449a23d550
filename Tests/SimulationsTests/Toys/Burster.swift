import Nodes
import Values

/// Its first node sends some messages at once as it starts, and then nine more, one each ten milliseconds.
struct Burster: Node {
  enum Timer: UInt8, CaseIterable { case tick }

  typealias Message = Pinger.Ping
  typealias File = NoFile

  let configuration: Configuration
  var sent = 0

  init(_ configuration: Configuration) { self.configuration = configuration }

  private var burst: Int { Int(configuration.options["burst"] ?? "") ?? 1 }

  mutating func handle(_ event: Event<Burster>, _ context: inout Context<Burster>) {
    guard configuration.id.index == 0 else { return }
    switch event {
    case .start:
      for _ in 0..<burst { send(&context) }
      context.setTimer(.tick, after: .milliseconds(10))
    case .timer where sent < burst + 9:
      send(&context)
      context.setTimer(.tick, after: .milliseconds(10))
    case .timer, .message, .request, .answered, .completed: break
    }
  }

  private mutating func send(_ context: inout Context<Burster>) {
    sent += 1
    for peer in configuration.peers { context.send(Pinger.Ping(number: sent), to: peer) }
  }

  func encode(into sink: inout some ByteSink) { sink.put(sent) }
}
