extension PriorityQueue {
  /// Decides a priority queue in which each element is put in at most once.
  ///
  /// An element can be taken out at a moment at which no element of a lesser priority is certainly
  /// inside; such a history is linearizable exactly if there is a moment for each removal, and one
  /// without any element for each operation that found the queue empty. (Bouajjani, Enea and Wang,
  /// *Checking linearizability of concurrent priority queues*, CONCUR 2017, reduce it to single
  /// priorities; Lee and Mathur, *Efficient decrease-and-conquer linearizability monitoring*, OOPSLA
  /// 2025, decide it in O(*n* log *n*).) To see that this is enough, take each element out at the
  /// first such moment, and put it in as late as possible: up to that moment lesser ones are
  /// inside, so the moments that are free of elements up to any priority stay the same ones.
  ///
  /// Where a removal never answered, a history that is linearizable without it is so; else nothing
  /// is said.
  ///
  /// - Complexity: O(*n* log *n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var numbers: [Element: Int32] = [:]
    func number(_ element: Element) -> Int32 {
      if let known = numbers[element] { return known }
      numbers[element] = Int32(numbers.count)
      return Int32(numbers.count - 1)
    }
    let values = DistinctValues(history) { operation in
      switch operation {
      case .insert(let element): .insert(number(element))
      case .removeMin(let element): .remove(number(element))
      case .removeEmpty: .empty
      case .removeUnknown: .unknown
      }
    }
    guard let values else { return nil }
    return values.certain(
      values.violation ?? wrongElement(in: values, history)
        ?? values.contradictedEmpty(
          "the queue is found empty while something was in it all the time"))
  }

  private func wrongElement(
    in values: DistinctValues, _ history: ObjectHistory<Operation>
  ) -> Certificate? {
    let priorities = values.insertions.map { insertion -> Int32 in
      guard case .insert(let element) = history.operations[Int(insertion)] else { return 0 }
      return element.priority
    }
    let order = priorities.indices.sorted { priorities[$0] < priorities[$1] }
    var free = FreeSlots(count: Int(values.eventCount) + 1)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, priorities[order[end]] == priorities[order[start]] { end += 1 }
      for value in order[start..<end] {
        guard let window = window(of: value, in: values),
          free.first(from: window.lowerBound) >= window.upperBound
        else { continue }
        let cover = values.cover(of: window, from: Array(order[..<start]))
        return Certificate(
          values.operations(on: cover + [value]),
          reason: "an element is taken out while lesser ones were inside all the time")
      }
      for value in order[start..<end] { free.take(values.slots(value)) }
      start = end
    }
    return nil
  }

  /// The slots in which a value can be taken out.
  private func window(of value: Int, in values: DistinctValues) -> Range<Int>? {
    let removal = Int(values.removals[value])
    guard removal >= 0 else { return nil }
    let start = max(values.invoked[removal], values.invoked[Int(values.insertions[value])])
    return Int(start)..<Int(values.returned[removal])
  }
}

/// Slots that are free until they are taken.
private struct FreeSlots {
  /// A free slot is its own; another leads to a later one, which is free in the end.
  private var next: [Int32]

  init(count: Int) { next = Array(0...Int32(count)) }

  /// The first free slot that is not before another.
  mutating func first(from slot: Int) -> Int {
    var slot = slot
    while Int(next[slot]) != slot {
      next[slot] = next[Int(next[slot])]
      slot = Int(next[slot])
    }
    return slot
  }

  mutating func take(_ slots: Range<Int>) {
    var slot = first(from: slots.lowerBound)
    while slot < slots.upperBound {
      next[slot] = Int32(slot + 1)
      slot = first(from: slot + 1)
    }
  }
}
