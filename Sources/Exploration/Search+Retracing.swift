import Nodes
import Values

/// Keeps all that can happen in a state.
private struct CollectingSink: CandidateSink {
  var candidates: [Candidate] = []

  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) { candidates.append(candidate) }
}

extension Search {
  /// Adds to a result the steps of a path, of which only the states' fingerprints are known, and in
  /// which of the ways to start it begins.
  ///
  /// - Parameter violation: What is wrong with the last state; -1 where that shows in no step.
  func retrace(
    _ path: [Fingerprint], violation: Int32, into result: inout ExplorationResult
  ) throws(ExplorationError) {
    let expander = makeExpander()
    expander.keepsStill = true
    // With their own names, so that the path keeps them; successors' fingerprints start from these.
    let initial = try initialStates(expander, exchangingNames: false).states
    guard
      let start = (0..<initial.count).first(where: {
        expander.canonicalFingerprint(initial[$0]) == path.first
      })
    else { return }
    var list = StateList()
    list.append(initial[start])
    result.start = start
    for (place, target) in path.enumerated().dropFirst() {
      let isLast = place == path.count - 1
      let state = list[0]
      let candidates = try successors(of: state, expander)
      let found = candidates.first {
        expander.canonicalFingerprint($0, of: state) == target
          && (!isLast || violation < 0 || expander.violation(of: $0, state) >= 0)
      }
      guard let found else { return }
      let name = try names(of: [found], among: candidates, in: state, expander)[0]
      result.counterexample.append(describe(found, name, of: state, expander))
      // By the names that the path keeps; it may have been found with others.
      let wrong = expander.violation(of: found, state)
      if isLast && wrong >= 0 { result.violation = dynamics.violation(wrong) }
      list = expander.successor(found, of: state)
    }
  }

  /// Takes the steps of a scenario, as long as nothing is wrong.
  ///
  /// - Parameter start: In which of the ways to start it begins.
  /// - Throws: When a step can't be taken.
  @usableFromInline
  func replay(
    _ scenario: [ScenarioStep], from start: Int
  ) throws(ExplorationError) -> ExplorationReplay {
    let expander = makeExpander()
    expander.keepsStill = true
    let (initial, violation) = try initialStates(expander, exchangingNames: false)
    guard (0..<initial.count).contains(start) else {
      throw ExplorationError("there are \(initial.count) ways to start, and no number \(start)")
    }
    if violation >= 0 { return ExplorationReplay(violation: dynamics.violation(violation)) }
    var list = StateList()
    list.append(initial[start])
    var replay = ExplorationReplay()
    for (place, step) in scenario.enumerated() {
      let state = list[0]
      let candidates = try successors(of: state, expander)
      let found = try find(step, number: place + 1, among: candidates, in: state, expander)
      replay.steps.append(describe(found, step, of: state, expander))
      let violation = expander.violation(of: found, state)
      if violation >= 0 {
        replay.violation = dynamics.violation(violation)
        return replay
      }
      list = expander.successor(found, of: state)
    }
    _ = try successors(of: list[0], expander)
    if isUnfulfilled(list[0], expander) {
      replay.violation = missing(list[0].words[Layout.marks])
    }
    return replay
  }

  private func successors(
    of state: StateList.State, _ expander: Expander
  ) throws(ExplorationError) -> [Candidate] {
    var sink = CollectingSink()
    try expander.expand(state, into: &sink)
    return sink.candidates
  }

  private func find(
    _ step: ScenarioStep, number: Int, among candidates: [Candidate], in state: StateList.State,
    _ expander: Expander
  ) throws(ExplorationError) -> Candidate {
    let names = try names(of: candidates, among: candidates, in: state, expander)
    let exact = zip(candidates, names).first { $1 == step }
    if let exact { return exact.0 }
    // A message may be named in full where its kind would do.
    let full = try self.names(of: candidates, among: candidates, in: state, expander, inFull: true)
    if let exact = zip(candidates, full).first(where: { $1 == step }) { return exact.0 }
    let shown = ScenarioStep.alternatives(to: step, among: names)
    let rest = names.count - shown.count
    throw ExplorationError(
      "step \(number), \(step), can't be taken; what can is "
        + (shown.isEmpty ? "nothing" : shown.map { "\($0)" }.joined(separator: "; "))
        + (rest > 0 ? "; and \(rest) more" : ""))
  }
}

extension ScenarioStep {
  /// How many of the steps that can be taken are told where one can't.
  private static let alternativeLimit = 12

  /// The steps that are the most like one, for people to choose from.
  fileprivate static func alternatives(
    to step: ScenarioStep, among names: [ScenarioStep]
  ) -> [ScenarioStep] {
    let ranked = names.enumerated().sorted {
      ($0.element.distance(to: step), $0.offset) < ($1.element.distance(to: step), $1.offset)
    }
    return ranked.prefix(alternativeLimit).map(\.element)
  }

  private func distance(to other: ScenarioStep) -> Int {
    if action == other.action { return 0 }
    let faults = (isFault ? 1 : 0) + (crash != nil ? 1 : 0)
    return (kind == other.kind ? 1 : 2 + faults)
  }

  private var isFault: Bool {
    switch action {
    case .drop, .duplicate, .crash: true
    default: false
    }
  }

  private var kind: Int {
    switch action {
    case .deliver: 0
    case .drop: 1
    case .duplicate: 2
    case .lose: 3
    case .timer: 4
    case .request: 5
    case .restart: 6
    case .crash: 7
    }
  }
}
