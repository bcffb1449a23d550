/// What must have been committed before what a read shows, by the axioms of Biswas and Enea (On the
/// complexity of checking transactional consistency, OOPSLA 2019), by which the weak levels are told
/// where the order of versions is not known.
///
/// A transaction that wrote what a read shows was committed after all others that wrote the key and
/// were seen by then.
enum CommitRule: Hashable, Sendable, CaseIterable {
  /// Seen is what the transaction had read from before: read committed.
  case earlierReads
  /// Seen is what the transaction read from, and what its process had executed: read atomic.
  case reads
  /// Seen is all that led there by reads and by the order of processes: causal convergence.
  case causes

  /// The level that holds where there is an order of commits by this rule.
  func model(withSessions: Bool) -> ConsistencyModel {
    switch (self, withSessions) {
    case (.earlierReads, false): .monotonicAtomicView
    case (.earlierReads, true): .strongSessionReadCommitted
    case (.reads, false): .readAtomic
    case (.reads, true): .strongSessionReadAtomic
    case (.causes, false): .causalCerone
    case (.causes, true): .causalConvergence
    }
  }

  /// What the transactions do wrong that no order of commits explains.
  func phenomenon(withSessions: Bool) -> Phenomenon {
    switch (self, withSessions) {
    case (.earlierReads, false): .observedTransactionVanishes
    case (.earlierReads, true): .observedTransactionVanishesProcess
    case (.reads, false): .fracturedRead
    case (.reads, true): .fracturedReadProcess
    case (.causes, false): .causalityViolation
    case (.causes, true): .cyclicConflict
    }
  }
}

/// That one transaction was committed before another, as a read tells.
struct CommitConstraint {
  /// Who had been seen, and wrote the key that was read.
  var from: Int32
  /// Who wrote what the read shows; ``ReadsFrom/initial`` where nobody did, which nothing precedes.
  var to: Int32
  /// The step that read it.
  var read: Int32

  var pair: Pair { Pair(from: from, to: to) }

  /// Two transactions of which the first was committed before the second.
  struct Pair: Hashable {
    var from: Int32
    var to: Int32
  }
}

/// Visits the constraints of the rules that look at what a transaction itself read, and at what its
/// process did.
struct DirectConstraints {
  private let reads: ReadsFrom
  private let sessions: SessionOrder?
  private let rule: CommitRule

  init(_ reads: ReadsFrom, _ sessions: SessionOrder?, _ rule: CommitRule) {
    self.reads = reads
    self.sessions = sessions
    self.rule = rule
  }

  /// Visits each constraint, some more than once.
  ///
  /// - Complexity: O(*n* √*n* log *n*) for *n* steps; where transactions are short, O(*n*).
  func visit(_ emit: (CommitConstraint) -> Void) {
    let transactions = reads.transactions
    // For each key the transaction that reads it at present, and the step; and the next step that
    // shows who else wrote it, or -1.
    var readers = [Int32](repeating: -1, count: transactions.keyCount)
    var steps = [Int32](repeating: -1, count: transactions.keyCount)
    var others = [Int32](repeating: -1, count: transactions.keyCount)
    // For each transaction who read from it last, and by which step first.
    var seenBy = [Int32](repeating: -1, count: transactions.count)
    var firstReads = seenBy
    for reader in 0..<Int32(transactions.count)
    where transactions.outcomes[Int(reader)] == .committed {
      let range = transactions.steps(of: Int(reader))
      func note(_ step: Int, _ key: Int) {
        if readers[key] != reader {
          readers[key] = reader
          others[key] = -1
        } else if reads.sources[Int(steps[key])] != reads.sources[step] {
          others[key] = steps[key]
        }
        steps[key] = Int32(truncatingIfNeeded: step)
      }
      var readCount = 0
      for step in range {
        let source = reads.sources[step]
        guard source != ReadsFrom.nothing else { continue }
        readCount += 1
        let key = Int(transactions.keys[step])
        if rule == .reads { note(step, key) }
        guard source >= 0, seenBy[Int(source)] != reader else { continue }
        seenBy[Int(source)] = reader
        firstReads[Int(source)] = Int32(truncatingIfNeeded: step)
      }
      guard readCount > 1 else { continue }
      for step in range.reversed() {
        let seen = reads.sources[step]
        guard seen != ReadsFrom.nothing else { continue }
        if seen >= 0, Int(firstReads[Int(seen)]) == step {
          let written = reads.writtenKeys(of: Int(seen))
          if written.count <= 4 * readCount {
            for key in written where readers[Int(key)] == reader {
              var read = steps[Int(key)]
              if reads.sources[Int(read)] == seen { read = others[Int(key)] }
              guard read >= 0 else { continue }
              emit(
                CommitConstraint(from: seen, to: reads.sources[Int(read)], read: read))
            }
          } else {
            let later = rule == .reads ? range : step + 1..<range.upperBound
            for read in later where reads.sources[read] != ReadsFrom.nothing {
              let shown = reads.sources[read]
              guard shown != seen, reads.wrote(seen, transactions.keys[read]) else { continue }
              emit(
                CommitConstraint(from: seen, to: shown, read: Int32(truncatingIfNeeded: read)))
            }
          }
        }
        if rule == .earlierReads { note(step, Int(transactions.keys[step])) }
      }
    }
    if rule == .reads, sessions != nil { visitSessions(emit) }
  }

  /// Visits what follows from each read of a key that the process had written: its last write there
  /// was committed before.
  private func visitSessions(_ emit: (CommitConstraint) -> Void) {
    let transactions = reads.transactions
    // By process, so that one array of keys serves all.
    var wroteLast = [Int32](repeating: -1, count: transactions.keyCount)
    transactions.forEachBySession { member, session in
      // An indeterminate transaction reads nothing, and precedes nothing.
      guard transactions.outcomes[Int(member)] == .committed else { return }
      for step in transactions.steps(of: Int(member)) {
        let shown = reads.sources[step]
        let seen = wroteLast[Int(transactions.keys[step])]
        guard shown != ReadsFrom.nothing, seen >= 0, seen != shown,
          session == transactions.sessions[Int(seen)]
        else { continue }
        emit(CommitConstraint(from: seen, to: shown, read: Int32(truncatingIfNeeded: step)))
      }
      for key in reads.writtenKeys(of: Int(member)) { wroteLast[Int(key)] = member }
    }
  }
}
