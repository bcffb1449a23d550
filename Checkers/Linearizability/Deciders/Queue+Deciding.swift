extension Queue {
  /// Decides a queue in which each value is put in at most once.
  ///
  /// Such a history is linearizable exactly if no value is taken out before it was put in, none
  /// twice, no two in the wrong order, and each operation that found the queue empty has a moment
  /// at which no value is certainly inside (Henzinger, Sezgin and Vafeiadis, *Aspect-oriented
  /// linearizability proofs*, CONCUR 2013; Bouajjani, Emmi, Enea and Hamza, ICALP 2015). Two are in
  /// the wrong order when one was put in before the other, in real time, and is taken out after it
  /// or never. At a moment at which no value is certainly inside, those that were put in before can
  /// all be gone and the others not yet there, so the operations on both sides are judged alone.
  ///
  /// Where a dequeue never answered, a history that is linearizable without it is so; else nothing
  /// is said.
  ///
  /// - Complexity: O(*n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    let values = DistinctValues(history) { operation in
      switch operation {
      case .enqueue(let value): .insert(value)
      case .dequeue(let value): .remove(value)
      case .dequeueEmpty: .empty
      case .dequeueUnknown: .unknown
      }
    }
    guard let values else { return nil }
    return values.certain(
      values.violation ?? wrongOrder(in: values)
        ?? values.contradictedEmpty(
          "the queue is found empty while something was in it all the time"))
  }

  private func wrongOrder(in values: DistinctValues) -> Certificate? {
    // By time: the value whose insertion is invoked or returns.
    var begins = [Int32](repeating: -1, count: Int(values.eventCount))
    var ends = begins
    for value in 0..<values.count {
      let insertion = Int(values.insertions[value])
      begins[Int(values.invoked[insertion])] = Int32(value)
      let end = values.returned[insertion]
      if end != DistinctValues.never { ends[Int(end)] = Int32(value) }
    }
    // Of the values that are inside for certain the one that is taken out last.
    var last: (value: Int, exit: Int32)?
    for time in begins.indices {
      if ends[time] >= 0 {
        let value = Int(ends[time])
        if values.exit(value) > last?.exit ?? -1 { last = (value, values.exit(value)) }
      }
      guard begins[time] >= 0, let last else { continue }
      let value = Int(begins[time])
      guard values.removals[value] >= 0,
        values.returned[Int(values.removals[value])] < last.exit
      else { continue }
      return Certificate(
        values.operations(on: [last.value, value]),
        reason: "a value overtakes another that was put in before it")
    }
    return nil
  }
}
