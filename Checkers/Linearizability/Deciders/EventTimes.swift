/// When each operation was invoked and returned, in numbers of events.
struct EventTimes {
  static let never = Int32.max

  private(set) var invoked: [Int32]
  /// ``never`` where it did not return.
  private(set) var returned: [Int32]

  /// - Complexity: O(*n*).
  init<Operation>(_ history: ObjectHistory<Operation>) {
    invoked = [Int32](repeating: 0, count: history.count)
    returned = [Int32](repeating: EventTimes.never, count: history.count)
    for (time, event) in history.events.enumerated() {
      if event & 1 == 0 {
        invoked[Int(event >> 1)] = Int32(time)
      } else {
        returned[Int(event >> 1)] = Int32(time)
      }
    }
  }
}
