import Dispatch
import Synchronization
import Systems
import Values
public import Verdicts

/// Many simulated runs of one plan, each under a seed of its own.
public struct Campaign: Sendable {
  public var plan: Plan
  public var seeds: Range<UInt64>
  /// Stops after so many failures; nothing runs all.
  public var failureLimit: Int?

  public init(plan: Plan, seeds: Range<UInt64>, failureLimit: Int? = nil) {
    self.plan = plan
    self.seeds = seeds
    self.failureLimit = failureLimit
  }

  /// What came of a campaign.
  public struct Result: Sendable {
    public var runCount = 0
    public var failures: [Outcome] = []
    /// Runs that could not be judged, though everything that they were to do happened.
    public var undecided: [Outcome] = []
    /// Runs whose faults left nothing to judge; others of the campaign make up for them.
    public var vacuousCount = 0
    public var hindered: [Outcome] = []
    /// The sums of all runs' statistics.
    public var statistics = RunStatistics()
    /// Kinds of operations and families of faults that came to nothing in every single run.
    public var vacuity: [String] = []

    public var verdict: Verdict {
      if !failures.isEmpty { return .invalid }
      let isProof = undecided.isEmpty && vacuity.isEmpty && runCount > vacuousCount
      return isProof ? .valid : .unknown
    }

    public var exitCode: ExitCode {
      hindered.isEmpty ? ExitCode(verdict) : .worst(ExitCode(verdict), .hindered)
    }
  }

  /// What the cores of a campaign share.
  private final class Shared: Sendable {
    struct State {
      var next: UInt64
      var outcomes: [UInt64: Outcome] = [:]
      var failureCount = 0
      var firstError: (any Error)?
    }

    let state: Mutex<State>

    init(next: UInt64) { state = Mutex(State(next: next)) }

    func withLock<Result: Sendable>(
      _ body: (inout sending State) -> sending Result
    ) -> Result {
      state.withLock { body(&$0) }
    }
  }

  /// Runs all seeds on all cores, in no order; the result does not depend on it.
  ///
  /// - Parameter watch: Told after each run how many have ended, and how many failed.
  /// - Throws: When the plan can't be run at all.
  public func run(
    cores: Int, interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws -> Result {
    let shared = Shared(next: seeds.lowerBound)
    // Threads and not tasks: a run never suspends, and a process that also owns children should
    // have no threads that it did not ask for.
    DispatchQueue.concurrentPerform(iterations: max(1, cores)) { _ in
      while !interrupted(), let seed = claim(from: shared) {
        do {
          let outcome = try SimulatedRun(plan.seeded(seed)).run()
          let (count, failed) = shared.withLock { state in
            state.outcomes[seed] = outcome
            if outcome.verdict == .invalid { state.failureCount += 1 }
            return (state.outcomes.count, state.failureCount)
          }
          watch(count, failed)
        } catch {
          shared.withLock { $0.firstError = $0.firstError ?? error }
          return
        }
      }
    }
    let state = shared.withLock { ($0.outcomes, $0.firstError) }
    if let error = state.1 { throw error }
    return gather(state.0.sorted { $0.key < $1.key }.map(\.value))
  }

  private func claim(from shared: Shared) -> UInt64? {
    shared.withLock { state in
      guard state.next < seeds.upperBound, state.firstError == nil,
        failureLimit.map({ state.failureCount < $0 }) ?? true
      else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// A kind or family is missed by the campaign only where it came to nothing in every run.
  private func gather(_ outcomes: [Outcome]) -> Result {
    var result = Result()
    result.runCount = outcomes.count
    result.failures = outcomes.filter { $0.verdict == .invalid }
    result.hindered = outcomes.filter { !$0.hindrances.isEmpty }
    let unknown = outcomes.filter { outcome in
      outcome.hindrances.isEmpty && Verdict.merged(outcome.findings.map(\.verdict)) == .unknown
    }
    result.undecided = unknown.filter(\.vacuity.isEmpty)
    result.vacuousCount = unknown.count - result.undecided.count
    for outcome in outcomes { result.statistics.add(outcome.statistics) }
    if let first = outcomes.first {
      result.vacuity = first.vacuity.filter { reason in
        outcomes.allSatisfy { $0.vacuity.contains(reason) }
      }
    }
    return result
  }
}

extension RunStatistics {
  mutating func add(_ other: RunStatistics) {
    marks.merge(other.marks, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    operations += other.operations
    betweenServers += other.betweenServers
    lost += other.lost
    withClients += other.withClients
    if let events = other.events { self.events = (self.events ?? 0) + events }
    duration += other.duration
  }
}

extension Plan {
  /// The same plan under another seed.
  func seeded(_ seed: UInt64) -> Plan {
    var plan = self
    plan.seed = seed
    return plan
  }
}
