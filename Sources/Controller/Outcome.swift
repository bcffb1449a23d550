import Histories
import Nemeses
import SystemPackage
public import Values
public import Verdicts

/// What came of a test.
public struct Outcome: Sendable {
  public var plan: Plan
  public var findings: [Finding]
  /// Why the run proves nothing, where it does: kinds of operations that never succeeded, faults
  /// that never took hold.
  public var vacuity: [String] = []
  /// What kept the harness from doing its work.
  public var hindrances: [String] = []
  /// What a person should know besides: garbage on stdout, network faults that nothing exercised.
  public var warnings: [String] = []
  /// Counts of the run: leader changes and other marks, faults, messages.
  public var statistics = RunStatistics()
  /// When the main phase began, in the environment's time.
  var began: Nanoseconds = 0
  /// The marks that nodes reached, where the environment told.
  var sightings: [MarkSighting] = []
  /// What ambushes did, and when.
  var ambushed: [ScheduledFault] = []
  /// The folder, where the run left one.
  public var folder: RunFolder?
  /// How to run it again.
  public var token: String?

  public init(plan: Plan, findings: [Finding] = []) {
    self.plan = plan
    self.findings = findings
  }

  public var verdict: Verdict {
    let judged = Verdict.merged(findings.map(\.verdict))
    return judged == .valid && !vacuity.isEmpty ? .unknown : judged
  }

  public var exitCode: ExitCode {
    let code = ExitCode(verdict)
    return hindrances.isEmpty ? code : .worst(code, .hindered)
  }

  /// The line that runs this again.
  public var replayCommand: String {
    if let token { return "shrike replay \(token)" }
    return "shrike replay \(folder?.path.string ?? "results/latest")"
  }
}

/// What happened in a run, in numbers.
public struct RunStatistics: Hashable, Sendable {
  /// How often each mark of the nodes was reached: `became-leader`.
  public var marks: [String: Int] = [:]
  /// Which situations the faults brought about.
  public var coverage = FaultCoverage()
  /// How many faults of each name were injected.
  public var faults: [String: Int] = [:]
  public var operations = 0
  /// Messages between servers, those lost, and those with clients.
  public var betweenServers = 0
  public var lost = 0
  public var withClients = 0
  /// Events that a simulation handled.
  public var events: Int?
  /// How long the run took in its own time.
  public var duration: Nanoseconds = 0

  public init() {}
}

/// How a command ends, worst last: invalid outranks hindered, hindered outranks misuse, misuse
/// outranks unknown, unknown outranks valid.
public enum ExitCode: Int32, Hashable, Sendable {
  case valid = 0
  case unknown = 2
  case usage = 64
  case hindered = 70
  case invalid = 1

  public init(_ verdict: Verdict) {
    self =
      switch verdict {
      case .valid: .valid
      case .invalid: .invalid
      case .unknown: .unknown
      }
  }

  /// The code that the process ends with; Maelstrom's where all is done as by it.
  public func status(isCompatible: Bool) -> Int32 {
    switch self {
    case .usage where isCompatible: 254
    case .hindered where isCompatible: 255
    default: rawValue
    }
  }

  private var rank: Int {
    switch self {
    case .valid: 0
    case .unknown: 1
    case .usage: 2
    case .hindered: 3
    case .invalid: 4
    }
  }

  public static func worst(_ left: ExitCode, _ right: ExitCode) -> ExitCode {
    left.rank < right.rank ? right : left
  }
}
