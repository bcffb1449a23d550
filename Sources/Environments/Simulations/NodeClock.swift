public import Values

/// What one node's clocks show at each point of the simulation's time.
///
/// The monotonic clock never steps but may run fast or slow; the wall clock runs as it does and may
/// be set besides. All arithmetic is on integers, so that it is the same everywhere.
@usableFromInline
struct NodeClock: Hashable, Sendable {
  /// What right wall clocks show when a simulation begins: an arbitrary moment of 2001.
  @usableFromInline static let epoch: Nanoseconds = .seconds(1_000_000_000)
  /// A clock that drifts neither stands still nor runs more than nine times too fast.
  static let drifts: ClosedRange<Int64> = -999_999_999...8_000_000_000

  private static let second: Int64 = 1_000_000_000

  /// Nanoseconds that both clocks gain a second; they stand still where they lose all of it.
  private(set) var drift: Int64 = 0
  /// Since when the drift has been what it is, and what the clocks showed then.
  private var since: Nanoseconds = 0
  private var monotonicThen: Nanoseconds = 0
  private var wallThen: Nanoseconds = epoch
  private var strobe: Strobe?

  /// A wall clock that jumps to and fro.
  private struct Strobe: Hashable, Sendable {
    var offset: Nanoseconds
    var period: Nanoseconds
    var began: Nanoseconds

    /// By how much the clock is off; it begins with a jump.
    func error(at time: Nanoseconds) -> Nanoseconds {
      (time - began) / period % 2 == 0 ? offset : 0
    }
  }

  @usableFromInline
  init() {}

  @usableFromInline
  func monotonic(at time: Nanoseconds) -> Nanoseconds { monotonicThen + shown(in: time - since) }

  @usableFromInline
  func wall(at time: Nanoseconds) -> Nanoseconds {
    steadyWall(at: time) + (strobe?.error(at: time) ?? 0)
  }

  /// What the wall clock would show if it did not jump to and fro.
  private func steadyWall(at time: Nanoseconds) -> Nanoseconds {
    wallThen + shown(in: time - since)
  }

  /// By how much the wall clock is wrong.
  func wallError(at time: Nanoseconds) -> Nanoseconds {
    wall(at: time) - (NodeClock.epoch + time)
  }

  /// The first moment at which the monotonic clock shows `reading`; the end of time where a clock
  /// is too slow to show it ever.
  @usableFromInline
  func time(showing reading: Nanoseconds) -> Nanoseconds {
    let toShow = reading - monotonicThen
    guard drift != 0 else { return since + toShow }
    guard toShow > 0 else { return since }
    guard !isFrozen else { return .max }
    let rate = Int128(1_000_000_000 + drift)
    let elapsed = (Int128(toShow) * 1_000_000_000 + rate - 1) / rate
    return Nanoseconds(clamping: Int128(since) + elapsed)
  }

  /// Has the wall clock be wrong by `offset` from now on.
  mutating func setWall(offset: Nanoseconds, at time: Nanoseconds) {
    settle(at: time)
    wallThen = NodeClock.epoch + time + offset
  }

  /// Has the wall clock jump by `change` and run on from there.
  mutating func stepWall(by change: Nanoseconds, at time: Nanoseconds) {
    settle(at: time)
    wallThen += change
  }

  /// Has both clocks show what they show now, until they are reset or drift.
  mutating func freeze(at time: Nanoseconds) {
    settle(at: time)
    drift = -NodeClock.second
  }

  /// Whether both clocks stand still.
  var isFrozen: Bool { drift == -NodeClock.second }

  /// Has the wall clock jump to and fro from now on, with an offset first.
  ///
  /// - Parameter period: From one jump to the next; positive.
  mutating func setStrobe(by offset: Nanoseconds, period: Nanoseconds, at time: Nanoseconds) {
    strobe = Strobe(offset: offset, period: max(period, 1), began: time)
  }

  mutating func setDrift(_ drift: Int64, at time: Nanoseconds) {
    settle(at: time)
    self.drift = min(max(drift, NodeClock.drifts.lowerBound), NodeClock.drifts.upperBound)
  }

  /// Makes the wall clock right, and both run as they should.
  mutating func reset(at time: Nanoseconds) {
    setDrift(0, at: time)
    wallThen = NodeClock.epoch + time
    strobe = nil
  }

  /// Whether both clocks are as they should be, but for what the monotonic one has gained.
  func isRight(at time: Nanoseconds) -> Bool {
    drift == 0 && strobe == nil && wallError(at: time) == 0
  }

  private mutating func settle(at time: Nanoseconds) {
    monotonicThen = monotonic(at: time)
    wallThen = steadyWall(at: time)
    since = time
  }

  /// How much the clocks advance while `elapsed` pass.
  private func shown(in elapsed: Nanoseconds) -> Nanoseconds {
    guard drift != 0 else { return elapsed }
    return Nanoseconds(Int128(elapsed) * Int128(1_000_000_000 + drift) / 1_000_000_000)
  }
}
