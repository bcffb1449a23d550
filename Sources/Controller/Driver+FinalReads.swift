import Histories
import Nodes
import Values
import Workloads

// Reads of each node once the faults are over, again and again; see ``FinalPhase``.
extension Driver {
  mutating func beginFinalRead(
    _ f: String, of node: NodeID, into actions: inout [Action]
  ) {
    guard !final.isWaiting(for: node) else { return }
    var client = settings.makeClient()
    let fields = finalFields(node)
    guard case .ask(let request) = client.begin(f, .null, fields) else { return }
    let id = final.begin(node, client, request)
    record(
      Operation(
        time: now, type: .invoke, process: .client(id.client), f: f, extra: fields))
    deadlines.append(id, at: now + settings.timeout)
    actions.append(.submit(request, id, node))
  }

  mutating func finalReplied(_ place: Int, _ reply: Reply) {
    guard case .complete(let completion) = final.receive(reply, at: place) else { return }
    finish(place, completion)
  }

  mutating func finalTimedOut(_ place: Int) {
    finish(place, Completion(.info, error: "timeout"))
  }

  mutating func finish(_ place: Int, _ completion: Completion) {
    guard case .reads(let f) = settings.workload.finalPhase else { return }
    let node = settings.nodes[place]
    if let expected = completion.mismatch {
      problems.append(
        .mismatchedReply(
          node, to: final.request(at: place).map { Value.map($0.body(settings.names)).json } ?? f,
          expected: expected, found: completion.mismatchedBody))
    }
    let process = final.end(place, completion, at: now)
    record(
      Operation(
        time: now, type: completion.type, process: .client(process), f: f,
        value: completion.value ?? .null, error: completion.error,
        extra: completion.extra.merging(finalFields(node))))
  }

  /// Marks a read as final, and says whose state it is.
  private func finalFields(_ node: NodeID) -> ValueMap {
    ValueMap([
      .init(key: "final", value: true),
      .init(key: "node", value: .string(settings.names[node])),
    ])
  }
}
