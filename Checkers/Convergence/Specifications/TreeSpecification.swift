internal import Histories
internal import Values

/// A tree after all moves in the order of their stamps, without those that would move a node below
/// itself (Kleppmann et al., *A highly-available move operation for replicated trees*, 2021, section 3).
struct TreeSpecification: Specification {
  private struct Move {
    var stamp: ReplicaHistory.Stamp
    var node: ValueCode
    var parent: ValueCode
  }

  private let history: ReplicaHistory
  private var moves: [Move] = []
  /// The parents after the first ``appliedCount`` moves.
  private var parents: [ValueCode: ValueCode] = [:]
  private var appliedCount = 0
  private var isSorted = true

  init(_ history: ReplicaHistory) { self.history = history }

  mutating func reset() {
    moves = []
    parents = [:]
    appliedCount = 0
    isSorted = true
  }

  mutating func see(_ update: Int) {
    guard let stamp = history.stamps[update],
      let (node, parent) = history.table.pair(of: history.operands[update])
    else { return }
    if let last = moves.last, stamp < last.stamp { isSorted = false }
    moves.append(Move(stamp: stamp, node: node, parent: parent))
  }

  private mutating func apply() {
    if !isSorted {
      moves.sort { $0.stamp < $1.stamp }
      isSorted = true
      parents = [:]
      appliedCount = 0
    }
    for move in moves[appliedCount...] where !isBelow(move.parent, move.node) {
      parents[move.node] = move.parent
    }
    appliedCount = moves.count
  }

  /// Whether a node is another one or below it.
  private func isBelow(_ node: ValueCode, _ other: ValueCode) -> Bool {
    var node = node
    while node != other {
      guard let parent = parents[node] else { return false }
      node = parent
    }
    return true
  }

  mutating func allows(_ answer: ValueCode) -> Bool {
    apply()
    guard let read = history.table.elements(of: answer), read.count == parents.count else {
      return false
    }
    return read.allSatisfy { entry in
      guard let (node, parent) = history.table.pair(of: entry) else { return false }
      return parents[node] == parent
    }
  }

  var value: Value {
    .list(
      parents.map { [history.table.value(of: $0.key), history.table.value(of: $0.value)] }.sorted())
  }
}
