/// What a read can answer at least and at most.
struct CounterBounds {
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
