import Values

/// What a failing run of a planted bug was shrunk to.
public struct ShrunkFailure: Sendable {
  public var nodeCount: Int
  public var operationCount: Int
  public var faultCount: Int
  /// How long it took, on all cores.
  public var seconds: Double
  public var runCount: Int
  /// Whether it was shown that nothing more can be left out.
  public var isMinimal: Bool
  public var token: String

  init(_ result: Shrinker.Result, seconds: Double) {
    nodeCount = result.plan.nodes.count
    operationCount = result.operationCount
    faultCount = result.faultCount
    runCount = result.runCount
    isMinimal = result.neededUnder != nil
    token = result.outcome.token ?? ""
    self.seconds = seconds
  }
}

extension Zoo {
  /// Shrinks the runs that the first hunts of a bug ended with, one after the other.
  func shrinkFailures(
    of bug: inout BugResult, cores: Int, interrupted: @escaping @Sendable () -> Bool,
    watch: (Int) -> Void
  ) throws {
    for (place, hunt) in bug.results.prefix(shrinkCount).enumerated() where !interrupted() {
      guard hunt.isFound, let token = hunt.token, let type = hunt.found.first else { continue }
      watch(place)
      let plan = try Token.decode(token)
      let began = monotonicNanoseconds()
      let end = began + shrinkLimit
      var shrinker = Shrinker(
        anomaly: try plan.anomaly(of: type), cores: cores,
        interrupted: { interrupted() || monotonicNanoseconds() >= end })
      let result = try shrinker.shrink(plan)
      guard !interrupted() else { return }
      let seconds = Double(monotonicNanoseconds() - began) / 1e9
      bug.shrunk.append(result.map { ShrunkFailure($0, seconds: seconds) })
    }
  }
}

extension Plan {
  /// The name of the anomaly of a type that its run shows.
  fileprivate func anomaly(of type: String) throws -> String {
    try SimulatedRun(self).run().anomalyNames.first { $0.hasSuffix("/" + type) } ?? type
  }
}
