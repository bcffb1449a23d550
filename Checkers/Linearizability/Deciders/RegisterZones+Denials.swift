extension RegisterZones {
  /// A failed compare-and-set in whose whole interval the value must have been the expected one.
  var denialViolation: Violation? {
    for denial in denials {
      let zone = zones[Int(denial.value)]
      guard zone.written >= 0 || denial.value == initial else { continue }
      // The write must have taken effect by the first return, and no other before the last of the
      // invocations of those that see the value.
      let first = denial.value == initial ? -1 : zone.low
      let last = max(zone.high, zone.next < 0 ? -1 : zones[Int(zone.next)].written)
      if first < denial.invoked, denial.returned < last {
        let times = [first, last, denial.returned].filter { $0 >= 0 }
        return Violation(
          operations: times.map(operation(at:)),
          reason: "a compare-and-set failed though the value was the expected one all the time")
      }
    }
    return nil
  }

  /// Whether there is a linearization in which all failed compare-and-sets are possible, given that
  /// there is one without them; false says nothing.
  ///
  /// It tries one linearization: blocks in the order of the lower ends of their zones, which agrees
  /// with time, and all operations as early as possible.
  var areDenialsPossible: Bool {
    let open = denials.filter { denial in
      let zone = zones[Int(denial.value)]
      if denial.value != initial, zone.written < 0 || denial.returned < zone.written {
        return false
      }
      return zone.next < 0 || zones[Int(zone.next)].low > denial.invoked
    }
    if open.isEmpty { return true }
    let periods = earliestPeriods
    return open.allSatisfy { denial in
      let period = periods[Int(denial.value)]
      return period.begin > denial.invoked || period.end < denial.returned
    }
  }

  /// For each value the events after which it is first and last current, in the linearization where
  /// that is as early as possible.
  private var earliestPeriods: [(begin: Int32, end: Int32)] {
    var roots: [(key: Int32, value: Int32)] = []
    for (value, zone) in zones.enumerated() where isRoot(value, zone) {
      var (low, high) = (value == initial ? -1 : Int32.max, Int32(-1))
      var current = Int32(value)
      while current >= 0 {
        low = min(low, zones[Int(current)].low)
        high = max(high, zones[Int(current)].high)
        current = zones[Int(current)].next
      }
      roots.append((value == initial ? -2 : min(low, high), Int32(value)))
    }
    roots.sort { $0.key < $1.key }
    var periods = [(begin: Int32, end: Int32)](repeating: (-1, .max), count: zones.count)
    var now: Int32 = -1
    var previous: Int32 = -1
    for root in roots {
      var current = root.value
      while current >= 0 {
        now = max(now, zones[Int(current)].written)
        if previous >= 0 { periods[Int(previous)].end = now }
        periods[Int(current)].begin = current == initial ? -1 : now
        now = max(now, zones[Int(current)].high)
        previous = current
        current = zones[Int(current)].next
      }
    }
    return periods
  }
}
