public import Values

/// A seed that is not deterministic: two runs of it were not the same.
public struct Divergence: Sendable {
  /// Where two runs of the seed part: the first event that differs, in itself or in what the node
  /// asked for because of it.
  public struct Point: Hashable, Sendable {
    /// The number of the event, from 1.
    public var event: Int
    public var time: Nanoseconds
    /// The node that handled it, by its name.
    public var node: String
    /// The event in the one run and in the other.
    public var versions: [String]
  }

  /// What it is called among the names of anomalies.
  public static let name = "nondeterminism"

  /// What came of the seed the first time.
  public var outcome: Outcome
  /// Where two further runs part; nothing where a few pairs of them did not.
  public var point: Point?

  /// How many pairs of runs are compared until two differ.
  static let pairsMax = 5

  /// Whether two runs of a plan differ.
  public static func occurs(in plan: Plan) throws -> Bool {
    let digests = try (0..<2).map { _ in
      let run = try SimulatedRun(plan, digestsContents: true)
      _ = try run.run()
      return run.digest
    }
    return digests[0] != digests[1]
  }

  /// Runs a seed that has gone two ways again, and finds where the ways part.
  init(of outcome: Outcome) throws {
    self.outcome = outcome
    for _ in 0..<Divergence.pairsMax where point == nil {
      point = try EventTrail(of: outcome.plan).compare(outcome.plan)
    }
  }

  /// The divergence in a line.
  public var summary: String {
    let what = "seed \(outcome.plan.seed) is not deterministic: two runs of it differ"
    guard let point else {
      return "\(what), \(2 * Divergence.pairsMax) further ones do not"
    }
    return "\(what), first in event \(point.event), of \(point.node) at "
      + "\(point.time.durationText): \(point.versions.joined(separator: " | "))"
  }
}

/// The events of a run with the digest after each.
private struct EventTrail {
  private let digests: [UInt64]
  private let lines: [String]

  init(of plan: Plan) throws {
    let run = try SimulatedRun(plan, digestsContents: true)
    var last = run.digest
    var digests: [UInt64] = []
    var lines: [String] = []
    _ = try run.run(trace: { line in
      // Faults, marks and logs leave the digest as it is.
      guard run.digest != last else { return }
      last = run.digest
      digests.append(last)
      lines.append(line)
    })
    self.digests = digests
    self.lines = lines
  }

  /// Runs the plan again, up to the first event that is not as recorded.
  func compare(_ plan: Plan) throws -> Divergence.Point? {
    let run = try SimulatedRun(plan, digestsContents: true)
    var last = run.digest
    var count = 0
    var point: Divergence.Point?
    _ = try run.run(trace: { line in
      guard point == nil, run.digest != last else { return }
      last = run.digest
      if count >= digests.count || digests[count] != last {
        point = difference(at: count, line, time: run.now, plan)
      }
      count += 1
    })
    if point == nil, count < digests.count {
      point = difference(at: count, nil, time: run.now, plan)
    }
    return point
  }

  private func difference(
    at place: Int, _ line: String?, time: Nanoseconds, _ plan: Plan
  ) -> Divergence.Point {
    let nothing = "(the run is over)"
    let versions = [place < lines.count ? lines[place] : nothing, line ?? nothing]
    // A line of the trace is the time, the node, and the event.
    let words = versions.map { $0.split(separator: " ", maxSplits: 2).map(String.init) }
    let nodes = words.compactMap { $0.count > 1 && plan.nodes.contains($0[1]) ? $0[1] : nil }
    return Divergence.Point(
      event: place + 1, time: time, node: nodes.last ?? "no node",
      versions: versions.aroundDifference)
  }
}

extension [String] {
  /// Two long texts, each cut to what is around the first place where they differ.
  fileprivate var aroundDifference: [String] {
    let shownBefore = 60
    let shownAfter = 160
    let head = 60
    guard count == 2 else { return self }
    let texts = map { [Character]($0) }
    let common = zip(texts[0], texts[1]).prefix { $0 == $1 }.count
    return texts.map { text in
      let start = common - shownBefore
      let shown = text.prefix(common + shownAfter)
      let tail = shown.count < text.count ? "…" : ""
      guard start > head else { return String(shown) + tail }
      return String(text.prefix(head)) + " … " + String(shown.dropFirst(start)) + tail
    }
  }
}

extension FinishedRun {
  /// Runs a plan twice, and compares what happened.
  init(runningTwice plan: Plan) throws {
    let first = try SimulatedRun(plan, digestsContents: true)
    outcome = try first.run()
    let second = try SimulatedRun(plan, digestsContents: true)
    _ = try second.run()
    comparison = first.digest == second.digest ? .equal : .different
  }
}
