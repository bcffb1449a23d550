extension Stack {
  /// Decides a stack in which each value is put in at most once.
  ///
  /// A value whose push and pop overlap can pass through the stack in one moment and disturbs
  /// nothing. Of the others, those that are certainly inside at times without a gap between them
  /// must have one at the bottom, which is put in before all of them and taken out after all of
  /// them; else two would follow each other, with a moment between them at which none is inside.
  /// Which one of several that can be the bottom is of no importance: what is put in or taken out
  /// beyond it can be moved into it. Without the bottom the rest falls into groups, which are judged
  /// in the same way. (Lee and Mathur, *Efficient decrease-and-conquer linearizability monitoring*,
  /// OOPSLA 2025, have the same complexity; the argument here is by moments that nothing covers,
  /// as in Abdulla et al., PLDI 2025.) An operation that found the stack empty needs a moment at
  /// which no value is certainly inside.
  ///
  /// Where a pop never answered, a history that is linearizable without it is so; else nothing is
  /// said.
  ///
  /// - Complexity: O(*n* log *n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    let values = DistinctValues(history) { operation in
      switch operation {
      case .push(let value): .insert(value)
      case .pop(let value): .remove(value)
      case .popEmpty: .empty
      case .popUnknown: .unknown
      }
    }
    guard let values else { return nil }
    if let violation = values.violation
      ?? values.contradictedEmpty("the stack is found empty while something was in it all the time")
    {
      return values.certain(violation)
    }
    var nesting = Nesting(values)
    return values.certain(nesting.violation())
  }
}

/// Takes a stack's values apart from the bottom up.
private struct Nesting {
  private let values: DistinctValues
  /// The values that are certainly inside at some time, by the end of their insertion.
  private let order: [Int]
  /// For each of them when its insertion ends.
  private let starts: [Int]
  /// Until when its removal can take place, of those that can be at the bottom of what begins now.
  private var candidates: MaximumTree
  /// Their places by the time at which their insertion begins, and how many can be at the bottom.
  private let byInvocation: [Int]
  private var admitted = 0
  private var isOut: [Bool]
  private var depths: DepthTree

  init(_ values: DistinctValues) {
    self.values = values
    var order: [Int] = []
    for value in 0..<values.count where !values.slots(value).isEmpty { order.append(value) }
    order.sort { values.entry($0) < values.entry($1) }
    self.order = order
    starts = order.map { Int(values.entry($0)) }
    candidates = MaximumTree(count: order.count)
    isOut = [Bool](repeating: false, count: order.count)
    byInvocation = order.indices.sorted {
      values.invoked[Int(values.insertions[order[$0]])]
        < values.invoked[Int(values.insertions[order[$1]])]
    }
    var depths = [Int32](repeating: 0, count: Int(values.eventCount) + 1)
    for value in order {
      let slots = values.slots(value)
      depths[slots.lowerBound] += 1
      depths[slots.upperBound] -= 1
    }
    for slot in depths.indices.dropFirst() { depths[slot] += depths[slot - 1] }
    self.depths = DepthTree(depths)
  }

  /// Looks for a group without a bottom.
  mutating func violation() -> Certificate? {
    // Groups in the order of their beginnings, the next one last.
    var groups: [Range<Int>] = []
    push(groupsIn: 0..<Int(values.eventCount), onto: &groups)
    while let group = groups.popLast() {
      guard let bottom = takeBottom(of: group) else { return certificate(group) }
      depths.add(-1, in: values.slots(order[bottom]))
      push(groupsIn: group, onto: &groups)
    }
    return nil
  }

  /// Puts the ranges without a free slot on the stack, the first one on top.
  private mutating func push(groupsIn range: Range<Int>, onto groups: inout [Range<Int>]) {
    var found: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let free = depths.takeFree(in: start..<range.upperBound) ?? range.upperBound
      if free > start { found.append(start..<free) }
      start = free + 1
    }
    groups.append(contentsOf: found.reversed())
  }

  /// Takes out a value that can be at the bottom of a group.
  private mutating func takeBottom(of group: Range<Int>) -> Int? {
    // Groups come in the order of their beginnings, so what may begin before one stays so.
    while admitted < byInvocation.count {
      let place = byInvocation[admitted]
      let value = order[place]
      guard values.invoked[Int(values.insertions[value])] < group.lowerBound else { break }
      if !isOut[place] { candidates.set(lastRemoval(of: value), at: place) }
      admitted += 1
    }
    let first = place(startingAt: group.lowerBound)
    let end = place(startingAt: group.upperBound)
    guard let (place, last) = candidates.maximum(in: first..<end), last >= group.upperBound else {
      return nil
    }
    candidates.set(-1, at: place)
    isOut[place] = true
    return place
  }

  /// Until when a value can be taken out.
  private func lastRemoval(of value: Int) -> Int32 {
    let removal = values.removals[value]
    return removal < 0 ? DistinctValues.never : values.returned[Int(removal)]
  }

  /// The first place of a value whose insertion ends then or later.
  private func place(startingAt time: Int) -> Int {
    var (low, high) = (0, starts.count)
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Values that cover a group which has no bottom: as few as possible.
  private func certificate(_ group: Range<Int>) -> Certificate {
    let members = (place(startingAt: group.lowerBound)..<place(startingAt: group.upperBound))
      .filter { !isOut[$0] }.map { order[$0] }
    return Certificate(
      values.operations(on: values.cover(of: group, from: members)),
      reason: "none of these values can lie below the others all the time")
  }
}

/// The maximum of a range of numbers that change.
private struct MaximumTree {
  private var nodes: [Int32]
  private let width: Int

  init(count: Int) {
    var width = 1
    while width < count { width *= 2 }
    self.width = width
    nodes = [Int32](repeating: -1, count: 2 * width)
  }

  mutating func set(_ number: Int32, at place: Int) {
    var node = width + place
    nodes[node] = number
    while node > 1 {
      node /= 2
      nodes[node] = max(nodes[2 * node], nodes[2 * node + 1])
    }
  }

  /// The greatest number of a range that is not negative, and its place.
  func maximum(in range: Range<Int>) -> (place: Int, number: Int32)? {
    var best = 0
    var (low, high) = (width + range.lowerBound, width + range.upperBound)
    var greatest: Int32 = -1
    while low < high {
      if low & 1 == 1 {
        if nodes[low] > greatest { (best, greatest) = (low, nodes[low]) }
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        if nodes[high] > greatest { (best, greatest) = (high, nodes[high]) }
      }
      low /= 2
      high /= 2
    }
    guard greatest >= 0 else { return nil }
    while best < width { best = nodes[2 * best] == greatest ? 2 * best : 2 * best + 1 }
    return (best - width, greatest)
  }
}

/// How many values are certainly inside in each slot, of ranges of slots.
private struct DepthTree {
  /// For each node the least depth below it, without what its ancestors add.
  private var least: [Int32]
  private var added: [Int32]
  private let width: Int
  private static let taken = Int32.max / 4

  init(_ depths: [Int32]) {
    var width = 1
    while width < depths.count { width *= 2 }
    self.width = width
    least = [Int32](repeating: DepthTree.taken, count: 2 * width)
    added = [Int32](repeating: 0, count: 2 * width)
    least.replaceSubrange(width..<width + depths.count, with: depths)
    for node in (1..<width).reversed() { least[node] = min(least[2 * node], least[2 * node + 1]) }
  }

  mutating func add(_ change: Int32, in range: Range<Int>) {
    guard !range.isEmpty else { return }
    var (low, high) = (width + range.lowerBound, width + range.upperBound)
    let (first, last) = (low, high - 1)
    while low < high {
      if low & 1 == 1 {
        apply(change, low)
        low += 1
      }
      if high & 1 == 1 {
        high -= 1
        apply(change, high)
      }
      low /= 2
      high /= 2
    }
    pull(first)
    pull(last)
  }

  private mutating func apply(_ change: Int32, _ node: Int) {
    least[node] += change
    added[node] += change
  }

  private mutating func pull(_ leaf: Int) {
    var node = leaf / 2
    while node >= 1 {
      least[node] = min(least[2 * node], least[2 * node + 1]) + added[node]
      node /= 2
    }
  }

  /// The first slot of a range in which nothing is inside, which is not found again.
  mutating func takeFree(in range: Range<Int>) -> Int? {
    guard let slot = firstFree(1, 0..<width, range, 0) else { return nil }
    let leaf = width + slot
    least[leaf] = DepthTree.taken
    pull(leaf)
    return slot
  }

  private func firstFree(
    _ node: Int, _ slots: Range<Int>, _ range: Range<Int>, _ above: Int32
  ) -> Int? {
    guard slots.overlaps(range), least[node] + above <= 0 else { return nil }
    if node >= width { return slots.lowerBound }
    let middle = (slots.lowerBound + slots.upperBound) / 2
    let above = above + added[node]
    return firstFree(2 * node, slots.lowerBound..<middle, range, above)
      ?? firstFree(2 * node + 1, middle..<slots.upperBound, range, above)
  }
}
