/// The order in which each process executed its transactions.
///
/// Transactions lie in *lanes*, of each of which every transaction follows the one before it. A lane
/// is a process, or a part of one: an indeterminate transaction precedes nothing, so what its process
/// did after that lies in a lane of its own.
struct SessionOrder {
  /// For each transaction the last one before it in its process that precedes it, or -1.
  private(set) var predecessors: [Int32]
  /// For each transaction its lane, -1 where it did not take effect, and its place there.
  private(set) var lanes: [Int32]
  private(set) var places: [Int32]
  private(set) var laneCount = 0

  /// - Complexity: O(*n*).
  init(_ transactions: Transactions, _ isInstalled: [Bool]) {
    predecessors = Array(repeating: -1, count: transactions.count)
    lanes = predecessors
    places = predecessors
    var last = [Int32](repeating: -1, count: transactions.sessionCount)
    // For each process its lane, until an indeterminate transaction ends it.
    var open = [Int32](repeating: -1, count: transactions.sessionCount)
    var lengths: [Int32] = []
    for transaction in 0..<transactions.count where isInstalled[transaction] {
      let session = Int(transactions.sessions[transaction])
      predecessors[transaction] = last[session]
      if open[session] < 0 {
        open[session] = Int32(truncatingIfNeeded: laneCount)
        laneCount += 1
        lengths.append(0)
      }
      let lane = Int(open[session])
      lanes[transaction] = open[session]
      places[transaction] = lengths[lane]
      lengths[lane] += 1
      if transactions.outcomes[transaction] == .committed {
        last[session] = Int32(truncatingIfNeeded: transaction)
      } else {
        open[session] = -1
      }
    }
  }
}

extension Transactions {
  /// Visits the transactions of each process in turn, in their order there.
  func forEachBySession(_ body: (_ transaction: Int32, _ session: Int32) -> Void) {
    var starts = [Int32](repeating: 0, count: sessionCount + 1)
    for session in sessions { starts[Int(session) + 1] += 1 }
    for session in 0..<sessionCount { starts[session + 1] += starts[session] }
    var members = [Int32](repeating: 0, count: count)
    for transaction in 0..<count {
      let session = Int(sessions[transaction])
      members[Int(starts[session])] = Int32(truncatingIfNeeded: transaction)
      starts[session] += 1
    }
    for member in members { body(member, sessions[Int(member)]) }
  }
}
