public import Histories
public import Values
public import Verdicts

/// Judges that no two processes hold a lock at a time: a linearizable mutex, whose owner is the
/// process.
///
/// Operations: `acquire`, `refresh` and `release`, without values. A process *claims* the lock from
/// the completion of its acquire to the invocation of its release, however that ends. A refresh
/// asks to keep what is held; it claims nothing, but shows that its process is still there. Beside a
/// claim nobody may acquire the lock, and nobody may release what nobody can have given it.
///
/// Locks with leases are taken away from owners who went away, so what an owner may have given up
/// by itself is excused. A claim ends early
/// - at the last sign of a process that never releases: its acquire's completion, the invocation of
///   a refresh, or the completion of one that did not end indeterminately;
/// - at the invocation of a refresh that fails by `"not-held"`: its process has been told;
/// - at the last sign before a process invoked nothing for longer than a lease, counted from the
///   invocation of its acquire: it did not do what keeps a lease alive.
///
/// An acquire that took longer than a lease claims nothing. An acquire that ended indeterminately
/// claims nothing either, for its process need not know that it has the lock.
public struct LockChecker: Checker {
  public var name: String { "lock" }

  private let lease: Nanoseconds?

  /// - Parameter lease: How long a lock is kept for a process that invokes nothing; nothing where it
  ///   is kept for ever.
  public init(lease: Nanoseconds? = nil) { self.lease = lease }

  /// - Complexity: O(*n* log *n*) where each process does one thing after another.
  public func check(_ history: History) -> Finding {
    let claims = LockClaims(history, lease: lease)
    let facts = ValueMap(facts: [
      "acquired-count": .integer(claims.acquired), "claims": .integer(claims.claims.count),
      "ended-early": .integer(claims.claims.count { $0.endsEarly }),
    ])
    guard claims.acquired > 0 else {
      return Finding(name, .unknown, reason: "the lock was never acquired", facts: facts)
    }
    let judged: Finding
    do {
      judged = LinearizabilityChecker(MutexModel()).check(try History(claims.operations))
    } catch {
      return Finding(name, .unknown, reason: error.description, facts: facts)
    }
    var finding = Finding(name, judged.verdict, reason: judged.reason, facts: facts)
    guard judged.verdict == .invalid else { return finding }
    finding.anomalies = judged.anomalies.map { anomaly in
      var anomaly = anomaly
      anomaly.operations = Array(Set(anomaly.operations)).sorted()
      return anomaly
    }
    guard let (first, second) = claims.overlap, !finding.anomalies.isEmpty else { return finding }
    finding.reason = "two processes held the lock at a time"
    finding.anomalies[0].type = "mutual-exclusion"
    finding.anomalies[0].explanation =
      text(first, second, history) + "\n\n" + finding.anomalies[0].explanation
    return finding
  }

  private func text(_ first: LockClaim, _ second: LockClaim, _ history: History) -> String {
    func place(_ position: Int) -> String {
      let line = history.operations[position]
      return line.time < 0
        ? "line \(line.index)" : "line \(line.index) (\(seconds(line.time)) s)"
    }
    return "process \(first.process) held the lock from \(place(first.start)) to "
      + "\(place(first.end)),\nand process \(second.process) acquired it at "
      + "\(place(second.start)), while it was held"
  }

  private func seconds(_ time: Nanoseconds) -> String {
    let thousandths = time / 1_000_000
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

/// For how long a process certainly takes itself for the owner of a lock.
struct LockClaim {
  var process: Int
  /// The position of the acquire's completion.
  var start: Int
  /// The position of the line with which it ends: a release's invocation, or the last sign of its
  /// process.
  var end: Int
  /// Whether it ends without a release.
  var endsEarly: Bool
}

/// The claims of a history, and what is left of it for a mutex to be judged by.
private struct LockClaims {
  /// A process that has acquired the lock.
  private struct Owner {
    var start: Int
    /// The position of its last sign, and the time of its last invocation.
    var sign: Int
    var invoked: Nanoseconds
    /// The position of the refresh that it waits for.
    var refresh: Int?
  }

  /// What a process is, beside an owner.
  private enum Standing {
    /// Its claim has ended, and what it does until its next acquire says nothing.
    case lapsed
    /// It may have the lock by an acquire that ended indeterminately.
    case uncertain
  }

  private(set) var claims: [LockClaim] = []
  private(set) var acquired = 0
  /// Acquires and releases, with a release after each line where a claim ended early.
  private(set) var operations: [Operation] = []

  private let history: History
  private let lease: Nanoseconds?
  private var owners: [Int: Owner] = [:]
  private var standings: [Int: Standing] = [:]
  private var isKept: [Bool]

  init(_ history: History, lease: Nanoseconds?) {
    self.history = history
    self.lease = lease
    isKept = Array(repeating: false, count: history.operations.count)
    for (position, line) in history.operations.enumerated() {
      guard let process = line.process.number else { continue }
      switch line.f {
      case "acquire": acquire(line, at: position, by: process)
      case "refresh": refresh(line, at: position, by: process)
      case "release": release(line, at: position, by: process)
      default: continue
      }
    }
    for process in owners.keys.sorted() { lapse(process) }
    operations = judged()
  }

  private func partner(of position: Int) -> Operation? {
    let partner = Int(history.partners[position])
    return partner < 0 ? nil : history.operations[partner]
  }

  private mutating func acquire(_ line: Operation, at position: Int, by process: Int) {
    switch line.type {
    case .invoke:
      // It can't take itself for the owner any more.
      lapse(process)
      standings[process] = nil
      guard let outcome = partner(of: position)?.type, outcome != .info else {
        standings[process] = .uncertain
        isKept[position] = true
        return
      }
      isKept[position] = outcome == .ok
    case .ok:
      let partner = Int(history.partners[position])
      let invoked = partner < 0 ? line.time : history.operations[partner].time
      acquired += 1
      guard !isSilent(from: invoked, to: line.time) else {
        if partner >= 0 { isKept[partner] = false }
        standings[process] = .lapsed
        return
      }
      isKept[position] = true
      owners[process] = Owner(start: position, sign: position, invoked: invoked)
    case .info: isKept[position] = true
    case .fail: break
    }
  }

  /// Whether a process that invoked nothing in this time has let a lease run out.
  private func isSilent(from start: Nanoseconds, to end: Nanoseconds) -> Bool {
    guard let lease, start >= 0, end >= 0 else { return false }
    return end - start > lease
  }

  private mutating func refresh(_ line: Operation, at position: Int, by process: Int) {
    guard var owner = owners[process] else { return }
    if line.type == .invoke {
      guard !isSilent(from: owner.invoked, to: line.time) else { return lapse(process) }
      owner.invoked = line.time
      owner.sign = position
      owner.refresh = position
    } else if line.type == .fail && line.tellsOfLoss {
      // It is over since this refresh was invoked, if not before.
      return lapse(process)
    } else if line.type != .info {
      owner.sign = position
    }
    owners[process] = owner
  }

  private mutating func release(_ line: Operation, at position: Int, by process: Int) {
    guard line.type == .invoke else { return }
    if let owner = owners[process] {
      guard !isSilent(from: owner.invoked, to: line.time) else { return lapse(process) }
      owners[process] = nil
      keep(position)
      claims.append(
        LockClaim(process: process, start: owner.start, end: position, endsEarly: false))
      return
    }
    // What it did not hold it can't release, be it by its own mistake or by the lock's.
    guard standings[process] != .lapsed, partner(of: position)?.type == .ok else { return }
    standings[process] = nil
    keep(position)
  }

  private mutating func keep(_ invocation: Int) {
    isKept[invocation] = true
    if history.partners[invocation] >= 0 { isKept[Int(history.partners[invocation])] = true }
  }

  private mutating func lapse(_ process: Int) {
    guard let owner = owners.removeValue(forKey: process) else { return }
    standings[process] = .lapsed
    claims.append(
      LockClaim(process: process, start: owner.start, end: owner.sign, endsEarly: true))
  }

  /// The lines for a mutex.
  ///
  /// A release that failed has ended a claim as any other did: whether two claims exclude each other
  /// depends on the invocation of the first's release only.
  private func judged() -> [Operation] {
    var ended: [Int: Int] = [:]
    for claim in claims where claim.endsEarly { ended[claim.end] = claim.process }
    var judged: [Operation] = []
    for (position, line) in history.operations.enumerated() {
      if isKept[position] {
        var line = line
        if line.f == "release" && line.type == .fail { line.type = .ok }
        judged.append(line)
      }
      guard let process = ended[position] else { continue }
      for type in [Operation.Kind.invoke, .ok] {
        judged.append(
          Operation(
            index: line.index, time: line.time, type: type, process: .client(process), f: "release"
          ))
      }
    }
    return judged
  }

  /// Two claims of which one begins within the other.
  var overlap: (LockClaim, LockClaim)? {
    var longest: LockClaim?
    for claim in claims.sorted(by: { $0.start < $1.start }) {
      if let longest, claim.start < longest.end { return (longest, claim) }
      if claim.end > longest?.end ?? -1 { longest = claim }
    }
    return nil
  }
}

extension Operation {
  /// Whether its error says that its process does not hold the lock.
  fileprivate var tellsOfLoss: Bool {
    (error?.elements?.first ?? error)?.name == "not-held"
  }
}
