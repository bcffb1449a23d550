extension RegisterZones {
  /// Includes the writes that never returned, but must have taken effect because an operation that
  /// did saw their values.
  ///
  /// The others are left out: in a linearization with one of them the next change is a write, which
  /// is possible without it too, or another of them, or nothing follows. A failed compare-and-set
  /// may need it, but that matters only where the zones don't decide the failure without it.
  ///
  /// - Parameter times: When they were invoked.
  /// - Returns: Whether the premise holds: a value that was seen has one possible write.
  mutating func revive(_ times: [Int32]) -> Bool {
    // By value; -1 where there are several.
    var writes: [Int32: Int32] = [:]
    var seen: [Int32] = []
    for time in times {
      guard let value = history.operations[Int(operation(at: time))].target else { return false }
      let zone = zones[Int(value)]
      guard zone.written < 0, value != initial else { return false }
      writes[value] = writes[value] == nil ? time : -1
      if zone.low != .max || zone.next >= 0 { seen.append(value) }
    }
    while let value = seen.popLast() {
      guard let time = writes.removeValue(forKey: value) else { continue }
      guard time >= 0 else { return false }
      zones[Int(value)].written = time
      zones[Int(value)].high = max(zones[Int(value)].high, time)
      guard case .move(let from, _) = history.operations[Int(operation(at: time))] else { continue }
      link(from, value)
      seen.append(from)
    }
    return true
  }
}
