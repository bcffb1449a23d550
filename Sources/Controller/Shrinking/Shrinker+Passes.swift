import Environments
import Nemeses
import Values

/// What is tried to be left out, and in which order.
extension Shrinker {
  /// How much time a cluster has to come up, where its beginning is left out.
  private static let leadMax = Nanoseconds.milliseconds(300)
  /// With more operations and faults than these, gaps between them are let be.
  private static let fewItems = 30

  mutating func pass(_ failure: inout Failure) throws {
    try shortenTime(&failure)
    // While there is much else that can go wrong, few nodes do; later each has its part.
    if level.eventsMaxForNodes > level.eventsMax {
      try leaveOutNodes(&failure, downTo: 3, eventsMax: level.eventsMaxForNodes)
    }
    try shortenBeginning(&failure)
    try leaveOutDisruptions(&failure)
    try leaveOutKeys(&failure)
    try leaveOutThreads(&failure)
    try leaveOutRequests(&failure)
    try leaveOutNodes(&failure)
    // One attempt for each of hundreds of gaps gains little.
    if level.piecesMax == .max || failure.script.itemCount <= Shrinker.fewItems {
      try closeGaps(&failure)
    }
  }

  /// Nothing after the violation matters; before it half of the time is tried first.
  mutating func shortenTime(_ failure: inout Failure) throws {
    var low: Nanoseconds = 0
    while case let end = failure.script.base.timeLimit,
      end - low > max(.milliseconds(1), end / 16),
      !interrupted()
    {
      let middle = low + (end - low) / 2
      if let found = try self.failure(of: failure.script.cut(at: middle)) {
        failure = found
      } else {
        low = middle
      }
    }
  }

  /// What long preceded the violation matters little: first half of the time is tried to be left out,
  /// then less and less.
  private mutating func shortenBeginning(_ failure: inout Failure) throws {
    var part: Nanoseconds = 2
    while part <= 8, !interrupted() {
      let gap = failure.script.base.timeLimit / part
      guard gap > 2 * Shrinker.leadMax else { return }
      if let found = try self.failure(
        of: failure.script.dropping(first: gap, but: Shrinker.leadMax),
        eventsMax: level.eventsMaxForTime)
      {
        failure = found
        part = 2
      } else {
        part *= 2
      }
    }
  }

  /// Operations on one key need no others, most often.
  private mutating func leaveOutKeys(_ failure: inout Failure) throws {
    let keys = Set(failure.script.requests.compactMap(\.key)).sorted()
    guard keys.count > 1 else { return }
    for key in keys {
      var script = failure.script
      script.requests.removeAll { $0.key != key }
      if let found = try self.failure(of: script) {
        failure = found
        return
      }
    }
  }

  private mutating func leaveOutThreads(_ failure: inout Failure) throws {
    for thread in Set(failure.script.requests.map(\.thread)).sorted() {
      var script = failure.script
      script.requests.removeAll { $0.thread == thread }
      guard !script.requests.isEmpty else { continue }
      if let found = try self.failure(of: script) { failure = found }
    }
  }

  private mutating func leaveOutRequests(_ failure: inout Failure) throws {
    try leaveOut(&failure, \.requests.count) { script, chunk in
      script.requests.removeSubrange(chunk)
    }
  }

  private mutating func leaveOutDisruptions(_ failure: inout Failure) throws {
    try leaveOut(&failure, \.disruptions.count) { script, chunk in
      script.disruptions.removeSubrange(chunk)
    }
    guard level.piecesMax == .max else { return }
    for place in failure.script.disruptions.indices {
      try leaveOut(
        &failure, { $0.disruptions[place].start.fault.targetCount - 1 },
        { $0.disruptions[place].start.fault.removeTargets($1) })
      let last = failure.script.disruptions[place].start.fault.targetCount - 1
      if last > 0 {
        try attempt(&failure) { $0.disruptions[place].start.fault.removeTargets(last..<last + 1) }
      }
    }
    // One that does not end is one thing less.
    for place in failure.script.disruptions.indices
    where failure.script.disruptions[place].end != nil {
      var script = failure.script
      script.disruptions[place].end = nil
      if let found = try self.failure(of: script) { failure = found }
    }
  }

  /// Leaves out chunks of a list, from the end on, first large ones.
  mutating func leaveOut(
    _ failure: inout Failure, _ count: (Script) -> Int, seedCount: Int? = nil,
    _ remove: (inout Script, Range<Int>) -> Void
  ) throws {
    let whole = count(failure.script)
    let least = max(1, whole / level.piecesMax)
    var size = (whole + 1) / 2
    while size >= least {
      var end = count(failure.script)
      while end > 0, !interrupted() {
        let chunk = max(0, end - size)..<end
        try attempt(&failure, seedCount: seedCount) { remove(&$0, chunk) }
        end = chunk.lowerBound
      }
      size /= 2
    }
  }

  private mutating func leaveOutNodes(
    _ failure: inout Failure, downTo least: Int = 1, eventsMax: Int? = nil
  ) throws {
    for node in failure.script.base.nodes.indices.reversed()
    where failure.script.base.nodes.count > least {
      let script = failure.script.without(node: node)
      if let found = try self.failure(of: script, eventsMax: eventsMax) { failure = found }
    }
  }

  mutating func simplifySettings(_ failure: inout Failure) throws {
    let base = failure.script.base
    if base.latency != nil {
      try attempt(&failure) { $0.base.latency = nil }
    }
    for option in base.options.keys.sorted() {
      try attempt(&failure) { $0.base.options[option] = nil }
    }
  }

  /// What is left is written as people would: round times, small numbers, faults that hit whom they
  /// hit.
  mutating func polish(_ failure: inout Failure, names: [String]) throws {
    for unit in [Nanoseconds.milliseconds(100), .milliseconds(10), .milliseconds(1)] {
      let script = failure.script.rounded(to: unit)
      guard let found = try self.failure(of: script) else { continue }
      failure = found
      break
    }
    try attempt(&failure) { $0.renumber() }
    try attempt(&failure) { $0.rename(names) }
  }

  /// Tries a change, and keeps it where the run fails with it.
  mutating func attempt(
    _ failure: inout Failure, seedCount: Int? = nil, _ change: (inout Script) -> Void
  ) throws {
    var script = failure.script
    change(&script)
    if let found = try self.failure(of: script, seedCount: seedCount) { failure = found }
  }

  /// Brings what follows nearer to what comes before, by half of the gap at a time.
  private mutating func closeGaps(_ failure: inout Failure) throws {
    var place = 0
    var moments: [Nanoseconds] = [0] + failure.script.moments
    while place + 1 < moments.count, !interrupted() {
      let gap = moments[place + 1] - moments[place]
      let half = gap > .milliseconds(20) ? gap / 2 : 0
      if half > 0,
        let found = try self.failure(of: failure.script.closing(half, after: moments[place]))
      {
        failure = found
        moments = [0] + failure.script.moments
      } else {
        place += 1
      }
    }
  }
}

extension Script.Request {
  /// The key, where its value begins with one.
  fileprivate var key: Value? {
    if case .list(let elements) = value { elements.first } else { nil }
  }
}
