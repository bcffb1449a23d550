public import Values

/// Makes a failing run as small as it can while it fails in the same way.
///
/// Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input* (2002): what clients ask
/// and what breaks is left out in chunks, large ones first. Where the rest of the run takes another course
/// then, the attempt runs under a few other seeds; the first under which it fails is the new one.
public struct Shrinker: Sendable {
  /// What a run was made into.
  public struct Result: Sendable {
    /// The plan that is left, with its operations and faults one by one.
    public var plan: Plan
    public var outcome: Outcome
    /// How many operations the plan has, and how many faults; the end of a fault is not counted.
    public var operationCount: Int
    public var faultCount: Int
    /// How many runs it took.
    public var runCount: Int
    /// Under how many seeds each operation and fault was tried to be left out, and could not; nothing
    /// where the time was over before that was known.
    public var neededUnder: Int?
  }

  /// The checker and what it found: `linearizable/nonlinearizable`.
  public let anomaly: String
  let cores: Int
  let interrupted: @Sendable () -> Bool
  /// Told of what is left, now and then.
  private let watch: @Sendable (Progress) -> Void
  var runCount = 0

  /// How hard it tries: each level until nothing more can be left out, from the cheapest on, as what is
  /// left out early makes all later runs shorter.
  struct Level: Sendable {
    /// In how many pieces a list is cut at most.
    var piecesMax: Int
    /// How many events the runs of one attempt may have, which tells how many seeds it tries.
    var eventsMax: Int
    /// The same for attempts to do without the beginning, from which all later ones gain.
    var eventsMaxForTime = 15_000
    /// The same for attempts to do with fewer nodes before all else.
    var eventsMaxForNodes = 0
    /// The most seeds that one attempt tries.
    var seedsMax = 100
    /// Whether it is left out where what is left is small.
    var isForLarge = false
  }

  private static let levels = [
    Level(
      piecesMax: 4, eventsMax: 15_000, eventsMaxForTime: 6_000_000, eventsMaxForNodes: 2_000_000),
    Level(piecesMax: 16, eventsMax: 15_000, eventsMaxForTime: 3_000_000),
    Level(piecesMax: 64, eventsMax: 15_000), Level(piecesMax: .max, eventsMax: 15_000),
    Level(piecesMax: .max, eventsMax: 150_000),
    Level(piecesMax: .max, eventsMax: 1_500_000, seedsMax: 1_000, isForLarge: true),
  ]
  private(set) var level = Shrinker.levels[0]
  /// The most seeds, and events of runs, by which it is looked whether something can be left out.
  private static let neededSeedsMax = 200
  private static let neededEventsMax = 400_000

  /// - Parameters:
  ///   - interrupted: Asked before each attempt; once it says yes, what is left is the result.
  ///   - watch: Told of what is left, before each attempt.
  public init(
    anomaly: String, cores: Int, interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping @Sendable (Progress) -> Void = { _ in }
  ) {
    self.anomaly = anomaly
    self.cores = cores
    self.interrupted = interrupted
    self.watch = watch
  }

  /// How far it has come.
  public struct Progress: Sendable {
    public var nodeCount: Int
    public var operationCount: Int
    public var faultCount: Int
    public var time: Nanoseconds
    public var runCount: Int
  }

  /// A script that fails, and what its run was.
  struct Failure: Sendable {
    var script: Script
    var outcome: Outcome
  }

  /// Shrinks a failing simulated run.
  ///
  /// - Returns: Nothing when the run does not fail in this way, or no longer once it is taken apart.
  /// - Throws: When the plan can't be run.
  public mutating func shrink(_ plan: Plan) throws -> Result? {
    let original = try plan.drawn()
    let first = try SimulatedRun(original).run()
    guard try fails(original, first) else { return nil }
    guard var failure = try firstFailure(original, events: first.statistics.events ?? 1) else {
      return nil
    }
    for level in Shrinker.levels where !level.isForLarge || failure.script.isLarge {
      self.level = level
      while case let before = failure.script.size, !interrupted() {
        try pass(&failure)
        if failure.script.size == before { break }
      }
    }
    // With what was special about the settings it failed more often, which all before gained from.
    try simplifySettings(&failure)
    try polish(&failure, names: original.nodes)
    // First while messages take what they do, which shows more; then for what is said of the plan that
    // is left.
    _ = try neededUnder(&failure)
    try simplifyOrder(&failure)
    let neededUnder = try neededUnder(&failure)
    return Result(
      plan: failure.script.plan, outcome: failure.outcome,
      operationCount: failure.script.requests.count,
      faultCount: failure.script.disruptions.count, runCount: runCount, neededUnder: neededUnder)
  }

  /// A failing script to begin with, by what makes the most of it smaller.
  ///
  /// - Parameter events: How many a run of the plan has.
  private mutating func firstFailure(_ plan: Plan, events: Int) throws -> Failure? {
    let whole = try takenApart(plan)
    if let whole, let few = try withAmbushes(whole) { return few }
    let small = try smaller(plan, events: events)
    return small == plan ? whole : try takenApart(small) ?? whole
  }

  /// Takes a failing run apart.
  ///
  /// - Returns: Nothing where it does not fail any more, as the operations depended on what was answered.
  private mutating func takenApart(_ plan: Plan) throws -> Failure? {
    let recorder = InvocationRecorder()
    let outcome = try SimulatedRun(plan).run(journal: recorder)
    let script = try Script(
      plan, recorder, began: outcome.began, ambushed: outcome.ambushed,
      demandsProgress: anomaly == "nodes/no-progress")
    let named = try SimulatedRun(script.plan).run()
    if try fails(script.plan, named) { return Failure(script: script, outcome: named) }
    return try failure(of: script, seedCount: level.seedsMax)
  }

  /// Looks whether each operation and fault is needed, under many seeds; one that is not is left out.
  ///
  /// - Returns: The least number of seeds that one was tried under; nothing where that was interrupted.
  private mutating func neededUnder(_ failure: inout Failure) throws -> Int? {
    let events = max(1, failure.outcome.statistics.events ?? 1)
    let seedCount = max(1, min(Shrinker.neededSeedsMax, Shrinker.neededEventsMax / events))
    var isNeeded = false
    while !isNeeded {
      isNeeded = true
      for place in (0..<failure.script.itemCount).reversed() {
        let fewer = failure.script.without(item: place)
        guard let found = try self.failure(of: fewer, seedCount: seedCount) else { continue }
        failure = found
        isNeeded = false
      }
      if interrupted() { return nil }
    }
    return seedCount
  }

  // MARK: Attempts

  /// Whether a run of a plan fails as it should.
  func fails(_ plan: Plan, _ outcome: Outcome) throws -> Bool {
    anomaly == Divergence.name
      ? try Divergence.occurs(in: plan) : outcome.anomalyNames.contains(anomaly)
  }

  /// Runs a script under its own seed and then under others.
  ///
  /// - Returns: The first of these runs that fails as it should.
  mutating func failure(
    of script: Script, seedCount: Int? = nil, eventsMax: Int? = nil
  ) throws -> Failure? {
    guard !interrupted() else { return nil }
    watch(
      Progress(
        nodeCount: script.base.nodes.count, operationCount: script.requests.count,
        faultCount: script.disruptions.count, time: script.base.timeLimit, runCount: runCount))
    let plan = script.plan
    let first = try SimulatedRun(plan).run()
    runCount += 1
    if try fails(plan, first) { return Failure(script: script, outcome: first) }
    let affordable = (eventsMax ?? level.eventsMax) / max(1, first.statistics.events ?? 1)
    let count = (seedCount ?? min(level.seedsMax, affordable)) - 1
    guard count > 0 else { return nil }
    let seed = script.seed
    let found = try firstInOrder(of: count, cores: cores) {
      [fails, interrupted] number -> Outcome? in
      guard !interrupted() else { return nil }
      var plan = plan
      plan.seed = mixed(seed &+ UInt64(number) &+ 1)
      let outcome = try SimulatedRun(plan).run()
      return try fails(plan, outcome) ? outcome : nil
    }
    runCount += found.map { $0.place + 1 } ?? count
    guard let found else { return nil }
    var script = script
    script.seed = found.result.plan.seed
    return Failure(script: script, outcome: found.result)
  }
}

extension Script {
  /// Whether it is more than people take in at a glance.
  fileprivate var isLarge: Bool {
    requests.count > 8 || disruptions.count > 3 || base.nodes.count > 3
  }

  /// What is to become smaller.
  fileprivate var size: [Int] {
    [base.nodes.count, requests.count, disruptions.count, disruptions.count { $0.end != nil }]
  }
}
