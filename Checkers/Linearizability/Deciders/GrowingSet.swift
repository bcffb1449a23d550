/// A set that is added to and read whole, and never loses an element.
///
/// Its reads must form a chain: of two, one has all elements of the other. So each element has a
/// rank, that of the first read which has it, and the order of the operations is given but among
/// equals: the additions of a rank, then the reads of that rank. What was never read comes last.
/// Such an order exists in time exactly if no operation returned before another was invoked that
/// has a lower place.
struct GrowingSet {
  private let history: ObjectHistory<ElementSet.Operation>
  private let sets: [[Int32]]
  private let times: EventTimes
  /// For each element the operation that adds it.
  private var additions: [Int32: Int32] = [:]

  init(_ history: ObjectHistory<ElementSet.Operation>, _ sets: [[Int32]]) {
    self.history = history
    self.sets = sets
    times = EventTimes(history)
  }

  /// - Returns: Nothing when an element is added twice.
  var decision: Decision? {
    mutating get {
      var reads: [Int32: [Int32]] = [:]
      // Sets of the same elements are one set, whatever their numbers.
      var numbers: [[Int32]: Int32] = [:]
      func first(_ set: Int32) -> Int32 {
        let elements = sets[Int(set)]
        if let known = numbers[elements] { return known }
        numbers[elements] = set
        return set
      }
      for (number, operation) in history.operations.enumerated() {
        switch operation {
        case .add(let element):
          guard additions.updateValue(Int32(number), forKey: element) == nil else { return nil }
        case .read(let set):
          // A read that never returned says nothing.
          if times.returned[number] != EventTimes.never {
            reads[first(set), default: []].append(Int32(number))
          }
        case .remove, .contains: return nil
        }
      }
      return decide(reads)
    }
  }

  private func decide(_ reads: [Int32: [Int32]]) -> Decision {
    let chain = reads.keys.sorted { (sets[Int($0)].count, $0) < (sets[Int($1)].count, $1) }
    var ranks: [Int32: Int] = [:]
    // The operation that was invoked last of those with lower places, and of those of this one.
    var latest: Int32 = -1
    for (rank, set) in chain.enumerated() {
      let elements = sets[Int(set)]
      guard Set(elements).count == elements.count else {
        return violation([], reads, [set], "a read has an element twice")
      }
      var new: [Int32] = []
      for element in elements where ranks[element] == nil {
        guard additions[element] != nil else {
          return .nonlinearizable(
            Certificate(
              [reads[set]?.first ?? 0], weakened: additions(of: [set]),
              reason: "a read has an element that was never added"))
        }
        ranks[element] = rank
        new.append(element)
      }
      let before = rank == 0 ? 0 : sets[Int(chain[rank - 1])].count
      guard elements.count == before + new.count else {
        return violation(
          [], reads, [chain[rank - 1], set], "two reads each miss what the other has")
      }
      let groups = [new.compactMap { additions[$0] }, reads[set] ?? []]
      for group in groups {
        if let early = group.first(where: { isBefore($0, latest) }) {
          return violation([early, latest], reads, Array(chain[...rank].suffix(2)), order)
        }
        for operation in group where isLater(operation, latest) { latest = operation }
      }
    }
    for (number, operation) in history.operations.enumerated() {
      guard case .add(let element) = operation, ranks[element] == nil,
        isBefore(Int32(number), latest)
      else { continue }
      return violation([Int32(number), latest], reads, chain.suffix(1), order)
    }
    return .linearizable
  }

  private let order = "a read misses an element that was added before it, or has one too early"

  /// Whether an operation returned before another was invoked.
  private func isBefore(_ operation: Int32, _ other: Int32) -> Bool {
    other >= 0 && times.returned[Int(operation)] < times.invoked[Int(other)]
  }

  private func isLater(_ operation: Int32, _ other: Int32) -> Bool {
    other < 0 || times.invoked[Int(operation)] > times.invoked[Int(other)]
  }

  /// The additions of what sets have.
  private func additions(of sets: [Int32]) -> [Int32] {
    Set(sets.flatMap { self.sets[Int($0)] }.compactMap { additions[$0] }).sorted()
  }

  /// Some operations, with a read of each of some sets and what explains those.
  private func violation(
    _ operations: [Int32], _ reads: [Int32: [Int32]], _ sets: some Sequence<Int32>,
    _ reason: String
  ) -> Decision {
    var kept = Set(operations)
    var read = Array(sets)
    for operation in operations {
      if case .read(let set) = history.operations[Int(operation)] { read.append(set) }
    }
    for set in read where !kept.contains(where: { (reads[set] ?? []).contains($0) }) {
      if let first = reads[set]?.first { kept.insert(first) }
    }
    let weakened = additions(of: read).filter { !kept.contains($0) }
    return .nonlinearizable(
      Certificate(kept.sorted(), weakened: weakened, reason: reason))
  }
}
