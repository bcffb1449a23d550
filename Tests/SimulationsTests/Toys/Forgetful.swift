import Nodes
import Values

/// Its messages don't come back as they were encoded, and it breaks promises when it is asked to.
struct Forgetful: Node {
  struct Message: NodeMessage {
    var number: Int
    var kind: String { "forgotten" }

    init(number: Int) { self.number = number }

    init?(from source: inout ByteSource) {
      guard source.integer() != nil else { return nil }
      number = 0
    }

    func encode(into sink: inout some ByteSink) { sink.put(number) }
  }

  typealias Timer = NoTimer
  typealias File = NoFile

  let configuration: Configuration
  var count = 0

  init(_ configuration: Configuration) { self.configuration = configuration }

  mutating func handle(_ event: Event<Forgetful>, _ context: inout Context<Forgetful>) {
    switch event {
    case .start: for peer in configuration.peers { context.send(Message(number: 1), to: peer) }
    case .request(_, .custom(.string("always"))):
      context.mark(Mark(.always, "kept", holds: true))
      context.mark(Mark(.always, "broken", holds: false))
    case .request(_, .custom(.string("unreachable"))): context.mark(Mark(.unreachable, "abyss"))
    case .request(_, .custom(.string("sometimes"))):
      context.mark(Mark(.sometimes, "seen"))
      context.mark(Mark(.sometimes, "unseen", holds: false))
    case .request(let id, .custom(.string("stranger"))):
      context.reply(.written, to: RequestID(client: id.client, number: id.number - 1))
    case .request(let id, .custom(.string("twice"))):
      context.reply(.written, to: id)
      context.reply(.written, to: id)
    case .request: count += 1
    default: break
    }
  }

  func encode(into sink: inout some ByteSink) { sink.put(count) }
}
