import Nodes
import Values

// Steps for people.

extension Search {
  func describe(
    _ candidate: Candidate, _ name: ScenarioStep, of state: StateList.State, _ expander: Expander
  ) -> ExplorationStep {
    func label(_ node: Int) -> String { "n\(node + 1)" }
    let node = label(candidate.node)
    let subject = UInt32(candidate.subject)
    var event: String
    switch candidate.action {
    case .deliver, .drop, .duplicate, .lose:
      let message = state.words[Layout.processes + nodeCount + candidate.subject]
      let text = dynamics.text(ofMessage: message)
      let source = label(dynamics.source(ofMessage: message))
      let destination = label(Int(expander.table.messages[Int(message)].destination))
      event =
        switch candidate.action {
        case .deliver: "\(node) receives \(text) from \(source)"
        case .duplicate: "the network duplicates \(text) from \(source) to \(destination)"
        case .drop: "the network drops \(text) from \(source) to \(destination)"
        default: "\(text) from \(source) is lost, as \(destination) is down"
        }
    case .timer: event = "\(node)'s timer \(dynamics.text(ofTimer: subject)) fires"
    case .request:
      let call = dynamics.nextCall(of: candidate.subject, in: state.words[Layout.clients])
      event =
        "client \(candidate.subject) asks \(node): "
        + dynamics.text(ofRequest: candidate.subject, number: call)
    case .restart: event = "\(node) restarts"
    case .crash: event = "\(node) crashes"
    }
    guard candidate.outcome >= 0 else {
      return ExplorationStep(node: nil, event: event, consequences: [], name: name)
    }
    let outcome = expander.table.outcomes[candidate.outcome]
    if outcome.isCrash && candidate.action != .crash { event += ", and crashes amid it" }
    var consequences: [String] = []
    for place in 0..<Int(outcome.sendCount) {
      let message = expander.table.numbers[Int(outcome.sends) + place]
      let destination = Int(expander.table.messages[Int(message)].destination)
      consequences.append("sends \(dynamics.text(ofMessage: message)) to \(label(destination))")
    }
    for place in 0..<Int(outcome.clientEventCount) {
      let number = expander.table.numbers[Int(outcome.clientEvents) + place]
      let text = dynamics.text(ofClientEvent: number)
      if !text.isEmpty { consequences.append(text) }
    }
    let before = dynamics.status(
      ofProcess: state.words[Layout.processes + candidate.node])
    let after = dynamics.status(ofProcess: outcome.process)
    if before != after { consequences.append("is now \(after)") }
    return ExplorationStep(
      node: NodeID(candidate.node), event: event, consequences: consequences, name: name)
  }
}
