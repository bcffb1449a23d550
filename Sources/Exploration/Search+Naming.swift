import Nodes
import Values

// Steps by names, for scenarios.

extension Search {
  /// The names of some of all that can happen in a state.
  ///
  /// - Parameters:
  ///   - all: What can happen there, from which the others have to be told apart.
  ///   - isFull: Whether messages are named by all that they say where their kind would do.
  func names(
    of some: [Candidate], among all: [Candidate], in state: StateList.State, _ expander: Expander,
    inFull isFull: Bool = false
  ) throws(ExplorationError) -> [ScenarioStep] {
    var steps: [ScenarioStep] = []
    for candidate in some {
      var step = ScenarioStep(action(of: candidate, among: all, in: state, expander, isFull))
      if candidate.outcome >= 0 {
        let outcome = try outcome(of: candidate, in: state, expander)
        step.answers = outcome.answers
        step.crash = outcome.crash
      }
      steps.append(step)
    }
    return steps
  }

  private func action(
    of candidate: Candidate, among all: [Candidate], in state: StateList.State,
    _ expander: Expander, _ isFull: Bool
  ) -> ScenarioStep.Action {
    let node = NodeID(candidate.node)
    func message() -> ScenarioMessage {
      self.message(of: candidate, among: all, in: state, expander, isFull)
    }
    return switch candidate.action {
    case .deliver: .deliver(message())
    case .drop: .drop(message())
    case .duplicate: .duplicate(message())
    case .lose: .lose(message())
    case .timer: .timer(dynamics.text(ofTimer: UInt32(candidate.subject)), of: node)
    case .request: .request(client: candidate.subject, of: node)
    case .restart: .restart(node)
    case .crash: .crash(node)
    }
  }

  /// The name of a message that nothing else shares to which the same can happen.
  private func message(
    of candidate: Candidate, among all: [Candidate], in state: StateList.State,
    _ expander: Expander, _ isFull: Bool
  ) -> ScenarioMessage {
    func number(_ subject: Int) -> UInt32 { state.words[Layout.processes + nodeCount + subject] }
    let message = number(candidate.subject)
    let facts = expander.table.messages[Int(message)]
    var others: [Int] = []
    for other in all where other.action == candidate.action {
      guard expander.table.messages[Int(number(other.subject))].link == facts.link,
        !others.contains(other.subject)
      else { continue }
      others.append(other.subject)
    }
    let kind = dynamics.kind(ofMessage: message)
    let text = dynamics.text(ofMessage: message)
    let isKnownByKind = others.count { dynamics.kind(ofMessage: number($0)) == kind } == 1
    let namesakes = others.filter { dynamics.text(ofMessage: number($0)) == text }.sorted()
    return ScenarioMessage(
      isKnownByKind && !isFull ? kind : text, from: NodeID(dynamics.source(ofMessage: message)),
      to: NodeID(Int(facts.destination)),
      which: namesakes.count > 1
        ? (namesakes.firstIndex(of: candidate.subject) ?? 0) + 1 : nil)
  }

  /// What happened to the node, with what the search has no need of.
  private func outcome(
    of candidate: Candidate, in state: StateList.State, _ expander: Expander
  ) throws(ExplorationError) -> LocalOutcome {
    let process = state.words[Layout.processes + candidate.node]
    let event = event(of: candidate, in: state)
    let first = try expander.table.outcomes(of: process, on: event).first
    return try dynamics.outcomes(of: process, on: event)[candidate.outcome - Int(first)]
  }

  private func event(of candidate: Candidate, in state: StateList.State) -> UInt32 {
    switch candidate.action {
    case .deliver, .drop, .duplicate, .lose:
      state.words[Layout.processes + nodeCount + candidate.subject]
    case .timer: EventNumber.timer | UInt32(candidate.subject)
    case .request:
      ExploredRequest.number(
        client: candidate.subject,
        call: dynamics.nextCall(of: candidate.subject, in: state.words[Layout.clients]))
    case .restart: EventNumber.restart
    case .crash: EventNumber.crash
    }
  }
}
