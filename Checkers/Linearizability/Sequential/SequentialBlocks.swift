/// Sequential consistency of operations on one part of a state, where every content is left once.
///
/// What Gibbons and Korach (*Testing shared memories*, SIAM Journal on Computing 26(4), 1997) do
/// for linearizability with zones of time becomes a sort where only the order within processes
/// counts. An operation that finds a and leaves b is the only change that can follow the one that
/// left a, for a comes only once; so the contents that such operations string together are a
/// block, whose operations take effect without any of another block in between, content by
/// content, the one that leaves a content before those that only find it. There is an order
/// exactly if
///
/// - no two operations change the same content, nor do contents lead to each other in a circle;
/// - within a block no process goes back to an earlier content, or finds one before it leaves it;
/// - the order of the processes doesn't lead from block to block in a circle, nor to the block of
///   the initial content from another.
///
/// For then all blocks in an order that the processes allow, the initial one first, and in each the
/// operations by content, leave nothing to be desired.
///
/// A crashed operation whose content was found took effect, after what its process had done.
struct SequentialBlocks {
  let facts: Facts
  let order: ProgramOrder
  /// The block of each fact, and the place of the fact in it.
  private var blocks: [Int32]
  private var ranks: [Int32]

  /// Operations that can't be in one order, with why.
  struct Violation {
    var operations: [Int32]
    var reason: String
  }

  /// Nothing where the theorem's premise doesn't hold.
  init?(_ facts: Facts, _ order: ProgramOrder) {
    guard facts.isUnique, facts.initial.count <= 1 else { return nil }
    self.facts = facts
    self.order = order
    blocks = [Int32](repeating: -1, count: facts.count)
    ranks = [Int32](repeating: 0, count: facts.count)
  }

  /// Why there is no order, or nothing where there is one.
  ///
  /// - Complexity: O(*n*).
  mutating func violation() -> Violation? {
    if let operation = facts.unexplained {
      return Violation(operations: [operation], reason: "a value was found that was never left")
    }
    if let violation = string() { return violation }
    return sort()
  }

  /// Strings facts together to blocks.
  private mutating func string() -> Violation? {
    // For each fact the operation that changes it, and the fact that this leaves.
    var changers = [Int32](repeating: -1, count: facts.count)
    var next = [Int32](repeating: -1, count: facts.count)
    for operation in facts.required.indices where facts.isPresent[operation] {
      for exchange in facts.exchanges(of: operation) {
        let (found, left) = (Int(facts.finds[exchange]), facts.leaves[exchange])
        guard found >= 0, left >= 0 else { continue }
        guard changers[found] < 0 else {
          return Violation(
            operations: [changers[found], Int32(operation)],
            reason: "two operations both changed the same value, which was written once")
        }
        changers[found] = Int32(truncatingIfNeeded: operation)
        next[found] = left
      }
    }
    var isTarget = [Bool](repeating: false, count: facts.count)
    for fact in next where fact >= 0 { isTarget[Int(fact)] = true }
    for fact in 0..<facts.count where !isTarget[fact] {
      var (current, rank) = (Int32(truncatingIfNeeded: fact), Int32(0))
      while current >= 0 {
        blocks[Int(current)] = Int32(truncatingIfNeeded: fact)
        ranks[Int(current)] = rank
        (current, rank) = (next[Int(current)], rank + 1)
      }
    }
    guard let fact = blocks.firstIndex(of: -1) else { return nil }
    return Violation(
      operations: [facts.writers[fact]], reason: "values lead to each other in a circle")
  }

  /// Sorts the blocks by the order of the processes.
  private func sort() -> Violation? {
    let initial = facts.initial.first ?? -1
    var precedence = Precedence(count: facts.count)
    // The operations of each edge.
    var causes: [(Int32, Int32)] = []
    for operation in facts.required.indices where facts.isPresent[operation] {
      let fact = fact(of: operation)
      var previous = order.previous[operation]
      while previous >= 0, self.fact(of: Int(previous)) < 0 {
        previous = order.previous[Int(previous)]
      }
      guard fact >= 0, previous >= 0 else { continue }
      let (before, after) = (Int(self.fact(of: Int(previous))), Int(fact))
      let pair = [previous, Int32(truncatingIfNeeded: operation)]
      if blocks[before] != blocks[after] {
        if initial >= 0, blocks[after] == blocks[Int(initial)] {
          return Violation(
            operations: pair, reason: "a process went back to the initial value after another one")
        }
        precedence.add(blocks[before], before: blocks[after])
        causes.append((pair[0], pair[1]))
      } else if ranks[before] > ranks[after] || facts.writers[after] == pair[1] && before == after {
        return Violation(
          operations: pair,
          reason: "a process found a value before it was there, or after its successor")
      }
    }
    let successors = precedence.successors
    let sorted = precedence.sorted(successors)
    if sorted.count == facts.count { return nil }
    let circle = precedence.circle(without: sorted, successors)
    return Violation(
      operations: circle.flatMap { [causes[$0].0, causes[$0].1] },
      reason: "the processes saw values follow each other in a circle, but each was written once")
  }

  /// The fact that an operation leaves, or else finds; -1 where it does neither.
  @inline(__always)
  private func fact(of operation: Int) -> Int32 {
    let exchanges = facts.exchanges(of: operation)
    guard let exchange = exchanges.first else { return -1 }
    return facts.leaves[exchange] >= 0 ? facts.leaves[exchange] : facts.finds[exchange]
  }
}
