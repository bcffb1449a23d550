internal import Histories
internal import Values

/// A tree after all moves in the order of their stamps, without those that would move a node below
/// itself (Kleppmann et al., *A highly-available move operation for replicated trees*, 2021, section 3).
struct TreeSpecification: Specification {
  private struct Move {
    var stamp: ReplicaHistory.Stamp
    var node: ValueCode
    var parent: ValueCode
    /// Where the node was before; nothing where it was nowhere.
    var before: ValueCode?
    /// Whether it was done, since it made no circle.
    var isDone = false
  }

  private let history: ReplicaHistory
  /// In the order of their stamps.
  private var moves: [Move] = []
  /// Those that are not among ``moves`` yet.
  private var pending: [Move] = []
  /// The parents after all of ``moves``.
  private var parents: [ValueCode: ValueCode] = [:]

  init(_ history: ReplicaHistory) { self.history = history }

  mutating func reset() {
    moves = []
    pending = []
    parents = [:]
  }

  mutating func see(_ update: Int) {
    guard let stamp = history.stamps[update],
      let (node, parent) = history.table.pair(of: history.operands[update])
    else { return }
    pending.append(Move(stamp: stamp, node: node, parent: parent))
  }

  /// Takes back the moves that are later than one that is pending, and does them again after it, as
  /// replicas do.
  private mutating func apply() {
    guard let first = pending.min(by: { $0.stamp < $1.stamp })?.stamp else { return }
    while let last = moves.last, first < last.stamp {
      moves.removeLast()
      if last.isDone { parents[last.node] = last.before }
      pending.append(last)
    }
    pending.sort { $0.stamp < $1.stamp }
    for var move in pending {
      move.isDone = !isBelow(move.parent, move.node)
      if move.isDone {
        move.before = parents[move.node]
        parents[move.node] = move.parent
      }
      moves.append(move)
    }
    pending = []
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
