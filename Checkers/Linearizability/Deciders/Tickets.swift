/// Fetch-and-adds of positive numbers, each of which answered its place in the order of all.
///
/// The answers must follow each other without a gap and without an overlap, but for what operations
/// that never answered fill; a read has a place between two. The order exists in time exactly if no
/// operation returned before one was invoked that has a lower place. Operations that never answered
/// fill gaps only, where all numbers are one: as late as the gap allows, those that were invoked
/// first in the first gaps.
struct Tickets {
  private let history: ObjectHistory<Counter.Operation>
  private let initial: Int64
  private let times: EventTimes

  init(_ history: ObjectHistory<Counter.Operation>, initial: Int64) {
    self.history = history
    self.initial = initial
    times = EventTimes(history)
  }

  private struct Item {
    var place: Int64
    /// What it adds; nothing for a read, which comes before the addition at its place.
    var delta: Int64
    var operation: Int32
  }

  var decision: Decision? {
    var items: [Item] = []
    var lost: [Int32] = []
    var lostDeltas = Set<Int64>()
    for (number, operation) in history.operations.enumerated() {
      let isDone = times.returned[number] != EventTimes.never
      switch operation {
      case .add: return nil
      case .read(let value):
        if isDone { items.append(Item(place: value, delta: 0, operation: Int32(number))) }
      case .fetchAdd(let delta, let before):
        guard delta > 0, delta < 1 << 40 else { return nil }
        if isDone, let before {
          guard abs(before) < 1 << 60 else { return nil }
          items.append(Item(place: before, delta: delta, operation: Int32(number)))
        } else {
          guard !isDone, before == nil else { return nil }
          lost.append(Int32(number))
          lostDeltas.insert(delta)
        }
      }
    }
    items.sort { ($0.place, $0.delta, $0.operation) < ($1.place, $1.delta, $1.operation) }
    if let decision = outOfOrder(items) { return decision }
    return gaps(items, lost, lostDeltas)
  }

  /// Whether answers overlap, or contradict real time.
  private func outOfOrder(_ items: [Item]) -> Decision? {
    var last: Item?
    // The operation that was invoked last of those with lower places, and of those of this one.
    var latest: Int32 = -1
    var latestHere: Int32 = -1
    var place = Int64.min
    for item in items {
      if item.place < initial {
        return .nonlinearizable(certificate([item], "an answer is below the first number"))
      }
      if let last, item.place < last.place + last.delta {
        return .nonlinearizable(certificate([last, item], "a number is handed out twice"))
      }
      // Reads of one number have one place; an addition has one of its own.
      if item.place != place || item.delta > 0 {
        if latestHere >= 0, latest < 0 || invoked(latestHere) > invoked(latest) {
          latest = latestHere
        }
        latestHere = -1
        place = item.place
      }
      if latest >= 0, times.returned[Int(item.operation)] < invoked(latest) {
        let other = items.first { $0.operation == latest } ?? item
        return .nonlinearizable(
          certificate([other, item], "a greater number is answered before a lower one"))
      }
      if latestHere < 0 || invoked(item.operation) > invoked(latestHere) {
        latestHere = item.operation
      }
      if item.delta > 0 { last = item }
    }
    return nil
  }

  private func invoked(_ operation: Int32) -> Int32 { times.invoked[Int(operation)] }

  /// Two operations; where what came before them matters, all others may take effect or not.
  private func certificate(_ items: [Item], _ reason: String) -> Certificate {
    let kept = Set(items.map(\.operation))
    let others = history.operations.indices.map { Int32($0) }.filter { number in
      guard !kept.contains(number) else { return false }
      if case .read = history.operations[Int(number)] { return false }
      return true
    }
    return Certificate(kept.sorted(), weakened: others, reason: reason)
  }

  /// Whether what never answered fills the gaps.
  private func gaps(_ items: [Item], _ lost: [Int32], _ lostDeltas: Set<Int64>) -> Decision? {
    // When each place must be reached: the earliest return of what has it or a greater one.
    var deadlines = [Int32](repeating: EventTimes.never, count: items.count + 1)
    for place in items.indices.reversed() {
      deadlines[place] = min(
        deadlines[place + 1], times.returned[Int(items[place].operation)])
    }
    var reached = initial
    var filled = 0
    for (place, item) in items.enumerated() {
      let gap = item.place - reached
      if gap > 0 {
        guard let delta = lostDeltas.first, lostDeltas.count == 1 else {
          return lostDeltas.isEmpty ? missing(items, upTo: place) : nil
        }
        guard gap % delta == 0 else { return missing(items, upTo: place) }
        guard gap / delta <= lost.count - filled else { return missing(items, upTo: place) }
        for _ in 0..<Int(gap / delta) {
          // Those that were invoked first have the lowest numbers.
          guard invoked(lost[filled]) < deadlines[place] else { return missing(items, upTo: place) }
          filled += 1
        }
      }
      reached = item.place + item.delta
    }
    return .linearizable
  }

  /// The operations up to a gap that nothing can fill, with all that never answered.
  private func missing(_ items: [Item], upTo place: Int) -> Decision {
    let kept = items.map(\.operation)
    let lost = history.operations.indices.map { Int32($0) }
      .filter { times.returned[Int($0)] == EventTimes.never }
    return .nonlinearizable(
      Certificate(
        kept.sorted(),
        weakened: lost.filter { number in
          if case .read = history.operations[Int(number)] { false } else { true }
        },
        reason: "between two answers numbers are missing that nobody can have got"))
  }
}
