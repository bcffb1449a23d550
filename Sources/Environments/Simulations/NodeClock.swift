public import Values

/// What one node's clocks show at each point of the simulation's time.
///
/// The monotonic clock never steps but may run fast or slow; the wall clock runs as it does and may
/// be set besides. All arithmetic is on integers, so that it is the same everywhere.
@usableFromInline
struct NodeClock: Hashable, Sendable {
  /// What right wall clocks show when a simulation begins: an arbitrary moment of 2001.
  @usableFromInline static let epoch: Nanoseconds = .seconds(1_000_000_000)
  /// A clock neither stands still nor runs more than nine times too fast.
  static let drifts: ClosedRange<Int64> = -999_999_999...8_000_000_000

  /// Nanoseconds that both clocks gain a second.
  private(set) var drift: Int64 = 0
  /// Since when the drift has been what it is, and what the clocks showed then.
  private var since: Nanoseconds = 0
  private var monotonicThen: Nanoseconds = 0
  private var wallThen: Nanoseconds = epoch

  @usableFromInline
  init() {}

  @usableFromInline
  func monotonic(at time: Nanoseconds) -> Nanoseconds { monotonicThen + shown(in: time - since) }

  @usableFromInline
  func wall(at time: Nanoseconds) -> Nanoseconds { wallThen + shown(in: time - since) }

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
    let rate = Int128(1_000_000_000 + drift)
    let elapsed = (Int128(toShow) * 1_000_000_000 + rate - 1) / rate
    return Nanoseconds(clamping: Int128(since) + elapsed)
  }

  /// Has the wall clock be wrong by `offset` from now on.
  mutating func setWall(offset: Nanoseconds, at time: Nanoseconds) {
    settle(at: time)
    wallThen = NodeClock.epoch + time + offset
  }

  mutating func setDrift(_ drift: Int64, at time: Nanoseconds) {
    settle(at: time)
    self.drift = min(max(drift, NodeClock.drifts.lowerBound), NodeClock.drifts.upperBound)
  }

  /// Makes the wall clock right, and both run as they should.
  mutating func reset(at time: Nanoseconds) {
    setDrift(0, at: time)
    wallThen = NodeClock.epoch + time
  }

  /// Whether both clocks are as they should be, but for what the monotonic one has gained.
  func isRight(at time: Nanoseconds) -> Bool { drift == 0 && wallError(at: time) == 0 }

  private mutating func settle(at time: Nanoseconds) {
    monotonicThen = monotonic(at: time)
    wallThen = wall(at: time)
    since = time
  }

  /// How much the clocks advance while `elapsed` pass.
  private func shown(in elapsed: Nanoseconds) -> Nanoseconds {
    guard drift != 0 else { return elapsed }
    return Nanoseconds(Int128(elapsed) * Int128(1_000_000_000 + drift) / 1_000_000_000)
  }
}
