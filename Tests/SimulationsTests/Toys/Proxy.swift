import Nodes
import Values

/// Hands clients' requests on to a service, and its answers back.
struct Proxy: Node {
  typealias Message = Pinger.Ping
  typealias Timer = NoTimer
  typealias File = NoFile

  let service: Service
  var pending: [RequestID] = []
  var answered = 0

  init(_ configuration: Configuration) {
    service = Service(rawValue: configuration.options["service"] ?? "") ?? .linKV
  }

  mutating func handle(_ event: Event<Proxy>, _ context: inout Context<Proxy>) {
    switch event {
    case .request(let id, let request):
      pending.append(id)
      context.call(service, request, token: Token(pending.count - 1))
    case .answered(let token, let reply):
      answered += 1
      context.reply(reply, to: pending[token.rawValue])
    case .start, .timer, .message, .completed: break
    }
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(pending)
    sink.put(answered)
  }
}
