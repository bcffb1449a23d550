extension Counter {
  /// Decides a counter by what its reads bound, and tickets by the order that their answers give.
  ///
  /// - Where only fetch-and-adds of positive numbers change it, their answers are places in an order:
  ///   ``Tickets``.
  /// - Where only additions of one number change it, the reads divide them into phases:
  ///   ``CounterPhases``.
  /// - Else each read must lie between what is certainly added before it and what may be, a
  ///   necessary condition only: a history that keeps to it is left to the search.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var kinds: (adds: Bool, fetches: Bool) = (false, false)
    var deltas = Set<Int64>()
    for operation in history.operations {
      switch operation {
      case .add(let delta):
        kinds.adds = true
        if deltas.count < 3 { deltas.insert(delta) }
      case .fetchAdd(let delta, _):
        kinds.fetches = true
        if deltas.count < 3 { deltas.insert(delta) }
      case .read: break
      }
    }
    if kinds.fetches && !kinds.adds {
      return Tickets(history, initial: initial).decision
    }
    if !kinds.fetches, deltas.count <= 1, deltas.first ?? 1 != 0 {
      return CounterPhases(history, initial: initial, delta: deltas.first ?? 1).decision
    }
    return kinds.fetches ? nil : CounterBounds(history, initial: initial).violation
  }
}

/// Fetch-and-adds of positive numbers, each of which answered its place in the order of all.
///
/// The answers must follow each other without a gap and without an overlap, but for what operations
/// that never answered fill; a read has a place between two. The order exists in time exactly if no
/// operation returned before one was invoked that has a lower place. Operations that never answered
/// fill gaps only, where all numbers are one: as late as the gap allows, those that were invoked
/// first in the first gaps.
private struct Tickets {
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

/// Additions of one number, which reads divide into phases.
///
/// A read says how many additions came before it. Reads in the order of their numbers must agree
/// with time, and each addition has a phase, between two numbers that were read: it must be able to
/// come after the reads below and before those above. The phases that an addition can have follow
/// each other, so those that are needed are taken in the order of the last that they can have,
/// earliest deadline first. Additions in the right phases have an order that agrees with time, for
/// two that don't can change places.
private struct CounterPhases {
  private let history: ObjectHistory<Counter.Operation>
  private let initial: Int64
  private let delta: Int64
  private let times: EventTimes

  init(_ history: ObjectHistory<Counter.Operation>, initial: Int64, delta: Int64) {
    self.history = history
    self.initial = initial
    self.delta = delta
    times = EventTimes(history)
  }

  var decision: Decision? {
    var reads: [(count: Int, operation: Int32)] = []
    for (number, operation) in history.operations.enumerated() {
      guard case .read(let value) = operation, times.returned[number] != EventTimes.never else {
        continue
      }
      let (rise, overflows) = value.subtractingReportingOverflow(initial)
      guard !overflows else { return nil }
      let (count, rest) = rise.quotientAndRemainder(dividingBy: delta)
      guard rest == 0, count >= 0, count <= history.count else {
        return violation("a read answers a number that the additions never make")
      }
      reads.append((Int(count), Int32(number)))
    }
    reads.sort { $0 < $1 }
    return phases(of: reads)
  }

  private func phases(of reads: [(count: Int, operation: Int32)]) -> Decision {
    // For each number that was read: when the reads up to it have begun, and when those from it on
    // must have happened.
    var counts: [Int] = []
    var begun: [Int32] = []
    var due: [Int32] = []
    for read in reads {
      let (start, end) = (
        times.invoked[Int(read.operation)], times.returned[Int(read.operation)]
      )
      if counts.last == read.count {
        begun[begun.count - 1] = max(begun[begun.count - 1], start)
        due[due.count - 1] = min(due[due.count - 1], end)
      } else {
        if let last = begun.last, end < last { return violation(order) }
        counts.append(read.count)
        begun.append(max(begun.last ?? -1, start))
        due.append(end)
      }
      if begun.count > 1, end < begun[begun.count - 2] { return violation(order) }
    }
    for place in due.indices.dropLast().reversed() { due[place] = min(due[place], due[place + 1]) }
    return assign(counts, begun, due)
  }

  private let order = "a lower number is read after a greater one"

  /// Gives each addition a phase; phase *j* ends with the number `counts[j]`.
  private func assign(_ counts: [Int], _ begun: [Int32], _ due: [Int32]) -> Decision {
    let last = counts.count
    // By the first phase that an addition can have: the last one, `last` + 1 where it need not be.
    var starting = [[Int32]](repeating: [], count: last + 1)
    for (number, operation) in history.operations.enumerated() {
      guard case .add = operation else { continue }
      let first = firstPlace(in: due, after: times.invoked[number])
      let end = times.returned[number]
      guard end != EventTimes.never else {
        starting[first].append(Int32(last + 1))
        continue
      }
      let latest = firstPlace(in: begun, after: end)
      guard first <= latest else { return violation(bound) }
      starting[first].append(Int32(latest))
    }
    var waiting = PhaseHeap()
    var reached = 0
    for phase in 0..<last {
      for latest in starting[phase] { waiting.insert(latest) }
      for _ in reached..<counts[phase] {
        guard waiting.popFirst() != nil else { return violation(bound) }
      }
      reached = counts[phase]
      if let first = waiting.first, first <= phase { return violation(bound) }
    }
    return .linearizable
  }

  private let bound = "a read answers less than was added before it, or more than can have been"

  /// The first place whose time, ascending, is after another.
  private func firstPlace(in ascending: [Int32], after time: Int32) -> Int {
    var (low, high) = (0, ascending.count)
    while low < high {
      let middle = (low + high) / 2
      if ascending[middle] > time { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// All of the history: what is less is found by the one who explains it.
  private func violation(_ reason: String) -> Decision {
    .nonlinearizable(
      Certificate(history.operations.indices.map { Int32($0) }, reason: reason))
  }
}

/// The least of some numbers.
private struct PhaseHeap {
  private var heap: [Int32] = []

  var first: Int32? { heap.first }

  mutating func insert(_ number: Int32) {
    heap.append(number)
    var place = heap.count - 1
    while place > 0, heap[place] < heap[(place - 1) / 2] {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func popFirst() -> Int32? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var place = 0
    while true {
      var child = 2 * place + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[place] else { break }
      heap.swapAt(place, child)
      place = child
    }
    return first
  }
}

/// What a read can answer at least and at most.
private struct CounterBounds {
  private let history: ObjectHistory<Counter.Operation>
  private let initial: Int64

  init(_ history: ObjectHistory<Counter.Operation>, initial: Int64) {
    self.history = history
    self.initial = initial
  }

  /// A read beyond its bounds, with all that is added.
  ///
  /// - Complexity: O(*n*).
  var violation: Decision? {
    let times = EventTimes(history)
    // For each read what was certainly added when it began.
    var certain = [Int64](repeating: 0, count: history.count)
    var sum = initial
    for event in history.events {
      let number = Int(event >> 1)
      switch (history.operations[number], event & 1) {
      case (.add(let delta), 1): sum += delta
      case (.add(let delta), _): guard abs(delta) < 1 << 40 else { return nil }
      case (.read, 0): certain[number] = sum
      case (.read, _): break
      case (.fetchAdd, _): return nil
      }
    }
    let most = bounds(isHigh: true)
    let least = bounds(isHigh: false)
    for (number, operation) in history.operations.enumerated() {
      guard case .read(let value) = operation, times.returned[number] != EventTimes.never,
        value < certain[number] + least[number] || value > certain[number] + most[number]
      else { continue }
      let adds = history.operations.indices.filter { other in
        if case .add = history.operations[other] { true } else { false }
      }
      return .nonlinearizable(
        Certificate(
          (adds + [number]).sorted().map { Int32($0) },
          reason: "a read answers less or more than can have been added before it"))
    }
    return nil
  }

  /// For each read what may have been added of one sign beside what was certain when it began.
  private func bounds(isHigh: Bool) -> [Int64] {
    var invoked: Int64 = 0
    var returned: Int64 = 0
    var returnedBefore = [Int64](repeating: 0, count: history.count)
    var bounds = returnedBefore
    for event in history.events {
      let number = Int(event >> 1)
      switch (history.operations[number], event & 1) {
      case (.add(let delta), 0): if (delta > 0) == isHigh { invoked += delta }
      case (.add(let delta), _): if (delta > 0) == isHigh { returned += delta }
      case (_, 0): returnedBefore[number] = returned
      default: bounds[number] = invoked - returnedBefore[number]
      }
    }
    return bounds
  }
}
