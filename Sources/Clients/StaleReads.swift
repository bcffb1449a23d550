public import Histories
import Values
public import Verdicts

/// An operation that a store's own revisions prove wrong: another one had ended with a greater
/// revision before it began.
struct OldRevision: Hashable {
  /// The positions of the operation's lines, and of the completion that proves it wrong.
  var invocation: Int
  var completion: Int
  var witness: Int
  var revision: Int
}

/// Where a history goes back to revisions that were over.
struct OldRevisions: Hashable {
  /// Reads, and transactions of reads.
  var reads: [OldRevision] = []
  /// Operations that would write: what they changed should have come on top of all before.
  var writes: [OldRevision] = []
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

  /// Whether an operation is decided in the store's log.
  private func isWrite(_ operation: Operation) -> Bool {
    ["write", "cas", "add", "txn"].contains(operation.f) && !isRead(operation)
  }

  /// The reads of which a `"revision"` tells that they are stale, and the writes of which it tells
  /// that the store had gone back.
  ///
  /// A revision is the state of the whole store, and only grows: whoever answers with one has seen
  /// all that came before it, so a linearizable read that begins later must have a revision that is
  /// no smaller. So must a write that changed nothing; one that did makes a new, greater revision.
  ///
  /// - Complexity: O(*n*).
  var oldRevisions: OldRevisions {
    /// The completion with the greatest revision so far.
    var greatest: (revision: Int, position: Int)?
    /// By the position of an invocation: that completion when it was invoked.
    var known: [Int: (revision: Int, position: Int)] = [:]
    var old = OldRevisions()
    for (position, line) in operations.enumerated() where line.process.number != nil {
      guard line.type != .invoke else {
        known[position] = greatest
        continue
      }
      guard let revision = line.extra[fact: "revision"]?.integer else { continue }
      let invocation = Int(partners[position])
      if invocation >= 0, let witness = known[invocation] {
        let found = OldRevision(
          invocation: invocation, completion: position, witness: witness.position,
          revision: revision)
        if isRead(line) {
          if line.type == .ok, revision < witness.revision { old.reads.append(found) }
        } else if isWrite(line) {
          let least = line.type == .ok ? witness.revision + 1 : witness.revision
          if line.type != .info, revision < least { old.writes.append(found) }
        }
      }
      if revision > greatest?.revision ?? .min { greatest = (revision, position) }
    }
    return old
  }

  /// How many reads tell their revision.
  var revisedReads: Int {
    operations.count {
      $0.type == .ok && $0.process.number != nil && $0.extra[fact: "revision"]?.integer != nil
        && isRead($0)
    }
  }
}

/// Finds linearizable reads that a store's revisions prove stale, and writes that prove that the
/// store went back.
///
/// Completions tell the store's `"revision"` that they were decided at. A read, or a transaction of
/// reads, that was invoked after another operation had ended with a greater revision is the anomaly
/// `stale-linearizable-read`. An operation that writes and was invoked after a revision that it does
/// not follow is the anomaly `revision-rollback`: what had been there was lost, or nodes went ways of
/// their own. It says nothing of reads that are serializable only.
public struct StaleReadsChecker: Checker {
  public var name: String { "stale-reads" }

  public init() {}

  /// - Complexity: O(*n*).
  public func check(_ history: History) -> Finding {
    let old = history.oldRevisions
    let reads = history.revisedReads
    let facts = ValueMap(facts: [
      "read-count": .integer(reads), "stale-count": .integer(old.reads.count),
    ])
    var report = CaseReport([
      (
        "stale-linearizable-read",
        "an operation had ended with a greater revision before the read began"
      ),
      (
        "revision-rollback",
        "an operation had ended with a revision before the write began that it does not follow"
      ),
    ])
    for (type, cases) in [
      ("stale-linearizable-read", old.reads), ("revision-rollback", old.writes),
    ] {
      for found in cases {
        report.add(type) {
          let lines = [found.witness, found.invocation, found.completion].map {
            history.operations[$0]
          }
          return (lines.map(\.index), StaleReadsChecker.text(lines[0], lines[1], lines[2]))
        }
      }
    }
    guard reads > 0 || !old.writes.isEmpty else {
      return Finding(name, .unknown, reason: "no read told its revision", facts: facts)
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

/// Judges a history with the reads that its revisions prove stale as reads of the past, by another
/// checker.
///
/// That such a read is stale is a fault of its own, which ``StaleReadsChecker`` reports; what it
/// found must have been there all the same. So it counts as done by a process of its own, just before
/// the first completion with a greater revision. Until then its revision can have been the newest:
/// what is older was invoked before, and what is newer completed later. A read that is not proven
/// stale is judged as it is.
public struct ExcusedReads: Checker {
  public var name: String { checker.name }

  private let checker: any Checker

  public init(_ checker: any Checker) { self.checker = checker }

  public func check(_ history: History) -> Finding {
    let stale = history.oldRevisions.reads
    guard !stale.isEmpty else { return checker.check(history) }
    do {
      var finding = checker.check(try History(lines(of: history, stale)))
      finding.facts[fact: "excused-reads"] = .integer(stale.count)
      return finding
    } catch {
      return Finding(name, .unknown, reason: error.description)
    }
  }

  /// A history's lines, with stale reads where they would have been right.
  private func lines(of history: History, _ stale: [OldRevision]) -> [Operation] {
    let operations = history.operations
    let ends = history.revisionEnds
    var process = (operations.lazy.compactMap(\.process.number).max() ?? 0) + 1
    // By the position of a line: the lines that come before it.
    var moved: [Int: [Operation]] = [:]
    var dropped: Set<Int> = []
    for read in stale.sorted(by: { $0.revision < $1.revision }) {
      guard let end = ends.first(after: read.revision) else { continue }
      for position in [read.invocation, read.completion] {
        var line = operations[position]
        line.process = .client(process)
        line.time = operations[end].time
        // It tells nothing of the last state.
        line.extra[fact: "final"] = nil
        moved[end, default: []].append(line)
        dropped.insert(position)
      }
      process += 1
    }
    var lines: [Operation] = []
    lines.reserveCapacity(operations.count)
    for (position, line) in operations.enumerated() {
      lines += moved[position] ?? []
      if !dropped.contains(position) { lines.append(line) }
    }
    return lines
  }
}

/// The completions that told a greater revision than all before.
struct RevisionEnds {
  /// In ascending order of both.
  private var records: [(revision: Int, position: Int)] = []

  mutating func note(_ revision: Int, at position: Int) {
    if revision > records.last?.revision ?? .min { records.append((revision, position)) }
  }

  /// The position of the first completion with a revision beyond this one.
  ///
  /// - Complexity: O(log *n*).
  func first(after revision: Int) -> Int? {
    var (low, high) = (0, records.count)
    while low < high {
      let middle = (low + high) / 2
      if records[middle].revision > revision { high = middle } else { low = middle + 1 }
    }
    return low < records.count ? records[low].position : nil
  }
}

extension History {
  var revisionEnds: RevisionEnds {
    var ends = RevisionEnds()
    for (position, line) in operations.enumerated()
    where line.type != .invoke && line.process.number != nil {
      if let revision = line.extra[fact: "revision"]?.integer { ends.note(revision, at: position) }
    }
    return ends
  }
}
