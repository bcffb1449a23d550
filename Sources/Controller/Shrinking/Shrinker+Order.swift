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
    try attempt(&failure) { $0.travelEqually(Shrinker.plainLatency) }
    guard !failure.script.travelsEqually(Shrinker.plainLatency) else { return }
    let run = try SimulatedRun(failure.script.plan, recordsDelays: true)
    _ = try run.run()
    // Calls of services have no numbers, so that it may not be the same run.
    try attempt(&failure, seedCount: 1) {
      $0.travelEqually(Shrinker.plainLatency)
      $0.base.delays = run.delays
    }
    guard failure.script.base.delays != nil else { return }
    try leaveOut(
      &failure, { $0.base.delays?.count ?? 0 }, seedCount: 1,
      { $0.base.delays?.removeSubrange($1) })
    try roundDelays(&failure)
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
  fileprivate mutating func travelEqually(_ latency: Nanoseconds) {
    base.latency = latency
    base.latencyDistribution = "constant"
    base.delays = nil
  }

  fileprivate func travelsEqually(_ latency: Nanoseconds) -> Bool {
    base.latency == latency && base.latencyDistribution == "constant" && base.delays == nil
  }
}
