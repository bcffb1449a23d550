import Nodes
import Values

/// Keeps what is new on a stack.
private struct StackSink: CandidateSink {
  let visited: VisitedSet
  let fresh = StateList()
  var finding: Finding?

  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) {
    if candidate.violation >= 0 {
      finding =
        finding
        ?? Finding(
          state: expander.canonicalFingerprint(candidate, of: state),
          parent: state.fingerprint, violation: candidate.violation)
      return
    }
    let fingerprint = expander.canonicalFingerprint(candidate, of: state)
    guard visited.insert(fingerprint, from: state.fingerprint) else { return }
    let violation = expander.violation(of: candidate, state)
    if violation >= 0 {
      finding =
        finding ?? Finding(state: fingerprint, parent: state.fingerprint, violation: violation)
    }
    expander.build(candidate, of: state, into: fresh)
  }
}

/// Keeps one of all successors, each with the same probability.
private struct WalkSink: CandidateSink {
  var draws: Draws
  let next = StateList()
  var count = 0
  var finding: Finding?

  init(_ draws: Draws) { self.draws = draws }

  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) {
    let violation = expander.violation(of: candidate, state)
    if violation >= 0 {
      finding =
        finding
        ?? Finding(
          state: expander.canonicalFingerprint(candidate, of: state),
          parent: state.fingerprint, violation: violation)
    }
    count += 1
    guard draws.below(count) == 0 else { return }
    next.removeAll()
    expander.build(candidate, of: state, into: next)
  }
}

extension Search {
  /// Visits the successors of the state that was met last first.
  func depthFirst(_ limits: ExplorationLimits) throws(ExplorationError) -> ExplorationResult {
    guard bounds.depth == nil else {
      throw ExplorationError("a bound on the depth needs a breadth-first search")
    }
    let visited = VisitedSet(isShared: false)
    let expander = makeExpander()
    var result = ExplorationResult(ending: .exhausted, unique: 0, generated: 0, depth: 0, bytes: 0)
    let (stack, violation) = try initialStates(expander)
    if violation >= 0 {
      return try end(result, visited, Finding(state: .zero, parent: nil, violation: violation))
    }
    for place in 0..<stack.count { _ = visited.insert(stack[place].fingerprint, from: .zero) }
    var sink = StackSink(visited: visited)
    let current = StateList()
    var rounds = 0
    while stack.count > 0 {
      current.removeAll()
      current.append(stack[stack.count - 1])
      stack.removeLast()
      sink.fresh.removeAll()
      try expander.expand(current[0], into: &sink)
      result.generated += expander.generated
      for place in 0..<sink.fresh.count { stack.append(sink.fresh[place]) }
      result.depth = max(result.depth, stack.count)
      rounds += 1
      if let finding = sink.finding { return try end(result, visited, finding) }
      if isUnfulfilled(current[0], expander) {
        return try end(
          result, visited,
          Finding(
            state: current[0].fingerprint, parent: nil, violation: -1,
            marks: current[0].words[Layout.marks]))
      }
      guard rounds % 1024 == 0 else { continue }
      limits.watch(visited.count, result.depth)
      result.bytes = max(result.bytes, visited.bytes + stack.bytes + expander.bytes)
      if limits.isStopped() { result.ending = .stopped }
      if result.bytes > limits.memory { result.ending = .outOfMemory }
      if result.ending != .exhausted { break }
    }
    result.bytes = max(result.bytes, visited.bytes + stack.bytes + expander.bytes)
    result.unique = visited.count
    return result
  }

  /// Walks at random from the start to an end, again and again.
  func walk(_ limits: ExplorationLimits) throws(ExplorationError) -> ExplorationResult {
    let visited = VisitedSet(isShared: false)
    let expander = makeExpander()
    var result = ExplorationResult(ending: .walked, unique: 0, generated: 0, depth: 0, bytes: 0)
    let (initial, violation) = try initialStates(expander)
    if violation >= 0 {
      return try end(result, visited, Finding(state: .zero, parent: nil, violation: violation))
    }
    let longest = min(bounds.depth ?? limits.walkLength, limits.walkLength)
    for number in 0..<limits.walks {
      var sink = WalkSink(Draws(seed: limits.seed, stream: UInt64(number)))
      let current = StateList()
      current.append(initial[sink.draws.below(initial.count)])
      var path = [current[0].fingerprint]
      _ = visited.insert(current[0].fingerprint, from: .zero)
      while path.count <= longest {
        sink.count = 0
        sink.next.removeAll()
        try expander.expand(current[0], into: &sink)
        result.generated += expander.generated
        let isUnfulfilled = isUnfulfilled(current[0], expander)
        if sink.finding != nil || isUnfulfilled {
          let wrong = sink.finding?.violation ?? -1
          if let state = sink.finding?.state { path.append(state) }
          result.ending = .violated
          result.violation =
            wrong >= 0
            ? dynamics.violation(wrong) : missing(current[0].words[Layout.marks])
          result.counterexample = try retrace(path, violation: wrong)
          break
        }
        guard sink.count > 0 else { break }
        current.removeAll()
        current.append(sink.next[0])
        path.append(current[0].fingerprint)
        _ = visited.insert(current[0].fingerprint, from: .zero)
      }
      result.depth = max(result.depth, path.count - 1)
      limits.watch(visited.count, result.depth)
      if result.ending == .violated { break }
      if limits.isStopped() { result.ending = .stopped }
      if visited.bytes > limits.memory { result.ending = .outOfMemory }
      if result.ending != .walked { break }
    }
    result.unique = visited.count
    result.bytes = visited.bytes + expander.bytes
    return result
  }
}
