/// Who wrote what each read shows, and who wrote each key, whatever the order of versions is.
///
/// A transaction writes a key once: what it wrote there last. Transactions that did not take effect
/// write nothing, and keys of which two writes have one value are left out.
struct ReadsFrom {
  let transactions: Transactions
  let isInstalled: [Bool]

  /// For each step the transaction whose write it shows; ``initial`` where it shows none, and
  /// ``nothing`` where it shows nothing of others.
  private(set) var sources: [Int32]
  static let initial: Int32 = -1
  static let nothing: Int32 = -2

  // Of each transaction: the keys that it wrote, as a range of `writtenKeys`.
  private(set) var writtenStarts: [Int32] = [0]
  private(set) var writtenKeys: [Int32] = []

  // Of each key: who wrote it, in ascending order, as a range of `writers`.
  private(set) var writerStarts: [Int32]
  private(set) var writers: [Int32]

  /// - Complexity: O(*n*) for *n* steps.
  init(_ scanned: ScannedHistory) {
    transactions = scanned.transactions
    isInstalled = scanned.isInstalled
    sources = Array(repeating: ReadsFrom.nothing, count: scanned.transactions.keys.count)
    writerStarts = Array(repeating: 0, count: scanned.transactions.keyCount + 1)
    writers = []
    findSources(scanned)
    findWriters()
  }

  private mutating func findSources(_ scanned: ScannedHistory) {
    for transaction in 0..<transactions.count
    where transactions.outcomes[transaction] == .committed {
      for step in transactions.steps(of: transaction) {
        guard let source = scanned.source(of: step), Int(source) != transaction,
          source < 0 || isInstalled[Int(source)]
        else { continue }
        sources[step] = source
      }
    }
  }

  private mutating func findWriters() {
    var last = [Int32](repeating: -1, count: transactions.keyCount)
    for transaction in 0..<Int32(transactions.count) {
      if isInstalled[Int(transaction)] {
        for step in transactions.steps(of: Int(transaction))
        where transactions.kinds[step] == .write {
          let key = Int(transactions.keys[step])
          guard last[key] != transaction, !transactions.isAmbiguous[key] else { continue }
          last[key] = transaction
          writtenKeys.append(Int32(truncatingIfNeeded: key))
          writerStarts[key + 1] += 1
        }
      }
      writtenStarts.append(Int32(truncatingIfNeeded: writtenKeys.count))
    }
    for key in 0..<transactions.keyCount { writerStarts[key + 1] += writerStarts[key] }
    writers = Array(repeating: 0, count: writtenKeys.count)
    var next = writerStarts
    for transaction in 0..<transactions.count {
      for key in writtenKeys(of: transaction) {
        writers[Int(next[Int(key)])] = Int32(truncatingIfNeeded: transaction)
        next[Int(key)] += 1
      }
    }
  }

  @inline(__always)
  func writtenKeys(of transaction: Int) -> ArraySlice<Int32> {
    writtenKeys[Int(writtenStarts[transaction])..<Int(writtenStarts[transaction + 1])]
  }

  /// Whether a transaction wrote a key.
  ///
  /// - Complexity: O(log *w*) for *w* who wrote it.
  func wrote(_ transaction: Int32, _ key: Int32) -> Bool {
    var (low, high) = (Int(writerStarts[Int(key)]), Int(writerStarts[Int(key) + 1]))
    let end = high
    while low < high {
      let middle = (low + high) / 2
      if writers[middle] < transaction { low = middle + 1 } else { high = middle }
    }
    return low < end && writers[low] == transaction
  }
}

extension ScannedHistory {
  /// Who wrote what a step shows of others, ``ReadsFrom/initial`` where it shows the initial state;
  /// nothing where it shows nothing, or what nobody has written for good.
  fileprivate func source(of step: Int) -> Int32? {
    guard transactions.kinds[step] != .write else { return nil }
    if chains.slots[step] >= 0 { return chains.writers[Int(chains.slots[step])] }
    guard transactions.showsOthers(step),
      !transactions.isAmbiguous[Int(transactions.keys[step])]
    else { return nil }
    let isInitial =
      transactions.kind == .register
      ? transactions.operands[step] < 0 : transactions.observed(by: step).isEmpty
    return isInitial ? ReadsFrom.initial : transactions.looseWriter(of: step)
  }
}
