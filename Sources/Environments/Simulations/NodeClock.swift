public import Values

/// What one node's clocks show at each point of the simulation's time.
///
/// The monotonic clock may run fast or slow; the wall clock is off by an offset besides.
@usableFromInline
struct NodeClock: Sendable {
  /// Nanoseconds that the clocks gain a second.
  @usableFromInline private(set) var drift: Int64 = 0
  @usableFromInline var offset: Nanoseconds = 0
  /// Since when the drift has been what it is, and what the monotonic clock showed then.
  private var since: Nanoseconds = 0
  private var shown: Nanoseconds = 0

  /// What wall clocks show when a simulation begins: an arbitrary moment of 2001.
  @usableFromInline static let epoch: Nanoseconds = .seconds(1_000_000_000)

  @usableFromInline
  init() {}

  @usableFromInline
  func monotonic(at time: Nanoseconds) -> Nanoseconds { shown + stretched(time - since) }

  @usableFromInline
  func wall(at time: Nanoseconds) -> Nanoseconds { NodeClock.epoch + monotonic(at: time) + offset }

  mutating func setDrift(_ drift: Int64, at time: Nanoseconds) {
    shown = monotonic(at: time)
    since = time
    self.drift = drift
  }

  /// How much the clock gains while `elapsed` pass.
  private func stretched(_ elapsed: Nanoseconds) -> Nanoseconds {
    drift == 0 ? elapsed : elapsed + elapsed / 1_000 * drift / 1_000_000
  }

  /// How long it takes until the clock has gained `duration`.
  @usableFromInline
  func real(_ duration: Nanoseconds) -> Nanoseconds {
    drift == 0 ? duration : Nanoseconds(Int128(duration) * 1_000_000_000 / Int128(1_000_000_000 + drift))
  }
}
