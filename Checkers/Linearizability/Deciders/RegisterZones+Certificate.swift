extension RegisterZones {
  /// A part of the history with the same violation, as small as the operations named in it allow.
  ///
  /// With an operation that saw a value its write must stay, and with a write that never returned
  /// something that saw its value: only then is a part without an order evidence for the whole.
  func certificate(for violation: Violation) -> Certificate {
    let all = closure(of: violation.operations)
    let part = history.part(Certificate(all, reason: "").fates(count: history.count))
    let (register, dense) = Register(initial: initial).renumbered(part)
    var smallest = all
    if let zones = register.zones(of: dense) {
      let named = all.indices.filter { violation.operations.contains(all[$0]) }.map { Int32($0) }
      let small = smallestPart(
        of: all.count, naming: named, closure: zones.closure, isViolated: zones.isViolated)
      smallest = small.map { all[Int($0)] }
    }
    return Certificate(smallest, reason: violation.reason)
  }

  /// Operations with the writes of all that they see, in ascending order.
  private func closure(of operations: [Int32]) -> [Int32] {
    let required = history.required
    var found = Set(operations)
    var pending = operations
    func add(_ operation: Int32?) {
      guard let operation, found.insert(operation).inserted else { return }
      pending.append(operation)
    }
    while let operation = pending.popLast() {
      switch history.operations[Int(operation)] {
      case .observe(let value), .differ(let value), .move(let value, _): add(writer(of: value))
      case .set, .apply, .inspect: break
      }
      if !required[Int(operation)], let value = history.operations[Int(operation)].target {
        let zone = zones[Int(value)]
        add(zone.low == .max ? writer(of: zone.next) : self.operation(at: zone.low))
      }
    }
    return found.sorted()
  }

  private func isViolated(_ operations: [Int32]) -> Bool {
    let part = history.part(Certificate(operations, reason: "").fates(count: history.count))
    let (register, dense) = Register(initial: initial).renumbered(part)
    return register.zones(of: dense)?.violation != nil
  }
}
