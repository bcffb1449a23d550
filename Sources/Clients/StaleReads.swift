public import Histories
import Values
public import Verdicts

/// A read that a store's own revisions prove stale: another operation had ended with a greater
/// revision before it began.
struct StaleRead: Hashable {
  /// The positions of the read's lines, and of the completion that proves it stale.
  var invocation: Int
  var completion: Int
  var witness: Int
}

extension History {
  /// Whether an operation only reads: `read`, or a transaction of reads.
  private func isRead(_ operation: Operation) -> Bool {
    switch operation.f {
    case "read": return true
    case "txn":
      let steps = operation.value.elements ?? []
      return !steps.isEmpty && steps.allSatisfy { $0.elements?.first?.name == "r" }
    default: return false
    }
  }

  /// The reads of which a `"revision"` tells that they are stale.
  ///
  /// A revision is the state of the whole store, and only grows: whoever answers with one has seen
  /// all that came before it, so a linearizable read that begins later must have a revision that is
  /// no smaller.
  ///
  /// - Complexity: O(*n*).
  var staleReads: [StaleRead] {
    /// The completion with the greatest revision so far.
    var greatest: (revision: Int, position: Int)?
    /// By the position of an invocation: that completion when it was invoked.
    var known: [Int: (revision: Int, position: Int)] = [:]
    var stale: [StaleRead] = []
    for (position, line) in operations.enumerated() where line.process.number != nil {
      guard line.type != .invoke else {
        known[position] = greatest
        continue
      }
      guard let revision = line.extra[fact: "revision"]?.integer else { continue }
      let invocation = Int(partners[position])
      if line.type == .ok, isRead(line), invocation >= 0, let witness = known[invocation],
        witness.revision > revision
      {
        stale.append(
          StaleRead(invocation: invocation, completion: position, witness: witness.position))
      }
      if revision > greatest?.revision ?? .min { greatest = (revision, position) }
    }
    return stale
  }

  /// How many reads tell their revision.
  var revisedReads: Int {
    operations.count {
      $0.type == .ok && $0.process.number != nil && $0.extra[fact: "revision"]?.integer != nil
        && isRead($0)
    }
  }
}

/// Finds linearizable reads that a store's revisions prove stale.
///
/// Completions tell the store's `"revision"` that they were decided at. A read, or a transaction of
/// reads, that was invoked after another operation had ended with a greater revision is the anomaly
/// `stale-linearizable-read`. It says nothing of reads that are serializable only.
public struct StaleReadsChecker: Checker {
  public var name: String { "stale-reads" }

  public init() {}

  /// - Complexity: O(*n*).
  public func check(_ history: History) -> Finding {
    let stale = history.staleReads
    let reads = history.revisedReads
    let facts = ValueMap(facts: [
      "read-count": .integer(reads), "stale-count": .integer(stale.count),
    ])
    guard reads > 0 else {
      return Finding(name, .unknown, reason: "no read told its revision", facts: facts)
    }
    var report = CaseReport([
      (
        "stale-linearizable-read",
        "an operation had ended with a greater revision before the read began"
      )
    ])
    for read in stale {
      report.add("stale-linearizable-read") {
        let lines = [read.witness, read.invocation, read.completion].map { history.operations[$0] }
        return (lines.map(\.index), StaleReadsChecker.text(lines[0], lines[1], lines[2]))
      }
    }
    var finding = Finding(name, .valid, facts: facts)
    finding.add(report.anomalies)
    return finding
  }

  private static func text(
    _ witness: Operation, _ invocation: Operation, _ completion: Operation
  ) -> String {
    func revision(_ line: Operation) -> Int { line.extra[fact: "revision"]?.integer ?? 0 }
    return "op \(witness.index): \(witness.f) \(witness.value.text()) of process "
      + "\(witness.process) ended at revision \(revision(witness)); op \(invocation.index): process "
      + "\(invocation.process) began to \(invocation.f), and op \(completion.index) answered "
      + "\(completion.value.text()) of revision \(revision(completion))"
  }
}

/// Judges a history without the reads that its revisions prove stale, by another checker.
///
/// Such reads are a fault of their own, which ``StaleReadsChecker`` reports; what else is found then
/// stands by itself. A read that is not proven stale is judged as it is.
public struct ExcusedReads: Checker {
  public var name: String { checker.name }

  private let checker: any Checker

  public init(_ checker: any Checker) { self.checker = checker }

  public func check(_ history: History) -> Finding {
    let stale = history.staleReads
    guard !stale.isEmpty else { return checker.check(history) }
    let dropped = Set(stale.flatMap { [$0.invocation, $0.completion] })
    let kept = history.operations.indices.lazy.filter { !dropped.contains($0) }
    do {
      var finding = checker.check(try History(kept.map { history.operations[$0] }))
      finding.facts[fact: "excused-reads"] = .integer(stale.count)
      return finding
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
  }
}
