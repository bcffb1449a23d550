package import Histories

/// A history of transactions as columns of integers: what the checkers of transactions work on.
///
/// Transactions are numbered from 0 in an order that agrees with real time: one that committed
/// stands where it completed, another one where it was invoked. Keys, sessions and versions are
/// numbered as they are met. A version is a value of a key that somebody wrote or read.
package struct Transactions: Sendable {
  package enum Outcome: UInt8, Sendable { case committed, indeterminate, aborted }

  package enum StepKind: UInt8, Sendable {
    case write
    /// A read by a transaction that has neither read nor written the key before: it shows what
    /// others wrote.
    case externalRead
    /// A read by a transaction that has read the key before and not written it: it shows what others
    /// wrote, too.
    case repeatedRead
    /// A read by a transaction that has written the key before.
    case laterRead
    /// A read whose result is not known, as in a transaction that did not commit.
    case unread
  }

  package let kind: TransactionKind
  /// How operations on single keys were read, where there are no transactions of several steps.
  package let operations: SingleOperations?
  package let columns: HistoryColumns
  /// Whether it is known which transactions completed before others were invoked.
  package internal(set) var isTimed: Bool

  // Of each transaction.
  package internal(set) var outcomes: [Outcome] = []
  /// The number of the process, from 0.
  package internal(set) var sessions: [Int32] = []
  /// The place of the invocation among the history's lines, and of the completion where the
  /// transaction committed, else ``never``: it may take effect at any time after its invocation.
  package internal(set) var begins: [Int32] = []
  package internal(set) var ends: [Int32] = []
  /// The first step of each transaction, and of one more behind the last.
  package internal(set) var starts: [Int32] = [0]
  package static let never = Int32.max

  // Of each step.
  package internal(set) var keys: [Int32] = []
  package internal(set) var kinds: [StepKind] = []
  /// The version that a step writes or reads, ``initial`` for a read of none.
  ///
  /// Where objects are lists a read has the `raw` code of the list that it observed, or of null.
  package internal(set) var operands: [Int32] = []
  package static let initial: Int32 = -1

  // Of each version.
  package internal(set) var versions = VersionTable()
  /// The transaction that wrote it; -1 where nobody did.
  package internal(set) var writers: [Int32] = []
  /// The step that wrote it.
  package internal(set) var writeSteps: [Int32] = []

  // Of each key.
  package internal(set) var keyCodes: [ValueCode] = []
  /// Whether two writes of a key have one value, so that nothing can be said of it.
  package internal(set) var isAmbiguous: [Bool] = []
  /// The first two writes that can't be told apart: their transactions, and the version; or the
  /// first one that can't be told from the initial state, and -1.
  package internal(set) var ambiguity: (first: Int32, second: Int32, version: Int32)?
  /// Stands for the second in ``ambiguity`` where the first is a compare-and-set of which no answer
  /// came, and what it wrote was read.
  static let openCompareAndSet: Int32 = -2

  package internal(set) var sessionCount = 0

  init(
    _ columns: HistoryColumns, _ kind: TransactionKind, _ operations: SingleOperations?,
    isTimed: Bool
  ) {
    self.columns = columns
    self.kind = kind
    self.operations = operations
    self.isTimed = isTimed
  }

  package var count: Int { outcomes.count }
  package var keyCount: Int { keyCodes.count }
  package var versionCount: Int { writers.count }

  @inline(__always)
  package func steps(of transaction: Int) -> Range<Int> {
    Int(starts[transaction])..<Int(starts[transaction + 1])
  }

  /// Whether a step shows what others wrote, its transaction not having written the key before.
  @inline(__always)
  package func showsOthers(_ step: Int) -> Bool {
    kinds[step] == .externalRead || kinds[step] == .repeatedRead
  }

  /// Whether a version's writer aborted.
  @inline(__always)
  package func isAborted(_ version: Int32) -> Bool {
    let writer = writers[Int(version)]
    return writer >= 0 && outcomes[Int(writer)] == .aborted
  }

  /// The transaction that a step is of.
  package func transaction(of step: Int) -> Int {
    var (low, high) = (0, count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= Int32(step) { low = middle } else { high = middle }
    }
    return low
  }
}

extension Transactions {
  /// The number of a version, which is added without a writer where nobody wrote it.
  mutating func version(of value: ValueCode, _ key: Int32) -> Int32 {
    let version = versions.number(of: value, key)
    if Int(version) == writers.count {
      writers.append(-1)
      writeSteps.append(-1)
    }
    return version
  }

  /// Who wrote what a step read, whatever the order of the key's versions is.
  func looseWriter(of step: Int) -> Int32? { looseVersion(of: step).map { writers[Int($0)] } }

  /// What a step read and somebody wrote, whatever the order of the key's versions is.
  func looseVersion(of step: Int) -> Int32? {
    let key = keys[step]
    guard !isAmbiguous[Int(key)] else { return nil }
    let version: Int32
    switch kind {
    case .register: version = operands[step]
    case .listAppend:
      guard let last = observed(by: step).last, let found = versions.find(last, key) else {
        return nil
      }
      version = found
    }
    guard version >= 0, writers[Int(version)] >= 0, !isAborted(version) else { return nil }
    return version
  }
}
