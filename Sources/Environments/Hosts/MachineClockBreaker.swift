import Glibc
import ProcessClocks
import Processes
package import Values

/// Sets the wall clock of a whole machine wrong, which all that runs there sees.
///
/// What the right time is follows from the monotonic clock, so a clock that others set, such as a time
/// daemon, is told as a problem and no base for anything.
package final class MachineClockBreaker: HostBreaker {
  /// A machine's clocks.
  package struct Clocks {
    var wall: () -> Nanoseconds
    var monotonic: () -> Nanoseconds
    /// Sets the wall clock.
    ///
    /// - Returns: 0, or an error number.
    var set: (Nanoseconds) -> Int32

    package init(
      wall: @escaping () -> Nanoseconds, monotonic: @escaping () -> Nanoseconds,
      set: @escaping (Nanoseconds) -> Int32
    ) {
      self.wall = wall
      self.monotonic = monotonic
      self.set = set
    }

    /// Those of the machine that this process is on.
    package static var own: Clocks {
      Clocks(
        wall: { wallTime() }, monotonic: { monotonicTime() },
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
  private var isOnRecord = false
  /// What the wall clock is ahead of the monotonic one while it is right.
  private let lead: Nanoseconds
  private var mapping = ClockMapping()
  package private(set) var nextWake: Nanoseconds?

  /// - Parameter farewell: Gets what the right time is while the clock is wrong.
  package init(_ clocks: Clocks = .own, farewell: Farewell? = nil) {
    self.clocks = clocks
    self.farewell = farewell
    lead = clocks.wall() - clocks.monotonic()
  }

  private var rightTime: Nanoseconds { clocks.monotonic() + lead }

  package func obey(_ words: [String], on processes: [pid_t]) throws(BreakerRefusal) -> [String] {
    guard let request = ClockRequest(words: words) else {
      throw BreakerRefusal("no such request of clocks: \(words.joined(separator: " "))")
    }
    var isFull = true
    switch request {
    case .change(let change):
      try record()
      isFull = mapping.apply(change, at: rightTime)
      try put()
    case .reset:
      mapping = ClockMapping()
      try put()
      forgetRecord()
    case .read: break
    }
    var state = ClockState(error: clocks.wall() - rightTime, count: processes.count)
    state.isFull = isFull
    if abs(clocks.wall() - mapping.shown(at: rightTime)) > MachineClockBreaker.tolerance {
      state.problems = ["something else sets the machine's clock; stop its time daemon"]
    }
    return state.words
  }

  /// Has the clock be set right by whoever is left, before it is set wrong.
  private func record() throws(BreakerRefusal) {
    guard let farewell, !isOnRecord else { return }
    guard !farewell.hasOtherClock else {
      throw BreakerRefusal("another run has set the machine's clock wrong, and it is not right yet")
    }
    do {
      try farewell.keep(Farewell.ClockRecord(lead: lead, made: clocks.monotonic()))
    } catch {
      throw BreakerRefusal("\(error)")
    }
    isOnRecord = true
  }

  private func forgetRecord() {
    guard isOnRecord else { return }
    farewell?.forgetClock()
    isOnRecord = false
  }

  private func put() throws(BreakerRefusal) {
    let error = clocks.set(mapping.shown(at: rightTime))
    guard error == 0 else {
      throw BreakerRefusal("the machine's clock can't be set: \(errorText(error))")
    }
    nextWake = mapping.isSteady ? nil : clocks.monotonic() + MachineClockBreaker.interval
  }

  package func wake(on processes: [pid_t]) { try? put() }

  package func mend() {
    guard !mapping.isRight else { return forgetRecord() }
    mapping = ClockMapping()
    do { try put() } catch { return }
    forgetRecord()
  }
}
