extension Semaphore {
  /// Decides a semaphore whose operations all take or give one permit.
  ///
  /// What happened matters by its number only, so operations may as well take effect as late as
  /// they can: when an acquire has to return and no permit is free, the release that has to return
  /// first takes effect before it; when a release has to return and all permits are free, the
  /// acquire that has to return first. That never rules out anything that was possible: of
  /// operations that do the same, those that must come first are used first, and none is used
  /// before it is needed.
  ///
  /// - Returns: Nothing where several permits are taken or given at once.
  /// - Complexity: O(*n* log *n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    let isUnit = history.operations.allSatisfy { $0 == .acquire(1) || $0 == .release(1) }
    guard isUnit, permits > 0 else { return nil }
    let times = EventTimes(history)
    var free = permits
    var acquires = OpenOperations(count: history.count)
    var releases = OpenOperations(count: history.count)
    for (time, event) in history.events.enumerated() {
      let operation = Int(event >> 1)
      let isAcquire = history.operations[operation] == .acquire(1)
      guard event & 1 == 1 else {
        let deadline = times.returned[operation]
        if isAcquire {
          acquires.insert(operation, deadline)
        } else {
          releases.insert(operation, deadline)
        }
        continue
      }
      if isAcquire {
        guard !acquires.isUsed(operation) else { continue }
        if free == 0 {
          guard releases.useFirst() else {
            return .nonlinearizable(prefix(history, times, time, "no permit can be free"))
          }
          free += 1
        }
        acquires.use(operation)
        free -= 1
      } else {
        guard !releases.isUsed(operation) else { continue }
        if free == permits {
          guard acquires.useFirst() else {
            return .nonlinearizable(prefix(history, times, time, "no permit can be out"))
          }
          free -= 1
        }
        releases.use(operation)
        free += 1
      }
    }
    return .linearizable
  }

  /// The operations that were invoked by an event, those that did not return by then weakened.
  private func prefix(
    _ history: ObjectHistory<Operation>, _ times: EventTimes, _ time: Int, _ reason: String
  ) -> Certificate {
    var certificate = Certificate([], reason: reason)
    for operation in 0..<history.count where Int(times.invoked[operation]) <= time {
      if Int(times.returned[operation]) <= time {
        certificate.operations.append(Int32(operation))
      } else {
        certificate.weakened.append(Int32(operation))
      }
    }
    return certificate
  }
}

/// Operations that were invoked and have not taken effect, by the time at which they must have.
private struct OpenOperations {
  private struct Due: Comparable {
    var deadline: Int32
    var operation: Int32

    static func < (left: Due, right: Due) -> Bool { left.deadline < right.deadline }
  }

  private var heap = MinimumHeap<Due>()
  private var used: [Bool]

  init(count: Int) { used = [Bool](repeating: false, count: count) }

  func isUsed(_ operation: Int) -> Bool { used[operation] }

  mutating func use(_ operation: Int) { used[operation] = true }

  mutating func insert(_ operation: Int, _ deadline: Int32) {
    heap.insert(Due(deadline: deadline, operation: Int32(operation)))
  }

  /// Uses the operation that must take effect first.
  ///
  /// - Returns: Whether there is one.
  mutating func useFirst() -> Bool {
    while let first = heap.popFirst() {
      if used[Int(first.operation)] { continue }
      used[Int(first.operation)] = true
      return true
    }
    return false
  }
}
