import Glibc
package import Values

/// What a wall clock that may be wrong shows at each moment of the right one.
///
/// It has the meaning of the simulation's wall clocks: offsets, steps and drifts are in place of what
/// was before, and a strobe comes on top. All moments are nanoseconds since 1970 by the right clock.
package struct ClockMapping: Hashable, Sendable {
  /// A clock loses at most all of its time and gains at most as much again.
  package static let drifts: ClosedRange<Int64> = -1_000_000_000...1_000_000_000
  /// By how much a clock may be wrong: fifty years.
  package static let offsets: ClosedRange<Nanoseconds> = -farthest...farthest

  private static let farthest: Nanoseconds = .seconds(1_577_880_000)

  /// Since when the offset and the drift have been what they are.
  package private(set) var since: Nanoseconds = 0
  /// By how much the clock was wrong then.
  package private(set) var offset: Nanoseconds = 0
  /// Nanoseconds that it gains a second; it stands still where it loses all of it.
  package private(set) var drift: Int64 = 0
  package private(set) var strobe = Strobe()

  /// A clock that jumps to and fro.
  package struct Strobe: Hashable, Sendable {
    package var began: Nanoseconds = 0
    package var offset: Nanoseconds = 0
    /// From one jump to the next; 0 for none.
    package var period: Nanoseconds = 0

    /// By how much the clock is wrong besides; it begins with a jump.
    func error(at time: Nanoseconds) -> Nanoseconds {
      period > 0 && time >= began && (time - began) / period % 2 == 0 ? offset : 0
    }
  }

  /// A clock that is right.
  package init() {}

  package var isRight: Bool { self == ClockMapping() }

  /// Whether it is always wrong by the same amount.
  package var isSteady: Bool { drift == 0 && strobe.period == 0 }

  package func shown(at time: Nanoseconds) -> Nanoseconds { time + error(at: time) }

  /// By how much the clock is wrong.
  package func error(at time: Nanoseconds) -> Nanoseconds {
    steadyError(at: time) + strobe.error(at: time)
  }

  /// By how much it would be wrong if it did not jump to and fro.
  private func steadyError(at time: Nanoseconds) -> Nanoseconds {
    offset + Nanoseconds(Int128(time - since) * Int128(drift) / 1_000_000_000)
  }

  /// Has the clock be wrong by so much from now on.
  package mutating func setOffset(_ offset: Nanoseconds, at time: Nanoseconds) {
    self.offset = ClockMapping.clamped(offset, to: ClockMapping.offsets)
    since = time
  }

  /// Has the clock jump, and run on from there.
  package mutating func step(by change: Nanoseconds, at time: Nanoseconds) {
    let change = ClockMapping.clamped(change, to: ClockMapping.offsets)
    setOffset(steadyError(at: time) + change, at: time)
  }

  package mutating func setDrift(_ drift: Int64, at time: Nanoseconds) {
    setOffset(steadyError(at: time), at: time)
    self.drift = ClockMapping.clamped(drift, to: ClockMapping.drifts)
  }

  /// Has the clock show what it shows now, until it drifts or is set.
  package mutating func freeze(at time: Nanoseconds) {
    setDrift(ClockMapping.drifts.lowerBound, at: time)
  }

  /// Has the clock jump to and fro from now on, with a jump first.
  ///
  /// - Parameter period: From one jump to the next; positive.
  package mutating func setStrobe(
    by offset: Nanoseconds, period: Nanoseconds, at time: Nanoseconds
  ) {
    strobe = Strobe(
      began: time, offset: ClockMapping.clamped(offset, to: ClockMapping.offsets),
      period: max(period, 1))
  }

  private static func clamped(_ number: Int64, to range: ClosedRange<Int64>) -> Int64 {
    min(max(number, range.lowerBound), range.upperBound)
  }
}

extension ClockMapping {
  /// As the code that is put into processes reads it.
  var parameters: [Int64] {
    [since, offset, drift, strobe.began, strobe.offset, strobe.period]
  }

  init(parameters: [Int64]) {
    since = parameters[0]
    offset = parameters[1]
    drift = parameters[2]
    strobe = Strobe(began: parameters[3], offset: parameters[4], period: parameters[5])
  }
}

/// The right wall clock of this machine: nanoseconds since 1970.
package func wallTime() -> Nanoseconds {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Nanoseconds(time.tv_sec) * 1_000_000_000 + Nanoseconds(time.tv_nsec)
}
