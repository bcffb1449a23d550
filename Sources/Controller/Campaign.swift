import Algorithms
import Dispatch
import Environments
import Glibc
import Nemeses
import Synchronization
import Systems
public import Values
import Verdicts

/// Many simulated runs of one plan, each under a seed of its own.
public struct Campaign: Sendable {
  public var plan: Plan
  /// What may run: from the first seed on, until a limit is reached.
  public var seeds: Range<UInt64>
  /// Ends with so many failures; nothing runs all.
  public var failureLimit: Int?
  /// The share of the runs, in 0...1, that is run twice and compared; where it is not 0, the first
  /// run is one of them.
  public var verifiedShare = Campaign.standardVerifiedShare
  /// Whether the verdict is unknown where a known mark was never reached.
  public var demandsMarks = false

  /// One run in 20.
  public static let standardVerifiedShare = 0.05

  /// How far runs may get ahead of the first that has not ended, which bounds what must wait for it.
  private static let lookahead: UInt64 = 4096

  public init(plan: Plan, seeds: Range<UInt64>, failureLimit: Int? = nil) {
    self.plan = plan
    self.seeds = seeds
    self.failureLimit = failureLimit
  }

  /// How far a campaign has come.
  public struct Progress: Hashable, Sendable {
    public var runCount = 0
    public var failureCount = 0
    /// The time that passed in the simulations, altogether.
    public var simulated: Nanoseconds = 0
    public var reachedMarkCount = 0
    public var knownMarkCount = 0
  }

  /// Runs seeds on all cores.
  ///
  /// What is counted are the runs of all seeds up to some one: with a failure limit the seed of the
  /// last failure that counts, else the last one that was begun. So the result is a function of
  /// which seeds those are, and not of the order in which cores end runs.
  ///
  /// - Parameters:
  ///   - interrupted: Asked before each run; once it says yes, none is begun.
  ///   - watch: Told after each run how far the campaign has come.
  /// - Throws: When the plan can't be run at all.
  public func run(
    cores: Int, interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws -> CampaignResult {
    let tally = CampaignTally(
      first: seeds.lowerBound, failureLimit: failureLimit,
      knownMarks: try plan.knownMarks, demandsMarks: demandsMarks)
    let shared = Shared(tally)
    // Threads and not tasks: a run never suspends, and a process that also owns children should
    // have no threads that it did not ask for.
    DispatchQueue.concurrentPerform(iterations: max(1, cores)) { _ in
      while !interrupted(), let seed = claim(from: shared) {
        do {
          watch(shared.finish(seed, try finishedRun(seed)))
        } catch {
          shared.withLock { $0.firstError = $0.firstError ?? error }
          return
        }
      }
    }
    let (error, ended) = shared.withLock { ($0.firstError, $0.tally) }
    if let error { throw error }
    var result = ended.result
    result.divergences = try ended.divergent.map { try Divergence(of: $0) }
    return result
  }

  /// The seed to run next; nothing where no more are to run.
  private func claim(from shared: Shared) -> UInt64? {
    while true {
      let (seed, mustWait) = shared.withLock { state -> (UInt64?, Bool) in
        guard state.next < seeds.upperBound, state.firstError == nil,
          failureLimit.map({ state.failureCount < $0 }) ?? true
        else { return (nil, false) }
        guard state.next - state.tally.nextSeed < Campaign.lookahead else { return (nil, true) }
        defer { state.next += 1 }
        return (state.next, false)
      }
      guard mustWait else { return seed }
      usleep(1_000)
    }
  }

  private func finishedRun(_ seed: UInt64) throws -> FinishedRun {
    let plan = plan.seeded(seed)
    guard isVerified(seed) else { return FinishedRun(outcome: try SimulatedRun(plan).run()) }
    return try FinishedRun(runningTwice: plan)
  }

  /// Whether a seed's run is run twice: a function of its place among the seeds.
  package func isVerified(_ seed: UInt64) -> Bool {
    guard verifiedShare > 0 else { return false }
    let place = Double(seed - seeds.lowerBound)
    return place == 0
      || ((place + 1) * verifiedShare).rounded(.down) > (place * verifiedShare).rounded(.down)
  }
}

/// What the cores of a campaign share.
private final class Shared: Sendable {
  struct State {
    var tally: CampaignTally
    var next: UInt64
    /// Runs that ended before one of a lower seed did.
    var early: [UInt64: FinishedRun] = [:]
    /// Of all runs that ended.
    var failureCount = 0
    var firstError: (any Error)?
  }

  private let state: Mutex<State>

  init(_ tally: CampaignTally) {
    state = Mutex(State(tally: tally, next: tally.nextSeed))
  }

  func withLock<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
    state.withLock { body(&$0) }
  }

  /// Takes in a run, and counts it once all before it have ended.
  func finish(_ seed: UInt64, _ run: FinishedRun) -> Campaign.Progress {
    state.withLock { state in
      if run.outcome.verdict == .invalid { state.failureCount += 1 }
      state.early[seed] = run
      while let next = state.early.removeValue(forKey: state.tally.nextSeed) {
        state.tally.add(next)
        if state.tally.isFull { state.early.removeAll() }
      }
      return state.tally.progress
    }
  }
}

extension CampaignTally {
  fileprivate var progress: Campaign.Progress {
    var progress = Campaign.Progress()
    progress.runCount = result.runCount
    progress.failureCount = result.failureCount
    progress.simulated = result.statistics.duration
    progress.reachedMarkCount = reachedCount
    progress.knownMarkCount = result.knownMarks.count
    return progress
  }
}

extension Plan {
  /// The marks that a thorough campaign reaches: the system's own, and those of the nemeses.
  package var knownMarks: [String] {
    get throws {
      (bundledDescription?.marks ?? [])
        + NemesisMark.known(try families, nodeCount: nodes.count)
    }
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
