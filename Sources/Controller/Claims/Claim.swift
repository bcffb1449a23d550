public import Values
import Verdicts

/// What textbooks say of a family of systems, as experiments with expected outcomes.
public struct Claim: Sendable {
  /// What the claim is called by.
  public let number: Int
  public let text: String
  public let experiments: [Experiment]

  /// A system under which a claim holds, or by which it is refuted.
  public struct Experiment: Sendable {
    /// What the experiment shows, in a few words.
    public let text: String
    /// A simulated run; its seeds are the experiment's to say.
    public let plan: Plan
    public let expected: Expectation
    /// Facts of checkers that belong to the outcome, by their names.
    public let facts: [String]

    init(
      _ text: String, _ plan: Plan, _ expected: Expectation = .valid, facts: [String] = []
    ) {
      self.text = text
      self.plan = plan
      self.expected = expected
      self.facts = facts
    }
  }

  public enum Expectation: Hashable, Sendable {
    /// Every run is valid.
    case valid
    /// Some run is invalid, by one of these anomalies, and none by another.
    case invalid([String])

    public var text: String {
      switch self {
      case .valid: "valid"
      case .invalid(let types): "invalid: \(types.joined(separator: " or "))"
      }
    }
  }

  init(_ number: Int, _ text: String, _ experiments: [Experiment]) {
    self.number = number
    self.text = text
    self.experiments = experiments
  }

  /// - Throws: When there is no claim of that number.
  public static func numbered(_ number: Int) throws(PlanError) -> Claim {
    guard let claim = all.first(where: { $0.number == number }) else {
      throw PlanError(
        "there is no claim \(number); there are "
          + all.map { "\($0.number)" }.joined(separator: ", "))
    }
    return claim
  }
}

/// What an experiment showed.
public struct ClaimResult: Sendable {
  public let experiment: Claim.Experiment
  public var runCount = 0
  /// Runs that were not valid and not invalid.
  public var undecidedCount = 0
  /// The types of the anomalies that were found.
  public var found: [String] = []
  /// How the first run that was invalid, else the last one, is repeated.
  public var token = ""
  /// The facts of that run that were asked for.
  public var facts: [(name: String, value: Value)] = []

  /// Whether it is as expected.
  public var holds: Bool {
    switch experiment.expected {
    case .valid: runCount > 0 && found.isEmpty && undecidedCount == 0
    case .invalid(let types): !found.isEmpty && found.allSatisfy(types.contains)
    }
  }

  /// What was seen, in a line.
  public var observed: String {
    var text = found.isEmpty ? "valid" : "invalid: \(found.joined(separator: ", "))"
    text += " in \(runCount) runs"
    if undecidedCount > 0 { text += ", \(undecidedCount) of them undecided" }
    for fact in facts { text += "; \(fact.name) \(fact.value.json)" }
    return text
  }
}

extension Claim.Experiment {
  /// Runs under rising seeds: all of them where none should be invalid, else until one is.
  ///
  /// - Throws: When the plan makes no sense.
  public func run(seeds: Int, interrupted: () -> Bool) throws -> ClaimResult {
    var result = ClaimResult(experiment: self)
    for seed in 0..<UInt64(seeds) where !interrupted() {
      let outcome = try SimulatedRun(plan.seeded(seed)).run()
      result.runCount += 1
      if outcome.verdict == .unknown { result.undecidedCount += 1 }
      result.token = outcome.token ?? ""
      result.facts = facts.compactMap { name in
        outcome.findings.lazy.compactMap { $0.facts[.string(name)] }.first.map { (name, $0) }
      }
      result.found = outcome.anomalyTypes
      if !result.found.isEmpty { break }
    }
    return result
  }
}
