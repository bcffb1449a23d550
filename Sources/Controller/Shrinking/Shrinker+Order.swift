import Values
import Verdicts

/// The order of delivery, made as simple as it can be: all messages between nodes travel equally long,
/// but for a few.
extension Shrinker {
  /// How long all messages travel: the mean of what they do where nothing is said.
  private static let plainLatency = Nanoseconds.milliseconds(1)

  /// Has messages arrive in the order in which they were sent, or leaves out of what distinguishes
  /// their delays what it can, large chunks first.
  mutating func simplifyOrder(_ failure: inout Failure) throws {
    let drawn = failure.script
    try attempt(&failure) { $0.makeLatencyPlain(Shrinker.plainLatency) }
    if failure.script.base.latency == drawn.base.latency {
      let run = try SimulatedRun(drawn.plan, recordsDelays: true)
      _ = try run.run()
      // Calls of services have no numbers, so that it may not be the same run.
      try attempt(&failure, seedCount: 1) {
        $0.makeLatencyPlain(Shrinker.plainLatency)
        $0.base.delays = run.delays
      }
      try leaveOut(
        &failure, { $0.base.delays?.count ?? 0 }, seedCount: 1,
        { $0.base.delays?.removeSubrange($1) })
      try roundDelays(&failure)
    }
    if failure.script.base.delays?.isEmpty == true { failure.script.base.delays = nil }
    // In this order, some of the rest may not be needed.
    for place in (0..<failure.script.itemCount).reversed() {
      let fewer = failure.script.without(item: place)
      if let found = try self.failure(of: fewer, seedCount: 1) { failure = found }
    }
  }

  /// Gives the delays that are left whole milliseconds, all at once or one by one.
  private mutating func roundDelays(_ failure: inout Failure) throws {
    let delays = failure.script.base.delays ?? []
    let rounded = delays.map(Shrinker.rounded)
    try attempt(&failure, seedCount: 1) { $0.base.delays = rounded }
    guard failure.script.base.delays != rounded else { return }
    for place in delays.indices {
      try attempt(&failure, seedCount: 1) { $0.base.delays?[place] = rounded[place] }
    }
  }

  private static func rounded(_ delay: Value) -> Value {
    guard var map = delay.map, let time = Nanoseconds(duration: map[fact: "delay"]?.name ?? "")
    else { return delay }
    let milliseconds = (time + .milliseconds(1) / 2) / .milliseconds(1)
    map[fact: "delay"] = .string(Nanoseconds.milliseconds(milliseconds).durationText)
    return .map(map)
  }
}

extension Script {
  fileprivate mutating func makeLatencyPlain(_ latency: Nanoseconds) {
    base.latency = latency
    base.latencyDistribution = "constant"
  }
}
