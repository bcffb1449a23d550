public import Nodes
import Values
import Verdicts

/// What came of the hunts for a system's bugs, and of watching its correct version.
public struct ExhibitResult: Sendable {
  public let exhibit: Exhibit
  public var bugs: [BugResult]
  public var correct = CorrectResult()

  init(_ exhibit: Exhibit, bugs: [PlantedBug]) {
    self.exhibit = exhibit
    self.bugs = bugs.map { BugResult(bug: $0) }
  }

  /// The same with all in the order of the seeds, whichever core was faster.
  var inOrder: ExhibitResult {
    var result = self
    for place in bugs.indices { result.bugs[place].hunts.sort { $0.order < $1.order } }
    result.correct.accusations.sort { $0.seed < $1.seed }
    return result
  }
}

/// What came of the hunts for one bug.
public struct BugResult: Sendable {
  public enum Status: String, Sendable {
    case found
    case notFound = "not found"
    /// Something was found that the bug is not known to violate.
    case unexpected
    /// It was interrupted before it could be said.
    case unfinished
  }

  public let bug: PlantedBug
  var hunts: [(order: Int, result: Hunt.Result)] = []

  /// What the runs that the first hunts ended with were shrunk to; nothing for one that does not fail
  /// any more once it is taken apart.
  public internal(set) var shrunk: [ShrunkFailure?] = []

  public var results: [Hunt.Result] { hunts.map(\.result) }

  public func status(of repetitions: Int) -> Status {
    if results.contains(where: { !$0.unexpected.isEmpty }) { return .unexpected }
    if results.contains(where: { !$0.isFound }) { return .notFound }
    return results.count < repetitions ? .unfinished : .found
  }

  /// What the bug was found as, and what else was found.
  public var found: [String] { BugResult.union(results.map(\.found)) }
  public var unexpected: [String] { BugResult.union(results.map(\.unexpected)) }

  /// The runs until the bug was found, of the hunts that found it.
  public var runs: Sample { Sample(results.filter(\.isFound).map { Double($0.runCount) }) }
  public var cpuSeconds: Sample { Sample(results.filter(\.isFound).map(\.cpuSeconds)) }

  /// How the first run that found something is repeated.
  public var token: String? { results.lazy.compactMap(\.token).first }

  /// How the first run that found what was not expected is repeated.
  public var unexpectedToken: String? { results.lazy.compactMap(\.unexpectedToken).first }

  private static func union(_ types: [[String]]) -> [String] {
    types.joined().reduce(into: []) { union, type in
      if !union.contains(type) { union.append(type) }
    }
  }
}

/// What the runs of a correct system came to.
public struct CorrectResult: Sendable {
  /// A run in which a correct system was accused.
  public struct Accusation: Sendable {
    public var seed: UInt64
    public var types: [String]
    public var token: String
  }

  public var runCount = 0
  /// Runs that could not be judged, or had nothing to judge.
  public var undecidedCount = 0
  public var cpuSeconds = 0.0
  public var accusations: [Accusation] = []
  /// Kinds of operations and families of faults that came to nothing in every single run.
  public private(set) var vacuity: [String] = []

  mutating func add(_ outcome: Outcome) {
    vacuity = runCount == 0 ? outcome.vacuity : vacuity.filter(outcome.vacuity.contains)
    runCount += 1
    switch outcome.verdict {
    case .valid: break
    case .unknown: undecidedCount += 1
    case .invalid:
      accusations.append(
        Accusation(
          seed: outcome.plan.seed, types: outcome.anomalyTypes, token: outcome.token ?? ""))
    }
  }

  mutating func add(_ other: CorrectResult) {
    guard other.runCount > 0 else { return }
    vacuity = runCount == 0 ? other.vacuity : vacuity.filter(other.vacuity.contains)
    runCount += other.runCount
    undecidedCount += other.undecidedCount
    cpuSeconds += other.cpuSeconds
    accusations += other.accusations
  }
}

/// Numbers that were measured, and how far their mean can be trusted.
public struct Sample: Sendable {
  public let values: [Double]

  public init(_ values: [Double]) { self.values = values }

  /// Nothing where there are no values.
  public var mean: Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The middle one, or the mean of the two in the middle; nothing where there are no values.
  public var median: Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// The standard error of the mean; nothing of fewer than two values.
  public var standardError: Double? {
    guard let mean, values.count > 1 else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
  }
}
