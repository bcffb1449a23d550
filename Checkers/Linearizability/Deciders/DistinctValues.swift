/// The history of a container in which each value is inserted at most once, value by value.
///
/// Time is the numbers of the events; a moment between the events *t* and *t* + 1 is the slot *t*.
/// A value is certainly inside from the return of its insertion to the invocation of its removal.
struct DistinctValues {
  /// What an operation does to a container.
  enum Access {
    case insert(Int32)
    case remove(Int32)
    /// Found the container empty.
    case empty
    /// May have removed what was next, or nothing.
    case unknown
  }

  /// The operations that insert and remove each value, or -1; every value was inserted.
  private(set) var insertions: [Int32] = []
  private(set) var removals: [Int32] = []
  /// The operations that found the container empty.
  private(set) var empties: [Int32] = []
  private(set) var hasUnknown = false
  private let times: EventTimes
  /// A value that was removed before it was inserted, or twice.
  private(set) var violation: Certificate?
  let eventCount: Int32

  static let never = EventTimes.never

  /// For each operation when it was invoked, and when it returned, which may be never.
  var invoked: [Int32] { times.invoked }
  var returned: [Int32] { times.returned }

  var count: Int { insertions.count }

  /// - Returns: Nothing when a value is inserted twice, or an unknown removal returned.
  init?<Operation>(
    _ history: ObjectHistory<Operation>, _ access: (Operation) -> Access
  ) {
    let count = history.count
    eventCount = Int32(history.events.count)
    times = EventTimes(history)
    var numbers = DenseNumbers()
    var inserted: [Int32] = []
    var removed: [Int32] = []
    func number(_ value: Int32) -> Int {
      let number = numbers.number(of: value)
      if number == inserted.count {
        inserted.append(-1)
        removed.append(-1)
      }
      return number
    }
    var twice: (number: Int, Int32, Int32)?
    for operation in 0..<count {
      switch access(history.operations[operation]) {
      case .insert(let value):
        let value = number(value)
        guard inserted[value] < 0 else { return nil }
        inserted[value] = Int32(operation)
      case .remove(let value):
        // One that never returned may not have happened.
        guard returned[operation] != DistinctValues.never else {
          hasUnknown = true
          continue
        }
        let value = number(value)
        if removed[value] >= 0 { twice = twice ?? (value, removed[value], Int32(operation)) }
        removed[value] = Int32(operation)
      case .empty:
        if returned[operation] != DistinctValues.never { empties.append(Int32(operation)) }
      case .unknown:
        // One that returned did remove what was next.
        guard returned[operation] == DistinctValues.never else { return nil }
        hasUnknown = true
      }
    }
    if let (value, first, second) = twice {
      violation = Certificate(
        [inserted[value], first, second].filter { $0 >= 0 }.sorted(),
        reason: "a value is taken out twice")
      return
    }
    keep(inserted, removed)
  }

  /// Keeps the values that matter, and looks for one that was removed before it was there.
  private mutating func keep(_ inserted: [Int32], _ removed: [Int32]) {
    insertions.reserveCapacity(inserted.count)
    removals.reserveCapacity(inserted.count)
    for (insertion, removal) in zip(inserted, removed) {
      guard insertion >= 0 else {
        violation =
          violation
          ?? Certificate([removal], reason: "a value is taken out that was never put in")
        continue
      }
      if removal < 0 {
        // An insertion that never returned and that nothing saw need not have happened.
        if returned[Int(insertion)] == DistinctValues.never { continue }
      } else if returned[Int(removal)] < invoked[Int(insertion)] {
        violation =
          violation
          ?? Certificate(
            [insertion, removal].sorted(),
            reason: "a value is taken out before anybody began to put it in")
      }
      insertions.append(insertion)
      removals.append(removal)
    }
  }

  /// From when on a value is certainly inside.
  func entry(_ value: Int) -> Int32 { returned[Int(insertions[value])] }

  /// Until when a value is certainly inside; ``never`` where it stays.
  func exit(_ value: Int) -> Int32 {
    removals[value] < 0 ? DistinctValues.never : invoked[Int(removals[value])]
  }

  /// The slots in which a value is certainly inside.
  func slots(_ value: Int) -> Range<Int> {
    let start = min(entry(value), eventCount)
    return Int(start)..<Int(max(start, min(exit(value), eventCount)))
  }

  /// The operations on some values, with others beside them.
  func operations(on values: [Int], _ others: [Int32] = []) -> [Int32] {
    (others + values.map { insertions[$0] } + values.map { removals[$0] }.filter { $0 >= 0 })
      .sorted()
  }

  /// As few values as possible that are certainly inside, one or another, in every slot of a range.
  ///
  /// - Parameter values: Those to choose from; together they cover the range.
  /// - Complexity: O(*n* log *n*).
  func cover(of range: Range<Int>, from values: [Int]) -> [Int] {
    let sorted = values.map { (value: $0, slots: slots($0)) }.filter { !$0.slots.isEmpty }
      .sorted { $0.slots.lowerBound < $1.slots.lowerBound }
    var chosen: [Int] = []
    var (next, reached) = (0, range.lowerBound)
    var best: (value: Int, end: Int)?
    while reached < range.upperBound {
      while next < sorted.count, sorted[next].slots.lowerBound <= reached {
        if sorted[next].slots.upperBound > best?.end ?? reached {
          best = (sorted[next].value, sorted[next].slots.upperBound)
        }
        next += 1
      }
      guard let found = best, found.end > reached else { break }
      chosen.append(found.value)
      reached = found.end
      best = nil
    }
    return chosen
  }

  /// For each slot the next one, itself among them, in which no value is certainly inside.
  ///
  /// - Complexity: O(*n*).
  var nextFreeSlots: [Int32] {
    var depth = [Int32](repeating: 0, count: Int(eventCount) + 1)
    for value in 0..<count {
      let slots = slots(value)
      depth[slots.lowerBound] += 1
      depth[slots.upperBound] -= 1
    }
    for slot in depth.indices.dropFirst() { depth[slot] += depth[slot - 1] }
    var next = DistinctValues.never
    for slot in depth.indices.reversed() {
      if depth[slot] == 0 { next = Int32(slot) }
      depth[slot] = next
    }
    return depth
  }

  /// An operation that found the container empty while there was no moment for that.
  func contradictedEmpty(_ reason: String) -> Certificate? {
    guard !empties.isEmpty else { return nil }
    let free = nextFreeSlots
    for empty in empties {
      let window = Int(invoked[Int(empty)])..<Int(returned[Int(empty)])
      guard free[window.lowerBound] >= window.upperBound else { continue }
      let cover = cover(of: window, from: Array(0..<count))
      return Certificate(operations(on: cover, [empty]), reason: reason)
    }
    return nil
  }

  /// A decision that is certain though some operations may have removed values unseen.
  func certain(_ certificate: Certificate?) -> Decision? {
    guard let certificate else { return .linearizable }
    return hasUnknown ? nil : .nonlinearizable(certificate)
  }
}
