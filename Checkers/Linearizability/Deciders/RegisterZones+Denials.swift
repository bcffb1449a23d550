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
  /// It tries one order of the blocks, by the lower ends of their zones, which agrees with time,
  /// and in it the earliest moments. Where a failure then finds its value all the time, and the
  /// next can't come sooner, its value must come later. Moments only move to where they must be, so
  /// for this order of blocks the answer is exact.
  ///
  /// - Complexity: O(*n* log *n*), where a bounded number of rounds suffices.
  var areDenialsPossible: Bool {
    let open = denials.filter { denial in
      let zone = zones[Int(denial.value)]
      if denial.value != initial, zone.written < 0 || denial.returned < zone.written {
        return false
      }
      return zone.next < 0 || zones[Int(zone.next)].low > denial.invoked
    }
    if open.isEmpty { return true }
    let sequence = sequence
    var deadlines = [Int32](repeating: .max, count: sequence.count + 1)
    for place in sequence.indices.reversed() {
      deadlines[place] = min(deadlines[place + 1], zones[Int(sequence[place])].low)
    }
    var begins = zones.map(\.written)
    var ends = [Int32](repeating: .max, count: zones.count)
    for _ in 0..<64 {
      var now: Int32 = -1
      for (place, value) in sequence.enumerated() {
        now = max(now, begins[Int(value)])
        guard now < deadlines[place] else { return false }
        if place > 0 { ends[Int(sequence[place - 1])] = now }
        begins[Int(value)] = now
        now = max(now, zones[Int(value)].high)
      }
      var isSettled = true
      for denial in open {
        let value = Int(denial.value)
        if begins[value] >= denial.invoked || ends[value] < denial.returned { continue }
        guard denial.value != initial else { return false }
        begins[value] = denial.invoked
        isSettled = false
      }
      if isSettled { return true }
    }
    return false
  }

  /// The values in the order in which they may have been current.
  private var sequence: [Int32] {
    var roots: [(key: Int32, value: Int32)] = []
    for (value, zone) in zones.enumerated() where isRoot(value, zone) {
      var (low, high) = (Int32.max, Int32(-1))
      for member in chain(from: Int32(value)) {
        low = min(low, zones[Int(member)].low)
        high = max(high, zones[Int(member)].high)
      }
      roots.append((value == initial ? -2 : min(low, high), Int32(value)))
    }
    roots.sort { $0.key < $1.key }
    return roots.flatMap { chain(from: $0.value) }
  }

  private func chain(from value: Int32) -> some Sequence<Int32> {
    Swift.sequence(first: value) { value in
      let next = zones[Int(value)].next
      return next < 0 ? nil : next
    }
  }
}
