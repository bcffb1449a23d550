extension RegisterZones {
  /// Operations that can't be brought into an order, together with the writes of what they see.
  struct Violation {
    var operations: [Int32]
    var reason: String
  }

  /// Why there is no linearization, failed compare-and-sets aside, or why one of those can't be.
  var violation: Violation? {
    if let (first, second) = fork {
      return Violation(
        operations: [first, second].compactMap(writer(of:)),
        reason: "two compare-and-sets both changed the same value, which was written once")
    }
    if linkCount > 0 { return chainViolation ?? denialViolation }
    let zones = zones
    let found = conflict { value -> BlockZone? in
      let zone = zones[Int(value)]
      return BlockZone(low: zone.low, high: zone.high)
    }
    return found ?? denialViolation
  }

  /// Blocks that precede each other, or a value that was seen before its write or without one.
  ///
  /// - Parameter block: The block whose first return is that of a value, or nothing.
  private func conflict(_ block: (Int32) -> BlockZone?) -> Violation? {
    // Before everything something wrote the initial value.
    var sweep = BlockSweep(BlockZone(low: -1, high: block(initial)?.high ?? -1))
    for value in order where value != initial {
      let zone = zones[Int(value)]
      guard zone.written >= 0 else {
        return Violation(
          operations: [operation(at: zone.low)], reason: "a value was read that was never written")
      }
      guard zone.written < zone.low else {
        return Violation(
          operations: [operation(at: zone.low), operation(at: zone.written)],
          reason: "a value was read before its write was invoked")
      }
      guard let next = block(value) else { continue }
      if let other = sweep.conflict(with: next) {
        return Violation(
          operations: BlockZone.ends(other, next).map(operation(at:)),
          reason: "each of two values was current before the other, but each was written once")
      }
    }
    return nil
  }

  private var chainViolation: Violation? {
    for (value, zone) in zones.enumerated()
    where zone.next >= 0 && zone.written < 0 && value != initial {
      return Violation(
        operations: [writer(of: zone.next)].compactMap(\.self),
        reason: "a compare-and-set changed a value that was never written")
    }
    // For each value its chain's place; chains begin with the initial value or a write.
    var chains = [Int32](repeating: -1, count: zones.count)
    var blocks: [BlockZone] = []
    var visited = 0
    for (value, zone) in zones.enumerated() where isRoot(value, zone) {
      var block = BlockZone(low: value == initial ? -1 : .max, high: -1)
      var current = Int32(value)
      while current >= 0 {
        let zone = zones[Int(current)]
        if block.high > zone.low {
          return Violation(
            operations: [operation(at: block.high), operation(at: zone.low)],
            reason: "an operation on a value returned before one on an earlier value was invoked, "
              + "which compare-and-sets led to it")
        }
        block.low = min(block.low, zone.low)
        block.high = max(block.high, zone.high)
        chains[Int(current)] = Int32(blocks.count)
        current = zone.next
        if current >= 0 { visited += 1 }
      }
      blocks.append(block)
    }
    if visited < linkCount, let value = zones.indices.first(where: { isLinked($0, chains) }) {
      return Violation(
        operations: [writer(of: Int32(value))].compactMap(\.self),
        reason: "compare-and-sets lead from value to value in a circle")
    }
    return conflict { value in
      let place = chains[Int(value)]
      guard place >= 0 else { return nil }
      let block = blocks[Int(place)]
      return value == initial || block.low == zones[Int(value)].low ? block : nil
    }
  }

  private func isLinked(_ value: Int, _ chains: [Int32]) -> Bool {
    zones[value].next >= 0 && chains[value] < 0
  }

  /// Whether a value is written by a write, or the initial one.
  func isRoot(_ value: Int, _ zone: Zone) -> Bool {
    guard zone.written >= 0 else { return value == initial }
    if case .set = history.operations[Int(operation(at: zone.written))] { return true }
    return false
  }
}
