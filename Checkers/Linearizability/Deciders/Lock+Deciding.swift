extension Lock {
  /// Decides a lock by the times for which each owner certainly holds it.
  ///
  /// An owner holds it for certain from the return of its acquire to the invocation of its release.
  /// Of two sessions one can come before the other exactly if its release is invoked before the
  /// other's acquire returns; so a history is linearizable exactly if no two sessions overlap for
  /// certain: of sessions that must follow each other in a circle, two do so in pairs. Fencing
  /// tokens give the order, so that each session must be able to come before those with greater
  /// tokens. A release that never returned helps, so it counts; an acquire that never returned
  /// hurts, so it does not.
  ///
  /// A lock that is everybody's is a semaphore of one permit.
  ///
  /// - Returns: Nothing where an owner's operations overlap, where an owner goes on after one that
  ///   never returned, and where some acquires have tokens and others not.
  /// - Complexity: O(*n* log *n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var sessions = LockSessions(history, isReentrant: isReentrant)
    guard sessions.read() else {
      return isReentrant ? nil : LockSessions.decideOwnerless(history)
    }
    if let violation = sessions.violation { return .nonlinearizable(violation) }
    return sessions.decision
  }
}

/// The times for which each owner holds a lock.
private struct LockSessions {
  private struct Session {
    var acquire: Int32
    /// The release that ends it, or -1.
    var release: Int32 = -1
    /// The operations within it, of a lock that is held several times.
    var inner: [Int32] = []
    var token: Int64?
    /// From when and until when it is held for certain.
    var start: Int32
    var end = EventTimes.never
  }

  private let history: ObjectHistory<Lock.Operation>
  private let isReentrant: Bool
  private let times: EventTimes
  private var sessions: [Session] = []
  /// An owner that released what it did not hold, or acquired what it held.
  private(set) var violation: Certificate?

  init(_ history: ObjectHistory<Lock.Operation>, isReentrant: Bool) {
    self.history = history
    self.isReentrant = isReentrant
    times = EventTimes(history)
  }

  /// Puts the operations of each owner together.
  ///
  /// - Returns: Whether each owner does one thing after another.
  mutating func read() -> Bool {
    // By owner: the open session, how often it is held, and until when the owner is busy.
    var open: [Int32: (session: Int, depth: Int)] = [:]
    var busy: [Int32: Int32] = [:]
    for number in history.operations.indices {
      let operation = Int32(number)
      let owner: Int32
      switch history.operations[number] {
      case .acquire(let who, _), .release(let who): owner = who
      }
      if let until = busy[owner], until > times.invoked[number] { return false }
      busy[owner] = times.returned[number]
      let isDone = times.returned[number] != EventTimes.never
      switch history.operations[number] {
      case .acquire(_, let token):
        guard isDone else { continue }
        if let (session, depth) = open[owner] {
          guard isReentrant else {
            violation =
              violation
              ?? Certificate(
                [sessions[session].acquire, operation], reason: "an owner gets what it has")
            continue
          }
          if token != nil { return false }
          open[owner] = (session, depth + 1)
          sessions[session].inner.append(operation)
        } else {
          open[owner] = (sessions.count, 1)
          sessions.append(
            Session(acquire: operation, token: token, start: times.returned[number]))
        }
      case .release:
        guard let (session, depth) = open[owner] else {
          if isDone {
            violation =
              violation
              ?? Certificate([operation], reason: "an owner gives back what it has not")
          }
          continue
        }
        if depth > 1 {
          open[owner] = (session, depth - 1)
          sessions[session].inner.append(operation)
        } else {
          open[owner] = nil
          sessions[session].release = operation
          sessions[session].end = times.invoked[number]
        }
      }
    }
    // With the whole session an owner's wrong operation is shown by itself only where it has none.
    if violation?.operations.count == 1 { violation = withSessions(violation) }
    return true
  }

  /// The certificate with all that the owner of its operation did before.
  private func withSessions(_ certificate: Certificate?) -> Certificate? {
    guard let certificate, let last = certificate.operations.last,
      case .release(let owner) = history.operations[Int(last)]
    else { return certificate }
    let own = history.operations.indices.filter { number in
      switch history.operations[number] {
      case .acquire(let who, _), .release(let who): who == owner && number <= Int(last)
      }
    }
    return Certificate(own.map { Int32($0) }, reason: certificate.reason)
  }

  var decision: Decision? {
    let withTokens = sessions.count { $0.token != nil }
    guard withTokens == 0 || withTokens == sessions.count else { return nil }
    let ordered = sessions.sorted { left, right in
      if let a = left.token, let b = right.token, a != b { return a < b }
      return left.start < right.start
    }
    // The session before that is held the longest.
    var longest: Session?
    for (place, session) in ordered.enumerated() {
      if place > 0, let token = session.token, token == ordered[place - 1].token {
        return violation(ordered[place - 1], session, "a token is handed out twice")
      }
      if let longest, longest.end > session.start {
        return violation(
          longest, session,
          withTokens > 0
            ? "a lock's tokens are not in the order in which it was held"
            : "two owners hold the lock at the same time")
      }
      if session.end > longest?.end ?? -1 { longest = session }
    }
    return .linearizable
  }

  private func violation(_ first: Session, _ second: Session, _ reason: String) -> Decision {
    var operations: [Int32] = []
    for session in [first, second] {
      operations.append(session.acquire)
      operations += session.inner
      if session.release >= 0 { operations.append(session.release) }
    }
    return .nonlinearizable(Certificate(operations.sorted(), reason: reason))
  }

  /// A lock without owners is a semaphore of one permit.
  static func decideOwnerless(_ history: ObjectHistory<Lock.Operation>) -> Decision? {
    var owner: Int32?
    for operation in history.operations {
      switch operation {
      case .acquire(let who, let token):
        guard token == nil, owner == nil || owner == who else { return nil }
        owner = who
      case .release(let who):
        guard owner == nil || owner == who else { return nil }
        owner = who
      }
    }
    let permits = history.map { operation -> Semaphore.Operation in
      if case .acquire = operation { .acquire(1) } else { .release(1) }
    }
    return Semaphore(permits: 1).decide(permits)
  }
}
