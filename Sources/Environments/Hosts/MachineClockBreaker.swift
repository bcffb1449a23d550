import Environments
import Glibc
import ProcessClocks
import Processes
package import Values

/// Sets the wall clock of a whole machine wrong, which all that runs there sees.
///
/// While it is wrong, what the right time is follows from the time since the machine started, so a clock
/// that others set meanwhile, such as a time daemon, is told as a problem and no base for anything.
package final class MachineClockBreaker: HostBreaker {
  /// A machine's clocks.
  package struct Clocks {
    var wall: () -> Nanoseconds
    /// The time since the machine started, also that in which it slept.
    var sinceBoot: () -> Nanoseconds
    /// What timers go by.
    var monotonic: () -> Nanoseconds
    /// Sets the wall clock.
    ///
    /// - Returns: 0, or an error number.
    var set: (Nanoseconds) -> Int32

    package init(
      wall: @escaping () -> Nanoseconds, sinceBoot: @escaping () -> Nanoseconds,
      monotonic: @escaping () -> Nanoseconds, set: @escaping (Nanoseconds) -> Int32
    ) {
      self.wall = wall
      self.sinceBoot = sinceBoot
      self.monotonic = monotonic
      self.set = set
    }

    /// Those of the machine that this process is on.
    package static var own: Clocks {
      Clocks(
        wall: { wallTime() },
        sinceBoot: {
          var time = timespec()
          clock_gettime(CLOCK_BOOTTIME, &time)
          return .seconds(Int64(time.tv_sec)) + Int64(time.tv_nsec)
        },
        monotonic: { monotonicTime() },
        set: { time in
          var time = timespec(
            tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
          return clock_settime(CLOCK_REALTIME, &time) == 0 ? 0 : errno
        })
    }
  }

  /// A clock that moves by itself is set so often.
  private static let interval: Nanoseconds = .milliseconds(5)
  /// A clock that is farther from where it was put was set by somebody else.
  private static let tolerance: Nanoseconds = .milliseconds(50)

  private let clocks: Clocks
  private let farewell: Farewell?
  /// What the wall clock is ahead of the time since the machine started while it is right; from when it
  /// was last right.
  private var lead: Nanoseconds
  private var mapping = ClockMapping()
  package private(set) var nextWake: Nanoseconds?

  /// - Parameter farewell: Gets what the right time is while the clock is wrong.
  package init(_ clocks: Clocks = .own, farewell: Farewell? = nil) {
    self.clocks = clocks
    self.farewell = farewell
    lead = clocks.wall() - clocks.sinceBoot()
  }

  private var rightTime: Nanoseconds { clocks.sinceBoot() + lead }

  package func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    guard let request = ClockRequest(words: words) else {
      throw BreakerRefusal("no such request of clocks: \(words.joined(separator: " "))")
    }
    var isFull = true
    switch request {
    case .change(let change): isFull = try make(change)
    case .reset: try reset()
    case .read: break
    }
    var state = ClockState(error: clocks.wall() - rightTime, count: processes.count)
    state.isFull = isFull
    if abs(clocks.wall() - mapping.shown(at: rightTime)) > MachineClockBreaker.tolerance {
      state.problems = ["something else sets the machine's clock; stop its time daemon"]
    }
    return state.words
  }

  /// - Returns: Whether the clock is wrong as it was asked for, and not only as far as it can be.
  private func make(_ change: ClockChange) throws(BreakerRefusal) -> Bool {
    let wasRight = mapping.isRight
    if wasRight { try record() }
    var changed = mapping
    let isFull = changed.apply(change, at: rightTime)
    do throws(BreakerRefusal) {
      try put(changed)
    } catch {
      if wasRight { farewell?.forgetClock() }
      throw error
    }
    return isFull
  }

  /// Has the clock be set right by whoever is left, before it is set wrong.
  private func record() throws(BreakerRefusal) {
    do {
      let isKept = try farewell?.keepClock {
        // Others may have set it right since it was last read.
        lead = clocks.wall() - clocks.sinceBoot()
        return Farewell.ClockRecord(lead: lead)
      }
      if isKept == nil { lead = clocks.wall() - clocks.sinceBoot() }
      guard isKept == false else { return }
    } catch {
      throw BreakerRefusal("\(error)")
    }
    throw BreakerRefusal(
      "another run, or another node of this one on the same machine, has set the machine's clock "
        + "wrong, and it is not right yet")
  }

  private func reset() throws(BreakerRefusal) {
    guard !mapping.isRight else {
      // What others have done to a right clock is theirs.
      lead = clocks.wall() - clocks.sinceBoot()
      return
    }
    try put(ClockMapping())
    farewell?.forgetClock()
  }

  private func put(_ mapping: ClockMapping) throws(BreakerRefusal) {
    let error = clocks.set(mapping.shown(at: rightTime))
    guard error == 0 else {
      throw BreakerRefusal("the machine's clock can't be set: \(errorText(error))")
    }
    self.mapping = mapping
    nextWake = mapping.isSteady ? nil : clocks.monotonic() + MachineClockBreaker.interval
  }

  package func wake(on processes: [pid_t]) {
    // What fails is tried again no earlier than it would have been.
    nextWake = clocks.monotonic() + MachineClockBreaker.interval
    try? put(mapping)
  }

  /// A clock that can't be set right stays on record.
  package func mend() { if !mapping.isRight { try? reset() } }
}
