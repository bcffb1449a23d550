import Values

/// When a node's timers are due; timers are small integers here.
struct TimerTable {
  private static let never = Nanoseconds.max

  private var due: [Nanoseconds]

  init(count: Int) { due = Array(repeating: TimerTable.never, count: count) }

  /// When the first timer is due, if any is set.
  var first: Nanoseconds? { due.min().flatMap { $0 == TimerTable.never ? nil : $0 } }

  mutating func set(_ timer: Int, due time: Nanoseconds) { due[timer] = time }

  mutating func cancel(_ timer: Int) { due[timer] = TimerTable.never }

  /// The timers that are due at `now`, in the order in which they were due.
  func timers(dueAt now: Nanoseconds) -> [(timer: Int, due: Nanoseconds)] {
    due.indices.filter { due[$0] <= now }.map { (timer: $0, due: due[$0]) }
      .sorted { ($0.due, $0.timer) < ($1.due, $1.timer) }
  }

  /// Takes a due timer, unless it was cancelled or set again meanwhile.
  mutating func fire(_ timer: Int, due time: Nanoseconds) -> Bool {
    guard due[timer] == time else { return false }
    due[timer] = TimerTable.never
    return true
  }
}
