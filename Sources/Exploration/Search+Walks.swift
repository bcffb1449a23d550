import Dispatch
import Nodes
import Synchronization
import Values

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

/// A walk that has come to something wrong.
private struct WalkFinding {
  var number: Int
  var path: [Fingerprint]
  /// Which violation it is; -1 for an end that is no good.
  var violation: Int32
  var marks: UInt32
}

/// One thread's part in random walks.
private final class WalkWorker: @unchecked Sendable {
  let expander: Expander
  var generated = 0
  var depth = 0
  var findings: [WalkFinding] = []
  var error: ExplorationError?

  init(_ expander: Expander) { self.expander = expander }
}

extension Search {
  /// How many walks are made before it is looked at what they have come to.
  ///
  /// All of them are made, whatever one finds: so the result does not depend on which was the first.
  private static let round = 64

  /// Walks at random from the start to an end, again and again.
  ///
  /// A walk is a function of the seed and its number, and of several that come to something wrong the
  /// first in their order counts: the result does not depend on the number of cores.
  func walk(_ limits: ExplorationLimits) throws(ExplorationError) -> ExplorationResult {
    let cores = max(1, limits.cores)
    let visited = VisitedSet(isShared: cores > 1)
    let workers = (0..<cores).map { _ in WalkWorker(makeExpander()) }
    var result = ExplorationResult(ending: .walked, unique: 0, generated: 0, depth: 0, bytes: 0)
    let (initial, violation) = try initialStates(workers[0].expander)
    if violation >= 0 {
      return try end(result, visited, Finding(state: .zero, parent: nil, violation: violation))
    }
    var first = 0
    while first < limits.walks, result.ending == .walked {
      let numbers = first..<min(limits.walks, first + Search.round)
      walk(numbers, from: initial, workers, visited, limits)
      for worker in workers { if let error = worker.error { throw error } }
      first = numbers.upperBound
      result.depth = workers.reduce(0) { max($0, $1.depth) }
      result.bytes = workers.reduce(visited.bytes) { $0 + $1.expander.bytes }
      limits.watch(visited.count, result.depth)
      if let finding = workers.flatMap(\.findings).min(by: { $0.number < $1.number }) {
        result.ending = .violated
        result.violation =
          finding.violation >= 0
          ? dynamics.violation(finding.violation) : missing(finding.marks)
        try retrace(finding.path, violation: finding.violation, into: &result)
      } else if limits.isStopped() {
        result.ending = .stopped
      } else if result.bytes > limits.memory {
        result.ending = .outOfMemory
      }
    }
    result.generated = workers.reduce(0) { $0 + $1.generated }
    result.unique = visited.count
    return result
  }

  /// Makes the walks with these numbers.
  private func walk(
    _ numbers: Range<Int>, from initial: StateList, _ workers: [WalkWorker],
    _ visited: VisitedSet, _ limits: ExplorationLimits
  ) {
    let claimed = Atomic<Int>(numbers.lowerBound)
    nonisolated(unsafe) let search = self
    nonisolated(unsafe) let initial = initial
    @Sendable func work(_ worker: WalkWorker) {
      worker.expander.table.catchUp()
      while worker.error == nil, !limits.isStopped() {
        let number = claimed.add(1, ordering: .relaxed).oldValue
        guard number < numbers.upperBound else { break }
        do throws(ExplorationError) {
          try search.walk(number, from: initial, worker, visited, limits)
        } catch {
          worker.error = error
        }
      }
    }
    if workers.count == 1 {
      work(workers[0])
    } else {
      DispatchQueue.concurrentPerform(iterations: workers.count) { work(workers[$0]) }
    }
  }

  /// Makes one walk.
  private func walk(
    _ number: Int, from initial: StateList, _ worker: WalkWorker, _ visited: VisitedSet,
    _ limits: ExplorationLimits
  ) throws(ExplorationError) {
    let expander = worker.expander
    let longest = min(bounds.depth ?? limits.walkLength, limits.walkLength)
    var sink = WalkSink(Draws(seed: limits.seed, stream: UInt64(number)))
    let current = StateList()
    current.append(initial[sink.draws.below(initial.count)])
    var path = [current[0].fingerprint]
    _ = visited.insert(current[0].fingerprint, from: .zero)
    while path.count <= longest {
      sink.count = 0
      sink.next.removeAll()
      try expander.expand(current[0], into: &sink)
      worker.generated += expander.generated
      if sink.finding != nil || isUnfulfilled(current[0], expander) {
        if let state = sink.finding?.state { path.append(state) }
        worker.findings.append(
          WalkFinding(
            number: number, path: path, violation: sink.finding?.violation ?? -1,
            marks: current[0].words[Layout.marks]))
        break
      }
      guard sink.count > 0 else { break }
      current.removeAll()
      current.append(sink.next[0])
      path.append(current[0].fingerprint)
      _ = visited.insert(current[0].fingerprint, from: .zero)
    }
    worker.depth = max(worker.depth, path.count - 1)
  }
}
