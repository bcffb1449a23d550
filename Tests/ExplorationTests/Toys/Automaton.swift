import Nodes
import Values

/// A node that does at random whatever a node can do, as a function of a seed, its state and the event.
struct Automaton: Node {
  struct Message: NodeMessage {
    var letter: UInt8

    var kind: String { "letter" }

    func encode(into sink: inout some ByteSink) { sink.put(letter) }

    init(_ letter: UInt8) { self.letter = letter }

    init?(from source: inout ByteSource) {
      guard let letter = source.byte() else { return nil }
      self.init(letter)
    }
  }

  enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case first
    case second
  }

  enum File: String, Hashable, Sendable, CaseIterable {
    case notes
    case book
  }

  let id: NodeID
  let members: [NodeID]
  let seed: UInt64
  var state: UInt8 = 0

  init(_ configuration: Configuration) {
    id = configuration.id
    members = configuration.members
    seed = UInt64(configuration.options["seed"] ?? "0") ?? 0
  }

  mutating func handle(_ event: Event<Automaton>, _ context: inout Context<Automaton>) {
    var sink = StableHasher(seed: seed)
    sink.put(state)
    var asked: RequestID?
    switch event {
    case .start(let files):
      sink.put(files[File.notes])
      sink.put(files[File.book])
      sink.put(UInt8(0))
    case .message(let peer, let message):
      sink.put(peer)
      sink.put(message.letter)
    case .timer(let timer): sink.put(UInt8(100) + timer.rawValue)
    case .request(let id, _):
      asked = id
      sink.put(UInt8(200))
    case .completed(let token, let result):
      sink.put(token.rawValue)
      if case .bytes(let bytes) = result { sink.put(bytes) }
    case .answered: break
    }
    var draws = Draws(seed: sink.value)
    state = UInt8(draws.below(3))
    for _ in 0..<draws.below(4) { act(&draws, &context) }
    if let asked, draws.chance(0.7) {
      context.reply(.value(.integer(Int(state))), to: asked)
    }
  }

  private mutating func act(_ draws: inout Draws, _ context: inout Context<Automaton>) {
    switch draws.below(10) {
    case 0, 1, 2: context.send(Message(UInt8(draws.below(2))), to: draws.element(of: members))
    case 3: context.setTimer(.first, after: 0)
    case 4: context.setTimer(.second, within: 1...2)
    case 5: context.cancelTimer(draws.element(of: Timer.allCases))
    case 6: context.append([UInt8(draws.below(2)), 7], to: .notes)
    case 7: context.replace(.book, with: [state, 1, 2])
    case 8: context.sync(token: nil)
    default: state = (state + UInt8(context.choose(below: 2, site: "state"))) % 3
    }
  }

  func encode(into sink: inout some ByteSink) { sink.put(state) }
}
