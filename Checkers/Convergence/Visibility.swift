internal import Histories
internal import Values
internal import Verdicts

/// How soon updates are seen by replicas, and how far reads are behind.
struct Visibility {
  /// For each update the earliest time at which some other replica answered a read with it, and all.
  private var firstTimes: [Nanoseconds] = []
  private var lastTimes: [Nanoseconds] = []
  private var replicaCounts: [Int32] = []
  private var origins: [Int32] = []
  /// When each update was acknowledged; -1 where it was not.
  private var acknowledged: [Nanoseconds] = []
  private var times: [Nanoseconds]?
  /// Facts by their names.
  private(set) var facts: [(String, Value)] = []

  init() {}

  init(_ history: ReplicaHistory) {
    guard let times = history.history.times else { return }
    self.times = times
    let count = history.updateCount
    firstTimes = Array(repeating: .max, count: count)
    lastTimes = Array(repeating: -1, count: count)
    replicaCounts = Array(repeating: 0, count: count)
    origins = history.origins
    acknowledged = (0..<count).map {
      history.isAcknowledged[$0] ? times[Int(history.lines[$0])] : -1
    }
  }

  /// Notes that a read of a replica is its first that has seen an update.
  @inline(__always)
  mutating func note(_ update: Int, at replica: Int32, in read: ReplicaHistory.Read) {
    guard let times, replica != origins[update] else { return }
    let time = times[Int(read.completion)]
    replicaCounts[update] += 1
    firstTimes[update] = min(firstTimes[update], time)
    lastTimes[update] = max(lastTimes[update], time)
  }

  /// Makes facts of what was noted.
  mutating func finish(_ history: ReplicaHistory) {
    guard let times else { return }
    let readers = Set(history.reads.lazy.filter { $0.replica >= 0 }.map(\.replica))
    var (toOne, toAll): ([Int], [Int]) = ([], [])
    for update in acknowledged.indices where acknowledged[update] >= 0 {
      guard replicaCounts[update] > 0 else { continue }
      toOne.append(Visibility.milliseconds(firstTimes[update] - acknowledged[update]))
      let others = readers.count - (readers.contains(origins[update]) ? 1 : 0)
      guard Int(replicaCounts[update]) >= others else { continue }
      toAll.append(Visibility.milliseconds(lastTimes[update] - acknowledged[update]))
    }
    if let ms = quantiles(toOne) { facts.append(("visible-to-one-ms", ms)) }
    if let ms = quantiles(toAll) { facts.append(("visible-to-all-ms", ms)) }
    measureStaleness(history, times)
    measureDivergence(history, times)
  }

  private static func milliseconds(_ span: Nanoseconds) -> Int {
    Int(max(0, span) / Nanoseconds.milliseconds(1))
  }

  /// How many updates that were acknowledged before a read began it had not seen, and for how long the
  /// oldest of them had been; an update counts from when all before it at its replica were acknowledged.
  private mutating func measureStaleness(_ history: ReplicaHistory, _ times: [Nanoseconds]) {
    let chains = history.named.map {
      AcknowledgedChain($0.map { $0 < 0 ? -1 : acknowledged[Int($0)] })
    }
    var (versions, ages): ([Int], [Int]) = ([], [])
    for read in history.reads where read.row >= 0 && !read.isFinal {
      let start = times[Int(read.invocation)]
      var (missing, oldest) = (0, start)
      for (origin, chain) in chains.enumerated() {
        let seen = Int(history.count(of: Int32(truncatingIfNeeded: origin), in: read.row))
        guard let behind = chain.missing(after: seen, at: start) else { continue }
        missing += behind.count
        oldest = min(oldest, behind.since)
      }
      versions.append(missing)
      ages.append(Visibility.milliseconds(start - oldest))
    }
    if let behind = quantiles(versions) { facts.append(("reads-behind-updates", behind)) }
    if let behind = quantiles(ages) { facts.append(("reads-behind-ms", behind)) }
  }

  /// The spans of time in which the latest answers of replicas were not all the same.
  private mutating func measureDivergence(_ history: ReplicaHistory, _ times: [Nanoseconds]) {
    var latest: [Int32: ValueCode] = [:]
    var windows: [Int] = []
    var since: Nanoseconds?
    let reads = history.reads.filter { $0.replica >= 0 }.sorted { $0.completion < $1.completion }
    for read in reads {
      latest[read.replica] = read.answer
      let isDiverged = latest.values.contains { $0 != read.answer }
      let time = times[Int(read.completion)]
      if isDiverged {
        since = since ?? time
      } else if let start = since {
        windows.append(Visibility.milliseconds(time - start))
        since = nil
      }
    }
    if let start = since, let last = reads.last {
      windows.append(Visibility.milliseconds(times[Int(last.completion)] - start))
    }
    facts.append(("divergence-windows", .integer(windows.count)))
    if let spans = quantiles(windows) { facts.append(("divergence-window-ms", spans)) }
  }
}

/// When the updates of one replica were acknowledged, in their order.
private struct AcknowledgedChain {
  /// By number when it and all before it had been.
  private var times: [Nanoseconds] = []
  /// How many of the first so many were acknowledged at all.
  private var counts = [0]

  /// - Parameter acknowledged: The times; -1 for an update of which no answer came.
  init(_ acknowledged: [Nanoseconds]) {
    times.reserveCapacity(acknowledged.count)
    for time in acknowledged {
      times.append(max(times.last ?? -1, time))
      counts.append((counts.last ?? 0) + (time >= 0 ? 1 : 0))
    }
  }

  /// The updates after the first so many that were acknowledged before a time.
  ///
  /// - Complexity: O(log *n*) for *n* updates.
  func missing(
    after seen: Int, at time: Nanoseconds
  ) -> (count: Int, since: Nanoseconds)? {
    guard seen < times.count, times[seen] < time else { return nil }
    var (low, high) = (seen, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    let count = counts[low] - counts[seen]
    guard count > 0 else { return nil }
    return (count, max(times[seen], 0))
  }
}
