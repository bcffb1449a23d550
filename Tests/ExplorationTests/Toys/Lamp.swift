import Nodes
import Values

/// A node that has its lamp lit when it has heard from another, and marks it.
struct Lamp: Node {
  typealias File = NoFile

  struct Message: NodeMessage {
    var kind: String { "light" }

    func encode(into sink: inout some ByteSink) {}

    init() {}

    init?(from source: inout ByteSource) { return nil }
  }

  enum Timer: UInt8, Hashable, Sendable, CaseIterable {
    case send
  }

  let members: [NodeID]
  let isFirst: Bool
  let mayGiveUp: Bool
  var isLit = false

  init(_ configuration: Configuration) {
    members = configuration.members
    isFirst = configuration.id == configuration.members.first
    mayGiveUp = configuration.bugs.contains("gives-up")
  }

  mutating func handle(_ event: Event<Lamp>, _ context: inout Context<Lamp>) {
    switch event {
    case .start: if isFirst { context.setTimer(.send, after: 1) }
    case .timer:
      if mayGiveUp && context.choose(below: 2, site: "give up") == 1 { return }
      for member in members.dropFirst() { context.send(Message(), to: member) }
    case .message:
      isLit = true
      context.mark(Mark(.sometimes, "lit"))
    case .request, .answered, .completed: break
    }
  }

  func encode(into sink: inout some ByteSink) { sink.put(isLit) }
}
