/// Where the operations on each value of a register lie in time, when each value is written once.
///
/// Times are places among the history's events.
struct RegisterZones {
  /// The operations that write or see one value.
  struct Zone {
    /// When the first of them returned.
    var low = Int32.max
    /// When the last of them was invoked.
    var high: Int32 = -1
    /// When the write was invoked, or -1 where there is none.
    var written: Int32 = -1
    /// The value to which a compare-and-set changed this one, or -1.
    var next: Int32 = -1
  }

  /// A compare-and-set that failed: the value was another one at some moment of its interval.
  struct Denial {
    var value: Int32
    var invoked: Int32
    var returned: Int32
  }

  let history: ObjectHistory<Action>
  let initial: Int32
  /// By value.
  var zones: [Zone]
  /// The values with operations that returned, in the order of the first returns.
  private(set) var order: [Int32] = []
  private(set) var denials: [Denial] = []
  /// How many values were changed by a compare-and-set.
  var linkCount = 0
  /// The targets of two compare-and-sets that both saw the same value.
  var fork: (Int32, Int32)?

  /// Nothing where a value is written twice, or the initial one at all.
  ///
  /// - Parameter valueCount: All values are below it, and none is negative.
  init?(_ history: ObjectHistory<Action>, initial: Int32, valueCount: Int) {
    self.history = history
    self.initial = initial
    zones = [Zone](repeating: Zone(), count: valueCount)
    guard let unreturned = scan() else { return nil }
    guard unreturned.isEmpty || revive(unreturned) else { return nil }
  }

  /// Finds the zones of the operations that returned.
  ///
  /// - Returns: When the others were invoked, but for those that change nothing; or nothing where
  ///   the premise doesn't hold.
  private mutating func scan() -> [Int32]? {
    let required = history.events.count == 2 * history.count ? nil : history.required
    var unreturned: [Int32] = []
    var opened: [Int32: Int32] = [:]
    order.reserveCapacity(zones.count)
    for (place, event) in history.events.enumerated() {
      let time = Int32(truncatingIfNeeded: place)
      let operation = Int(event >> 1)
      let action = history.operations[operation]
      if let required, !required[operation] {
        if !action.isPure { unreturned.append(time) }
        continue
      }
      let isInvocation = event & 1 == 0
      let value: Int
      switch action {
      case .observe(let seen): value = Int(seen)
      case .set(let new):
        value = Int(new)
        if isInvocation, !write(new, time) { return nil }
      case .move(let from, let to):
        value = Int(to)
        if isInvocation, from != to {
          guard write(to, time) else { return nil }
          link(from, to)
        }
      case .differ(let other):
        if isInvocation {
          opened[Int32(operation)] = time
        } else if let invoked = opened.removeValue(forKey: Int32(operation)) {
          denials.append(Denial(value: other, invoked: invoked, returned: time))
        }
        continue
      case .apply, .inspect: return nil
      }
      if isInvocation {
        zones[value].high = time
      } else if zones[value].low == .max {
        zones[value].low = time
        order.append(Int32(truncatingIfNeeded: value))
      }
    }
    return unreturned
  }

  /// Whether it is the only write of its value.
  private mutating func write(_ value: Int32, _ time: Int32) -> Bool {
    guard zones[Int(value)].written < 0, value != initial else { return false }
    zones[Int(value)].written = time
    return true
  }

  mutating func link(_ from: Int32, _ to: Int32) {
    guard zones[Int(from)].next < 0 else {
      if fork == nil { fork = (zones[Int(from)].next, to) }
      return
    }
    zones[Int(from)].next = to
    linkCount += 1
  }

  /// The operation whose invocation or return an event is.
  func operation(at time: Int32) -> Int32 { history.events[Int(time)] >> 1 }

  /// The operation that wrote a value, or nothing for the initial one and one never written.
  func writer(of value: Int32) -> Int32? {
    let time = zones[Int(value)].written
    return time < 0 ? nil : operation(at: time)
  }
}
