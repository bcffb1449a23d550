import Histories

/// What each transaction's steps say of the transaction itself, whatever the objects are: which
/// steps follow each other on a key, and which versions their own writers wrote over.
struct StepScan {
  /// For each step the one before it on the same key in the same transaction, or -1.
  private(set) var previous: [Int32]
  /// For each version whether its writer wrote the key once more.
  private(set) var isOverwritten: [Bool]

  init(_ transactions: Transactions) {
    var previous = [Int32](repeating: -1, count: transactions.keys.count)
    var isOverwritten = [Bool](repeating: false, count: transactions.versionCount)
    var last = [Int32](repeating: -1, count: transactions.keyCount)
    var lastWrite = [Int32](repeating: -1, count: transactions.keyCount)
    for transaction in 0..<transactions.count {
      let steps = transactions.steps(of: transaction)
      for step in steps {
        let key = Int(transactions.keys[step])
        if Int(last[key]) >= steps.lowerBound { previous[step] = last[key] }
        last[key] = Int32(truncatingIfNeeded: step)
        guard transactions.kinds[step] == .write else { continue }
        if Int(lastWrite[key]) >= steps.lowerBound {
          isOverwritten[Int(transactions.operands[Int(lastWrite[key])])] = true
        }
        lastWrite[key] = Int32(truncatingIfNeeded: step)
      }
    }
    self.previous = previous
    self.isOverwritten = isOverwritten
  }

  /// The step before one on its key that is of a sort, in its transaction.
  func previous(_ step: Int, where isWanted: (Int) -> Bool) -> Int? {
    var step = Int(previous[step])
    while step >= 0, !isWanted(step) { step = Int(previous[step]) }
    return step < 0 ? nil : step
  }

  /// The next write of a version's writer to its key.
  func laterWrite(than version: Int32, in transactions: Transactions) -> Int32? {
    let step = Int(transactions.writeSteps[Int(version)])
    let steps = transactions.steps(of: Int(transactions.writers[Int(version)]))
    return (step + 1..<steps.upperBound).first {
      transactions.keys[$0] == transactions.keys[step] && transactions.kinds[$0] == .write
    }.map { transactions.operands[$0] }
  }
}
