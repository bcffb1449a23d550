import Nodes
import Values

/// Asks every node each of a workload's set-up requests, one round after the other.
struct SetupRounds: Sendable {
  /// Set-up clients are numbered from here, apart from all others.
  static let firstClient = 1_000_000_000

  private let requests: [Request]
  private let nodes: [NodeID]
  private var round = 0
  private var unanswered: Set<NodeID> = []
  /// The first node that answered with an error, and the answer.
  private(set) var refusal: (node: NodeID, reply: Reply)?
  private(set) var deadline = Nanoseconds.max

  init(requests: [Request], nodes: [NodeID]) {
    self.requests = requests
    self.nodes = nodes
  }

  var isComplete: Bool { round == requests.count && unanswered.isEmpty }

  /// What was asked last.
  var request: Request? { round > 0 ? requests[round - 1] : nil }

  /// The nodes that let the deadline pass.
  func silentNodes(at now: Nanoseconds) -> [NodeID]? {
    now >= deadline && !unanswered.isEmpty ? unanswered.sorted() : nil
  }

  mutating func step(
    at now: Nanoseconds, timeout: Nanoseconds, into actions: inout [Driver.Action]
  ) {
    guard unanswered.isEmpty, round < requests.count else { return }
    let request = requests[round]
    round += 1
    deadline = now + max(timeout, .seconds(5))
    unanswered = Set(nodes)
    for node in nodes {
      let id = RequestID(client: SetupRounds.firstClient + node.index, number: round)
      actions.append(.submit(request, id, node))
    }
  }

  mutating func answered(_ id: RequestID, _ reply: Reply) {
    if id.number == round {
      let node = NodeID(id.client - SetupRounds.firstClient)
      unanswered.remove(node)
      if case .failed = reply { refusal = refusal ?? (node, reply) }
    }
    if unanswered.isEmpty { deadline = .max }
  }
}
