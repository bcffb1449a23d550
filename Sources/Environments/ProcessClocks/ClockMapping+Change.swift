package import Environments
package import Values

extension ClockMapping {
  /// Changes the clock.
  ///
  /// - Returns: Whether it could be changed by as much as was asked for.
  package mutating func apply(_ change: ClockChange, at time: Nanoseconds) -> Bool {
    switch change {
    case .offset(let offset):
      setOffset(offset, at: time)
      return self.offset == offset
    case .step(let step):
      let before = error(at: time)
      self.step(by: step, at: time)
      return error(at: time) - before == step
    case .drift(let drift):
      setDrift(drift, at: time)
      return self.drift == drift
    case .freeze:
      freeze(at: time)
      return true
    case .strobe(let offset, let period):
      setStrobe(by: offset, period: period, at: time)
      return strobe.offset == offset && strobe.period == period
    }
  }
}

extension ClockChange {
  /// As reports of faults have it; what concerns two clocks in a simulation concerns one here.
  package var text: String {
    switch self {
    case .offset(let offset): "offset \(offset.durationText)"
    case .step(let step): "step \(step.durationText)"
    case .drift(let drift): "drift \(drift) ns/s of the wall clock"
    case .freeze: "freeze of the wall clock"
    case .strobe(let offset, let period):
      "strobe \(offset.durationText) each \(period.durationText)"
    }
  }
}
