/// Additions of one number, which reads divide into phases.
///
/// A read says how many additions came before it. Reads in the order of their numbers must agree
/// with time, and each addition has a phase, between two numbers that were read: it must be able to
/// come after the reads below and before those above. The phases that an addition can have follow
/// each other, so those that are needed are taken in the order of the last that they can have,
/// earliest deadline first. Additions in the right phases have an order that agrees with time, for
/// two that don't can change places.
struct CounterPhases {
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
    var waiting = MinimumHeap<Int32>()
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
