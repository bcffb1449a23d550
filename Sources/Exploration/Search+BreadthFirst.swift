import Dispatch
import Nodes
import Synchronization

/// One thread's part in a level of a breadth-first search.
private final class LevelWorker: @unchecked Sendable {
  let expander: Expander
  /// The states of the next level that it met first.
  var next = StateList()
  var generated = 0
  var findings: [Finding] = []
  var error: ExplorationError?

  init(_ expander: Expander) { self.expander = expander }
}

/// Keeps what is new.
private struct LevelSink: CandidateSink {
  let visited: VisitedSet
  let next: StateList
  var findings: [Finding] = []

  @inline(__always)
  mutating func take(
    _ candidate: Candidate, of state: StateList.State, _ expander: Expander
  ) {
    if candidate.violation >= 0 {
      findings.append(
        Finding(
          state: expander.canonicalFingerprint(candidate, of: state),
          parent: state.fingerprint, violation: candidate.violation))
      return
    }
    let fingerprint =
      expander.usesSymmetry
      ? expander.canonicalFingerprint(candidate, of: state) : candidate.fingerprint
    guard visited.insert(fingerprint, from: state.fingerprint) else { return }
    let violation = expander.violation(of: candidate, state)
    if violation >= 0 {
      findings.append(
        Finding(state: fingerprint, parent: state.fingerprint, violation: violation))
    }
    expander.build(candidate, of: state, into: next)
  }
}

extension ExplorationLimits {
  /// One thread, that goes on to the violation that is known to be there.
  fileprivate var alone: ExplorationLimits {
    var limits = self
    limits.cores = 1
    limits.memory = .max
    limits.isStopped = { false }
    return limits
  }
}

extension Search {
  /// How many states a thread takes at a time.
  private static let chunk = 256

  /// Visits states by their distance from the start, all of one distance before the next.
  func breadthFirst(_ limits: ExplorationLimits) throws(ExplorationError) -> ExplorationResult {
    let cores = max(1, limits.cores)
    let visited = VisitedSet(isShared: cores > 1)
    let workers = (0..<cores).map { _ in LevelWorker(makeExpander()) }
    let initial = try initialStates(workers[0].expander)
    var result = ExplorationResult(ending: .exhausted, unique: 0, generated: 0, depth: 0, bytes: 0)
    var level = [StateList()]
    for place in 0..<initial.states.count
    where visited.insert(initial.states[place].fingerprint, from: .zero) {
      level[0].append(initial.states[place])
    }
    if initial.violation >= 0 {
      return try end(
        result, visited,
        Finding(state: .zero, parent: nil, violation: initial.violation))
    }
    while level.contains(where: { $0.count > 0 }) {
      if let depth = bounds.depth, result.depth >= depth { break }
      let ending = expand(level, workers, visited, limits)
      result.generated += workers.reduce(0) { $0 + $1.generated }
      result.bytes = max(
        result.bytes,
        visited.bytes + workers.reduce(0) { $0 + $1.expander.bytes + $1.next.bytes }
          + level.reduce(0) { $0 + $1.bytes })
      for worker in workers { if let error = worker.error { throw error } }
      let findings = workers.flatMap(\.findings)
      if let first = findings.min() {
        guard cores > 1 else { return try end(result, visited, first) }
        // Which path to a state came first is a matter of chance where threads race; not so alone.
        return try breadthFirst(limits.alone)
      }
      if let ending {
        result.ending = ending
        break
      }
      let spare = level
      level = workers.map(\.next)
      for (place, worker) in workers.enumerated() {
        worker.next = place < spare.count ? spare[place] : StateList()
        worker.next.removeAll()
      }
      if level.contains(where: { $0.count > 0 }) { result.depth += 1 }
      limits.watch(visited.count, result.depth)
    }
    result.unique = visited.count
    return result
  }

  /// Expands all states of a level.
  ///
  /// - Returns: Why it was not brought to its end, if it was not.
  private func expand(
    _ level: [StateList], _ workers: [LevelWorker], _ visited: VisitedSet,
    _ limits: ExplorationLimits
  ) -> ExplorationResult.Ending? {
    let claimed = Atomic<Int>(0)
    let endings = Mutex<ExplorationResult.Ending?>(nil)
    let count = level.reduce(0) { $0 + $1.count }
    nonisolated(unsafe) let level = level
    nonisolated(unsafe) let search = self
    @Sendable func work(_ worker: LevelWorker) {
      worker.generated = 0
      worker.findings = []
      worker.expander.table.catchUp()
      var sink = LevelSink(visited: visited, next: worker.next)
      while true {
        let first = claimed.add(Search.chunk, ordering: .relaxed).oldValue
        guard first < count, endings.withLock({ $0 }) == nil else { break }
        if limits.isStopped() { endings.withLock { $0 = .stopped } }
        let held = worker.next.bytes + worker.expander.bytes
        if visited.bytes + held * workers.count > limits.memory {
          endings.withLock { $0 = .outOfMemory }
        }
        do throws(ExplorationError) {
          for place in first..<min(count, first + Search.chunk) {
            try search.expand(search.state(at: place, in: level), worker, &sink)
          }
        } catch {
          worker.error = error
          break
        }
      }
      worker.findings += sink.findings
    }
    if workers.count == 1 {
      work(workers[0])
    } else {
      DispatchQueue.concurrentPerform(iterations: workers.count) { work(workers[$0]) }
    }
    return endings.withLock { $0 }
  }

  @inline(__always)
  private func state(at place: Int, in level: [StateList]) -> StateList.State {
    var place = place
    for list in level {
      if place < list.count { return list[place] }
      place -= list.count
    }
    preconditionFailure("a level has no state \(place)")
  }

  @inline(__always)
  private func expand(
    _ state: StateList.State, _ worker: LevelWorker, _ sink: inout LevelSink
  ) throws(ExplorationError) {
    try worker.expander.expand(state, into: &sink)
    worker.generated += worker.expander.generated
    guard isUnfulfilled(state, worker.expander) else { return }
    worker.findings.append(
      Finding(
        state: state.fingerprint, parent: nil, violation: -1, marks: state.words[Layout.marks]))
  }

  /// The result of a search that found something wrong.
  func end(
    _ result: ExplorationResult, _ visited: VisitedSet, _ finding: Finding
  ) throws(ExplorationError) -> ExplorationResult {
    var result = result
    result.ending = .violated
    result.unique = visited.count
    result.violation =
      finding.violation >= 0 ? dynamics.violation(finding.violation) : missing(finding.marks)
    var path: [Fingerprint] = []
    if finding.state != .zero { path.append(finding.state) }
    var before = finding.parent
    if finding.violation < 0 { before = visited.parent(of: finding.state).flatMap(visited.state) }
    while let state = before {
      path.append(state)
      before = visited.parent(of: state).flatMap { $0 == 0 ? nil : visited.state(low: $0) }
    }
    try retrace(path.reversed(), violation: finding.violation, into: &result)
    result.depth = max(result.depth, result.counterexample.count)
    return result
  }
}
