import Nodes
import Values

/// A node that does nothing, whose effects are numbered so that they can be told apart.
struct Quiet: Node {
  struct Message: NodeMessage {
    var number: Int
    var kind: String { "quiet" }

    init(number: Int) { self.number = number }

    init?(from source: inout ByteSource) {
      guard let number = source.integer() else { return nil }
      self.number = number
    }

    func encode(into sink: inout some ByteSink) { sink.put(number) }
  }

  typealias Timer = NoTimer

  enum File: String, CaseIterable { case log }

  init(_ configuration: Configuration) {}

  mutating func handle(_ event: Event<Quiet>, _ context: inout Context<Quiet>) {}

  func encode(into sink: inout some ByteSink) {}
}

/// An effect of ``Quiet``, reduced to its kind and number.
enum Step: Hashable, CustomStringConvertible {
  /// A send, reply or call.
  case outgoing(Int)
  case store(Int)
  /// A sync, and whether it carries a token: its own number.
  case sync(Int, hasToken: Bool)
  /// A timer, mark or log.
  case immediate(Int)

  var number: Int {
    switch self {
    case .outgoing(let number), .store(let number), .immediate(let number): number
    case .sync(let number, _): number
    }
  }

  var effect: Effect<Quiet> {
    switch self {
    case .outgoing(let number):
      switch number % 3 {
      case 0: .send(to: NodeID(1), Quiet.Message(number: number))
      case 1: .reply(RequestID(client: 0, number: number), .written)
      default: .call(.linKV, .timestamp, Token(number))
      }
    case .store(let number): .store(.log, .truncate(number))
    case .sync(let number, let hasToken): .sync(hasToken ? Token(number) : nil)
    case .immediate(let number):
      switch number % 3 {
      case 0: .setTimer(.none, within: Int64(number)...Int64(number))
      case 1: .mark(Mark(.sometimes, "\(number)"))
      default: .log("\(number)")
      }
    }
  }

  /// What a host was told to execute; nothing for a sync, which has no number then.
  init?(_ effect: Effect<Quiet>) {
    switch effect {
    case .send(_, let message): self = .outgoing(message.number)
    case .reply(let id, _): self = .outgoing(id.number)
    case .call(_, _, let token): self = .outgoing(token.rawValue)
    case .store(_, .truncate(let number)): self = .store(number)
    case .setTimer(_, let delays): self = .immediate(Int(delays.lowerBound))
    case .mark(let mark): self = .immediate(Int(mark.label) ?? -1)
    case .log(let line): self = .immediate(Int(line) ?? -1)
    case .sync, .store, .cancelTimer: return nil
    }
  }

  var description: String {
    switch self {
    case .outgoing(let number): "out \(number)"
    case .store(let number): "store \(number)"
    case .sync(let number, let hasToken): hasToken ? "sync \(number)!" : "sync \(number)"
    case .immediate(let number): "now \(number)"
    }
  }
}
