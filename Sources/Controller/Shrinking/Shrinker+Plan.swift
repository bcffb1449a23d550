import Values

/// The plan as a whole, before its run is taken apart: the same happens in fewer nodes, sooner, and with
/// fewer faults, where it is looked for under other seeds.
///
/// A run that failed late failed after much that has nothing to do with it, and of which hardly anything
/// can be left out without all that follows being another.
extension Shrinker {
  /// How many events the runs of one attempt may have, with what it costs to begin one.
  private static let plansEventsMax = 6_000_000
  /// The same for attempts to do without some faults, of which there may be many.
  private static let faultsEventsMax = 1_500_000
  private static let startEvents = 1_000
  /// Less time leaves no time for a cluster to come up.
  private static let shortest = Nanoseconds.milliseconds(200)

  /// - Returns: A plan whose run fails; the same where none is found that is smaller, or where its
  ///   operations or faults are named one by one.
  mutating func smaller(_ plan: Plan, events: Int) throws -> Plan {
    guard plan.operations == nil, plan.faults == nil, plan.delays == nil, plan.choices == nil,
      plan.reseeding == nil
    else { return plan }
    var (plan, events) = (plan, events)
    func attempt(
      _ eventsMax: Int = Shrinker.plansEventsMax, change: (inout Plan) -> Void
    ) throws -> Bool {
      var candidate = plan
      change(&candidate)
      let count = max(1, eventsMax / (events + Shrinker.startEvents))
      guard let found = try failing(candidate, runCountMax: count) else { return false }
      plan = found.plan
      events = found.statistics.events ?? events
      return true
    }
    if anomaly != "nodes/no-progress", plan.liveness != nil {
      _ = try attempt { $0.liveness = nil }
    }
    if plan.nodes.count > 3 {
      _ = try attempt {
        $0.concurrency = max(1, $0.concurrency * 3 / $0.nodes.count)
        $0.nodes = Array($0.nodes.prefix(3))
      }
    }
    while plan.timeLimit >= 2 * Shrinker.shortest {
      guard
        try attempt(change: { $0.timeLimit /= 2 })
          || attempt(change: {
            $0.timeLimit /= 2
            $0.nemesisInterval /= 2
          })
      else { break }
    }
    for family in plan.nemesis where plan.nemesis.count > 1 {
      _ = try attempt(Shrinker.faultsEventsMax) { $0.nemesis.removeAll { $0 == family } }
    }
    while plan.nemesisInterval < plan.timeLimit,
      try attempt(Shrinker.faultsEventsMax, change: { $0.nemesisInterval *= 2 })
    {}
    return plan
  }

  /// Runs a plan under its own seed and then under others, as long as it is worth it.
  private mutating func failing(_ plan: Plan, runCountMax: Int) throws -> Outcome? {
    // In less time there may be no room for the faults.
    guard !interrupted(), (try? SimulatedRun(plan)) != nil else { return nil }
    let seed = plan.seed
    let found = try firstInOrder(of: runCountMax, cores: cores) {
      [fails, interrupted] number -> Outcome? in
      guard !interrupted() else { return nil }
      var plan = plan
      if number > 0 { plan.seed = mixed(seed &+ UInt64(number)) }
      let outcome = try SimulatedRun(plan).run()
      return try fails(plan, outcome) ? outcome : nil
    }
    runCount += found.map { $0.place + 1 } ?? runCountMax
    return found?.result
  }
}
