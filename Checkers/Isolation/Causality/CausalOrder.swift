/// An order of transactions in which each comes after those it read from, and, where that is asked
/// for, after those that its process executed before it.
struct CausalOrder {
  /// The transactions that took effect, in order; empty where they go in a circle.
  private(set) var order: [Int32] = []
  /// For each transaction its place in the order.
  private(set) var ranks: [Int32]
  /// Transactions each of which depends on the one before it, and the first on the last.
  private(set) var circle: [Int32] = []

  /// - Parameter sessions: The order of processes, where it is asked for.
  /// - Complexity: O(*n*) for *n* steps.
  init(_ reads: ReadsFrom, _ sessions: SessionOrder?) {
    let count = reads.transactions.count
    ranks = Array(repeating: -1, count: count)
    order.reserveCapacity(count)
    var isOpen = [Bool](repeating: false, count: count)
    // Depth first along what each depends on. A cursor of -1 stands before the process's order.
    var path: [(transaction: Int32, cursor: Int32)] = []
    for root in 0..<Int32(count) where reads.isInstalled[Int(root)] && ranks[Int(root)] < 0 {
      path.append((root, -1))
      isOpen[Int(root)] = true
      while let (transaction, cursor) = path.last {
        let steps = reads.transactions.steps(of: Int(transaction))
        var next: Int32 = -1
        var cursor = Int(cursor)
        if cursor < 0 {
          next = sessions?.predecessors[Int(transaction)] ?? -1
          cursor = steps.lowerBound
        }
        while next < 0 || ranks[Int(next)] >= 0, cursor < steps.upperBound {
          next = reads.sources[cursor]
          cursor += 1
        }
        if next >= 0, ranks[Int(next)] < 0 {
          guard !isOpen[Int(next)] else {
            let start = path.lastIndex { $0.transaction == next } ?? 0
            circle = path[start...].reversed().map(\.transaction)
            order = []
            return
          }
          path[path.count - 1].cursor = Int32(truncatingIfNeeded: cursor)
          isOpen[Int(next)] = true
          path.append((next, -1))
          continue
        }
        path.removeLast()
        isOpen[Int(transaction)] = false
        ranks[Int(transaction)] = Int32(truncatingIfNeeded: order.count)
        order.append(transaction)
      }
    }
  }
}
