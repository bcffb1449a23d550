import Nodes
import Values

/// Finds the successor that has a certain fingerprint.
private struct RetracingSink: CandidateSink {
  let target: Fingerprint
  /// With the last step of a counterexample: what it has to break.
  let violation: Int32?
  let next = StateList()
  var found: Candidate?

  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) {
    guard found == nil, expander.canonicalFingerprint(candidate, of: state) == target,
      violation.map({ $0 < 0 || expander.violation(of: candidate, state) >= 0 }) ?? true
    else { return }
    found = candidate
    // With its own names, so that the path keeps them; successors' fingerprints start from its own.
    expander.buildAsIs(candidate, of: state, into: next)
  }
}

extension Search {
  /// The steps of a path, of which only the states' fingerprints are known.
  ///
  /// - Parameter violation: What is wrong with the last state; -1 where that shows in no step.
  func retrace(
    _ path: [Fingerprint], violation: Int32
  ) throws(ExplorationError) -> [ExplorationStep] {
    let expander = makeExpander()
    let initial = try initialStates(expander).states
    guard let first = (0..<initial.count).first(where: { initial[$0].fingerprint == path.first })
    else { return [] }
    var list = StateList()
    list.append(initial[first])
    var steps: [ExplorationStep] = []
    for (place, target) in path.enumerated().dropFirst() {
      let isLast = place == path.count - 1
      var sink = RetracingSink(target: target, violation: isLast ? violation : nil)
      let state = list[list.count - 1]
      try expander.expand(state, into: &sink)
      guard let found = sink.found else { return steps }
      steps.append(describe(found, of: state, expander))
      list = sink.next
    }
    return steps
  }

  private func describe(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) -> ExplorationStep {
    func name(_ node: Int) -> String { "n\(node + 1)" }
    let node = name(candidate.node)
    let subject = UInt32(candidate.subject)
    var event: String
    switch candidate.action {
    case .deliver, .drop, .duplicate, .lose:
      let message = state.words[Layout.processes + nodeCount + candidate.subject]
      let text = dynamics.text(ofMessage: message)
      let source = name(dynamics.source(ofMessage: message))
      let destination = name(Int(expander.table.messages[Int(message)].destination))
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
      return ExplorationStep(node: nil, event: event, consequences: [])
    }
    let outcome = expander.table.outcomes[candidate.outcome]
    if outcome.isCrash && candidate.action != .crash { event += ", and crashes amid it" }
    var consequences: [String] = []
    for place in 0..<Int(outcome.sendCount) {
      let message = expander.table.numbers[Int(outcome.sends) + place]
      let destination = Int(expander.table.messages[Int(message)].destination)
      consequences.append("sends \(dynamics.text(ofMessage: message)) to \(name(destination))")
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
      node: NodeID(candidate.node), event: event, consequences: consequences)
  }
}
