public import Values
import Verdicts

/// How likely a failing run is to fail by what has happened so far.
///
/// At moments along the run all chance is drawn anew: the run is the same up to there, and goes on under
/// other seeds. What clients ask and what breaks stays as it is.
public struct Counterfactuals: Sendable {
  /// What came of the runs that parted from the failing one at a moment.
  public struct Point: Sendable {
    /// Since the main phase began.
    public var time: Nanoseconds
    public var failureCount: Int
    public var runCount: Int

    public var probability: Double { Double(failureCount) / Double(max(1, runCount)) }
  }

  /// In the order of time.
  public private(set) var points: [Point] = []

  /// The first of the moments from which on every run failed.
  public var pointOfNoReturn: Nanoseconds? {
    points.reversed().prefix { $0.failureCount == $0.runCount }.last?.time
  }

  private static let firstCount = 9
  private static let pointsMax = 24
  /// Between moments that are closer than this, none is looked at.
  private static let closest = Nanoseconds.milliseconds(1)
  private static let runsMax = 100
  private static let eventsMax = 4_000_000

  /// - Parameters:
  ///   - plan: A simulated run that fails; of one that is reseeded itself there are no points.
  ///   - anomaly: How it fails.
  ///   - interrupted: Asked before each run; once it says yes, there are the points so far.
  /// - Throws: When the plan can't be run.
  public init(
    of plan: Plan, anomaly: String, cores: Int,
    interrupted: @escaping @Sendable () -> Bool = { false }
  ) throws {
    // Where chance is another already from some moment on, it can't be drawn anew at others.
    guard plan.reseeding == nil else { return }
    let outcome = try SimulatedRun(plan).run()
    let length = max(Counterfactuals.closest, outcome.statistics.duration - outcome.began)
    let affordable =
      Counterfactuals.eventsMax / Counterfactuals.pointsMax / max(1, outcome.statistics.events ?? 1)
    let runCount = max(10, min(Counterfactuals.runsMax, affordable))
    func look(at time: Nanoseconds) throws -> Bool {
      let failures = try onCores(cores, count: runCount, interrupted: interrupted) { number in
        var plan = plan
        let seed = Int(truncatingIfNeeded: mixed(plan.seed &+ UInt64(number)) >> 1)
        plan.reseeding = .map(
          ValueMap(facts: [
            "time": .string((outcome.began + time).durationText), "seed": .integer(seed),
          ]))
        return try SimulatedRun(plan).run().anomalyNames.contains(anomaly)
      }
      guard !failures.contains(nil) else { return false }
      let point = Point(
        time: time, failureCount: failures.count { $0 == true }, runCount: runCount)
      points.insert(point, at: points.firstIndex { $0.time > time } ?? points.count)
      return true
    }
    for number in 0..<Counterfactuals.firstCount {
      let part = Nanoseconds(number) * length / Nanoseconds(Counterfactuals.firstCount - 1)
      guard try look(at: part) else { return }
    }
    while points.count < Counterfactuals.pointsMax, let moment = steepest {
      guard try look(at: moment) else { return }
    }
  }

  /// The middle between the two moments between which most happens.
  private var steepest: Nanoseconds? {
    let steps = zip(points, points.dropFirst()).filter {
      $1.time - $0.time >= 2 * Counterfactuals.closest && $0.failureCount != $1.failureCount
    }
    let widest = steps.max {
      abs($0.1.failureCount - $0.0.failureCount) < abs($1.1.failureCount - $1.0.failureCount)
    }
    return widest.map { ($0.time + $1.time) / 2 }
  }
}
