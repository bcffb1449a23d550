import Dispatch
import Glibc
import Nodes
import Synchronization
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

/// States that are still to be expanded, the last first, each with its distance from the start.
private struct DepthStack {
  private(set) var states = StateList()
  private(set) var depths: [Int] = []

  var count: Int { depths.count }

  mutating func push(_ state: StateList.State, _ depth: Int) {
    states.append(state)
    depths.append(depth)
  }

  /// Moves the last state to a list of its own.
  mutating func pop(to list: StateList) -> Int {
    list.removeAll()
    list.append(states[count - 1])
    states.removeLast()
    return depths.removeLast()
  }

  /// Moves the states at the bottom, from which the most is to be found, to another stack.
  mutating func moveBottom(_ number: Int, to other: inout DepthStack) {
    for place in 0..<number { other.push(states[place], depths[place]) }
    var rest = DepthStack()
    for place in number..<count { rest.push(states[place], depths[place]) }
    self = rest
  }
}

/// What is to be expanded by whichever thread has nothing left.
private final class SharedStack: @unchecked Sendable {
  private struct Content: @unchecked Sendable {
    var stack = DepthStack()
    /// How many threads have work of their own, from which more may come.
    var busyCount = 0
    var isOver = false
  }

  private static let pause: UInt32 = 100

  private let content = Mutex(Content())
  private let waitingCount = Atomic<Int>(0)

  var isWanted: Bool { waitingCount.load(ordering: .relaxed) > 0 }

  func give(_ number: Int, of stack: inout DepthStack) {
    nonisolated(unsafe) var own = stack
    content.withLock { own.moveBottom(number, to: &$0.stack) }
    stack = own
  }

  /// Waits for work.
  ///
  /// - Returns: Nothing once there is none and will be none.
  func take() -> DepthStack? {
    waitingCount.add(1, ordering: .relaxed)
    defer { waitingCount.subtract(1, ordering: .relaxed) }
    while true {
      nonisolated(unsafe) var taken: DepthStack?
      let isOver = content.withLock { content in
        guard !content.isOver, content.stack.count > 0 else {
          return content.isOver || content.busyCount == 0
        }
        var part = DepthStack()
        content.stack.moveBottom((content.stack.count + 1) / 2, to: &part)
        content.busyCount += 1
        taken = part
        return false
      }
      if taken != nil || isOver { return taken }
      usleep(SharedStack.pause)
    }
  }

  /// What was taken is done with.
  func finish() { content.withLock { $0.busyCount -= 1 } }

  func end() { content.withLock { $0.isOver = true } }

  var isOver: Bool { content.withLock { $0.isOver } }
}

/// One thread's part in a depth-first search.
private final class DepthWorker: @unchecked Sendable {
  let expander: Expander
  var stack = DepthStack()
  var generated = 0
  var depth = 0
  var bytes = 0
  var finding: Finding?
  var ending: ExplorationResult.Ending?
  var error: ExplorationError?

  init(_ expander: Expander) { self.expander = expander }
}

extension Search {
  /// How many states a thread expands until it looks whether others want some, or it is to end.
  private static let turn = 256

  /// Visits the successors of the state that was met last first.
  ///
  /// Several threads share what is to be expanded: what they find of a space without a violation is the
  /// same as one does.
  func depthFirst(_ limits: ExplorationLimits) throws(ExplorationError) -> ExplorationResult {
    guard bounds.depth == nil else {
      throw ExplorationError("a bound on the depth needs a breadth-first search")
    }
    let cores = max(1, limits.cores)
    let visited = VisitedSet(isShared: cores > 1)
    let workers = (0..<cores).map { _ in DepthWorker(makeExpander()) }
    var result = ExplorationResult(ending: .exhausted, unique: 0, generated: 0, depth: 0, bytes: 0)
    let (initial, violation) = try initialStates(workers[0].expander)
    if violation >= 0 {
      return try end(result, visited, Finding(state: .zero, parent: nil, violation: violation))
    }
    var stack = DepthStack()
    for place in 0..<initial.count {
      _ = visited.insert(initial[place].fingerprint, from: .zero)
      stack.push(initial[place], 0)
    }
    let shared = SharedStack()
    shared.give(stack.count, of: &stack)
    nonisolated(unsafe) let search = self
    @Sendable func work(_ place: Int) {
      search.work(workers[place], shared, visited, limits, workers.count)
    }
    if cores == 1 {
      work(0)
    } else {
      DispatchQueue.concurrentPerform(iterations: cores) { work($0) }
    }
    for worker in workers { if let error = worker.error { throw error } }
    result.generated = workers.reduce(0) { $0 + $1.generated }
    result.depth = workers.reduce(0) { max($0, $1.depth) }
    result.bytes = workers.reduce(visited.bytes) { $0 + $1.bytes }
    result.unique = visited.count
    if let finding = workers.compactMap(\.finding).first {
      return try end(result, visited, finding)
    }
    result.ending = workers.compactMap(\.ending).first ?? .exhausted
    return result
  }

  private func work(
    _ worker: DepthWorker, _ shared: SharedStack, _ visited: VisitedSet,
    _ limits: ExplorationLimits, _ workerCount: Int
  ) {
    var sink = StackSink(visited: visited)
    let current = StateList()
    while let taken = shared.take() {
      worker.stack = taken
      // Others have given numbers to what is in these states.
      worker.expander.table.catchUp()
      while worker.stack.count > 0 {
        for _ in 0..<min(Search.turn, worker.stack.count) {
          do throws(ExplorationError) {
            try step(worker, current, &sink)
          } catch {
            worker.error = error
            return shared.end()
          }
          if worker.finding != nil { return shared.end() }
        }
        if shared.isOver { return }
        if worker.stack.count > 1, shared.isWanted {
          shared.give(worker.stack.count / 2, of: &worker.stack)
        }
        limits.watch(visited.count, worker.depth)
        let held = worker.stack.states.bytes + worker.expander.bytes
        worker.bytes = max(worker.bytes, held)
        if limits.isStopped() { worker.ending = .stopped }
        if visited.bytes + held * workerCount > limits.memory { worker.ending = .outOfMemory }
        if worker.ending != nil { return shared.end() }
      }
      shared.finish()
    }
  }

  private func step(
    _ worker: DepthWorker, _ current: StateList, _ sink: inout StackSink
  ) throws(ExplorationError) {
    let depth = worker.stack.pop(to: current)
    sink.fresh.removeAll()
    try worker.expander.expand(current[0], into: &sink)
    worker.generated += worker.expander.generated
    for place in 0..<sink.fresh.count { worker.stack.push(sink.fresh[place], depth + 1) }
    if sink.fresh.count > 0 { worker.depth = max(worker.depth, depth + 1) }
    worker.finding = sink.finding
    if worker.finding == nil, isUnfulfilled(current[0], worker.expander) {
      worker.finding = Finding(
        state: current[0].fingerprint, parent: nil, violation: -1,
        marks: current[0].words[Layout.marks])
    }
  }
}
