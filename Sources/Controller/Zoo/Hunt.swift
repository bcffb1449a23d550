import Nodes
import Values
import Verdicts

/// The search for one planted bug: run after run, under rising seeds, until it is found.
public struct Hunt: Sendable {
  /// What came of it.
  public struct Result: Sendable {
    /// How many runs it took, the one that found the bug among them.
    public var runCount = 0
    /// Seconds of a core.
    public var cpuSeconds = 0.0
    /// What was found in the last run that the bug is known to violate; none where it was not found.
    public var found: [String] = []
    /// What was found in any run and the bug is not known to violate.
    public var unexpected: [String] = []
    /// How the first run that found what was not expected is repeated.
    public var unexpectedToken: String?
    /// How the run that found something is repeated.
    public var token: String?

    public var isFound: Bool { !found.isEmpty }
  }

  let exhibit: Exhibit
  let bug: PlantedBug
  let firstSeed: UInt64

  /// Runs until the bug is found, or as often as its exhibit allows.
  ///
  /// - Parameter cpuSeconds: The time that the present thread has had of a core.
  func run(
    interrupted: () -> Bool, cpuSeconds: () -> Double = threadSeconds
  ) throws -> Result? {
    var result = Result()
    let began = cpuSeconds()
    while result.runCount < exhibit.runsMax, !result.isFound {
      if interrupted() { return nil }
      var plan = exhibit.plan
      plan.bugs = [bug.name]
      plan.seed = firstSeed + UInt64(result.runCount)
      let (outcome, types) = try judged(plan)
      result.runCount += 1
      if !types.isEmpty { result.token = outcome.token }
      result.found = types.filter { bug.violates.contains($0) }
      for type in types where !bug.violates.contains(type) && !result.unexpected.contains(type) {
        result.unexpected.append(type)
        result.unexpectedToken = result.unexpectedToken ?? outcome.token
      }
    }
    result.cpuSeconds = cpuSeconds() - began
    return result
  }

  /// Runs once, and another time where a run that can't be repeated is what is looked for.
  private func judged(_ plan: Plan) throws -> (Outcome, types: [String]) {
    let outcome = try SimulatedRun(plan).run()
    guard bug.violates.contains(Divergence.name), try Divergence.occurs(in: plan) else {
      return (outcome, outcome.anomalyTypes)
    }
    return (outcome, outcome.anomalyTypes + [Divergence.name])
  }
}
