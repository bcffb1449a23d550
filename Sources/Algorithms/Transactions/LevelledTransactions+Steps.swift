import Nodes
import Values

/// How transactions run side by side.
extension LevelledTransactions {
  mutating func begin(
    _ steps: [Value], _ request: RequestID, origin: NodeID, _ context: inout Context<Self>
  ) {
    guard clients.admit(request) else { return }
    do throws(ErrorReply) {
      let transaction = try Transaction(steps)
      log.append(.began(request), to: .log, &context)
      if running.isEmpty { context.setTimer(.step, after: stepDelay) }
      running.append(
        Running(
          id: request, origin: origin, transaction: transaction,
          snapshot: snapshot(for: transaction, &context)))
    } catch {
      answer(.failed(error), to: request, of: origin, &context)
    }
  }

  private func snapshot(for transaction: Transaction, _ context: inout Context<Self>) -> Int {
    guard level == .serializable, transaction.operations.allSatisfy(\.isRead) else {
      return store.commitCount
    }
    return max(0, store.commitCount - context.choose(below: Self.lagMax + 1, site: "lag"))
  }

  /// Lets one transaction take its next step.
  mutating func takeTurn(_ context: inout Context<Self>) {
    guard !running.isEmpty else { return }
    advance(context.choose(below: running.count, site: "turn"), &context)
    guard !running.isEmpty else { return }
    context.setTimer(.step, after: max(1, stepDelay / Nanoseconds(running.count)))
  }

  private mutating func advance(_ place: Int, _ context: inout Context<Self>) {
    let operations = running[place].transaction.operations
    let position = running[place].outcome.filled.count
    guard position < operations.count else { return finish(place, &context) }
    let operation = operations[position]
    if !level.isVersioned, !operation.isRead, let holder = writer(of: operation.key, but: place) {
      if holder < place { abort(place, .conflict, &context) }
      return
    }
    if !keepsSnapshot { running[place].snapshot = store.commitCount }
    do throws(ErrorReply) {
      try take(operation, place)
    } catch {
      abort(place, error, &context)
    }
  }

  /// The transaction that has written a key and not come to its end, if it is not the one given.
  private func writer(of key: Value, but place: Int) -> Int? {
    running.indices.last { $0 != place && running[$0].outcome.written[key] != nil }
  }

  private mutating func take(_ operation: MicroOperation, _ place: Int) throws(ErrorReply) {
    let key = operation.key
    var value = running[place].outcome.written[key]
    if value == nil {
      value = store.value(of: key, after: level.isVersioned ? running[place].snapshot : .max)
      if operation.isRead {
        running[place].seen.append(key)
        if readsDirtily, let writer = writer(of: key, but: place) {
          value = running[writer].outcome.written[key]
        }
      }
    }
    running[place].outcome.filled.append(operation.filled(value))
    guard !operation.isRead else { return }
    running[place].outcome.written[key] = try operation.result(on: value)
  }

  private mutating func finish(_ place: Int, _ context: inout Context<Self>) {
    let run = running[place]
    if !run.outcome.written.isEmpty {
      guard !isOvertaken(run) else { return abort(place, .conflict, &context) }
      commit(run, &context)
    }
    running.remove(at: place)
    answer(.transaction(run.outcome.filled), to: run.id, of: run.origin, &context)
  }

  /// Whether others have committed what a transaction that writes can't come after.
  private func isOvertaken(_ run: Running) -> Bool {
    guard level.isVersioned else { return false }
    func hasChanged(_ key: Value) -> Bool { store.hasChanged(key, since: run.snapshot) }
    return checksWrites && run.outcome.written.entries.contains { hasChanged($0.key) }
      || validatesReads && run.seen.contains(where: hasChanged)
  }

  private mutating func commit(_ run: Running, _ context: inout Context<Self>) {
    store.commit(run.outcome.written, oldest: oldestSnapshot)
    log.append(.committed(run.outcome.written), to: .log, &context)
  }

  private mutating func abort(
    _ place: Int, _ error: ErrorReply, _ context: inout Context<Self>
  ) {
    let run = running[place]
    if !rollsBack, !run.outcome.written.isEmpty { commit(run, &context) }
    running.remove(at: place)
    answer(.failed(error), to: run.id, of: run.origin, &context)
  }
}
