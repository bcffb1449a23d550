import Algorithms
public import Environments
import Generators
import Histories
import Invariants
import Nemeses
import Nodes
import Systems
public import Values
import Verdicts
import Workloads

/// A plan with all that it names looked up: ready to be run.
public struct Test: Sendable {
  public let plan: Plan
  public let names: NodeNames
  let workload: any Workload
  /// The families of faults that were asked for.
  let families: [FaultFamily]
  let schedule: [ScheduledFault]
  /// The operations, where the plan has them.
  let script: [Timetable.Line]?
  let expectations: [Bound]
  /// What judges the workload's promise, as the system makes it.
  let judged: [any Checker]
  /// Faults that lie in wait, in place of a schedule.
  var ambushes: AmbushSchedule?

  /// - Throws: When the plan names something that does not exist or asks for what can't be.
  public init(_ plan: Plan) throws {
    try plan.checkFields()
    try plan.checkSubject()
    self.plan = plan
    expectations = try plan.expectations.map { text throws(PlanError) in try Bound(text) }
    names = NodeNames(plan.nodes)
    guard let type = workloads.first(where: { $0.name == plan.workload }) else {
      throw PlanError(
        "there is no workload \"\(plan.workload)\"; there are "
          + workloads.map { $0.name }.joined(separator: ", "))
    }
    guard let topology = Topology(rawValue: plan.topology) else {
      throw PlanError(
        "there is no topology \"\(plan.topology)\"; there are "
          + Topology.allCases.map(\.rawValue).joined(separator: ", "))
    }
    var options = WorkloadOptions(
      seed: plan.seed, nodes: names.nodes, concurrency: plan.concurrency,
      keyCount: plan.keyCount, maxWritesPerKey: plan.maxWritesPerKey, topology: topology,
      latency: plan.latency ?? 0)
    options.maxTransactionLength = plan.maxTransactionLength
    options.consistencyModels = plan.consistencyModels
    options.isCompatible = plan.isCompatible
    workload = type.init(options)
    judged = try plan.foreignCheckers(workload) ?? workload.checkers
    if let refusal = workload.refusal { throw PlanError(refusal) }
    let timeout = plan.timeout ?? workload.standardTimeout
    if let liveness = plan.liveness, liveness < 2 * timeout {
      throw PlanError(
        "liveness: within \(liveness.durationText) clients that wait for what the faults took can't "
          + "ask again; at least \((2 * timeout).durationText), twice the time-out, or a shorter "
          + "--timeout")
    }
    try plan.checkClaims()
    try plan.checkNemeses()
    let specs = try plan.nemeses
    families = try plan.families
    script = try plan.operations?.enumerated().map { place, value in
      do { return try Timetable.Line(value, concurrency: plan.concurrency) } catch {
        throw PlanError("operations[\(place)]: \(error)")
      }
    }
    if let faults = plan.faults {
      let names = names
      schedule = try faults.map { try ScheduledFault($0, names) }.inOrder
    } else if plan.strikesAtMarks, !specs.isEmpty {
      schedule = []
      let draws = try AmbushDraws(
        specs, names: names, marks: plan.marks, interval: plan.nemesisInterval, seed: plan.seed)
      ambushes = AmbushSchedule(nodes: names.nodes, draws.ambush)
    } else {
      schedule =
        try FaultSchedule(
          specs, names: names, interval: plan.nemesisInterval, timeLimit: plan.timeLimit,
          seed: plan.seed
        ).faults
    }
  }

  /// How long clients wait for an answer.
  var timeout: Nanoseconds { plan.timeout ?? workload.standardTimeout }

  /// The plan's operations, or the workload's at its rate, until its time limit.
  private var generator: any Generator {
    if let script {
      let main = Timetable(script, until: plan.timeLimit)
      // Who is to make progress must be asked again and again.
      guard let liveness = plan.liveness else { return main.onClients() }
      return Concat([main, paced(until: liveness)]).onClients()
    }
    return paced(until: plan.timeLimit + (plan.liveness ?? 0)).onClients()
  }

  /// The workload's operations at the plan's rate.
  private func paced(until limit: Nanoseconds) -> any Generator {
    guard plan.rate > 0 else { return TimeLimit(limit, Concat([])) }
    let spacing = Nanoseconds(1e9 / plan.rate)
    return workload.makeGenerator().staggered(
      by: spacing, Draws(seed: plan.seed, stream: 0x0070_6163_65)
    ).timeLimit(limit)
  }

  /// Refuses faults that the environment can't inject.
  public func check(against environment: any Environment) throws {
    for family in families {
      guard case .unsupported(let reason) = environment.support(for: family) else { continue }
      throw PlanError(
        "nemesis \(family.rawValue): this environment can't inject \(family.rawValue) faults: \(reason)"
      )
    }
    for fault in try diskFaults {
      guard case .unsupported(let reason) = environment.support(for: fault) else { continue }
      throw PlanError(
        "nemesis disk:\(fault.kind.rawValue): this environment can't inject it: \(reason)")
    }
  }

  /// The faults of disks that are asked for, by the plan's nemeses or its schedule.
  var diskFaults: [DiskFault] {
    get throws {
      try plan.nemeses.compactMap { if case .disk(let fault, _) = $0 { fault } else { nil } }
        + schedule.compactMap { if case .disk(let fault, _) = $0.fault { fault } else { nil } }
    }
  }

  /// Runs the test in an environment that has not been started, and stops it.
  public func run(
    in environment: any Environment, journal: any RunJournal = NoJournal(),
    interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping (Progress, Nanoseconds) -> Void = { _, _ in }
  ) throws -> Outcome {
    try check(against: environment)
    defer { environment.stop() }
    try environment.start()
    var settings = DriverSettings(
      workload: workload, names: names, concurrency: plan.concurrency,
      timeout: timeout,
      seed: plan.seed)
    settings.ambushes = ambushes
    settings.makeForeignClient = try plan.foreignClient
    settings.liveness = plan.liveness.map { bound in
      Liveness(
        names.nodes, count: plan.quorum.count(of: names.count), clientCount: plan.concurrency,
        begin: plan.timeLimit, bound: bound, seed: plan.seed)
    }
    var run = Run(
      environment, driver: Driver(settings, generator: generator, schedule: schedule),
      journal: journal, interrupted: interrupted, watch: watch)
    var hindrance: (any Error)?
    do { try run.drive() } catch { hindrance = error }
    return judge(run, in: environment, hindrance: hindrance)
  }
}

extension Test {
  /// The schedule of faults, as plans have it.
  public var scheduleValue: [Value] { schedule.map { $0.value(names) } }
}

extension Plan {
  /// Who must be up for the system to make progress; of an unknown system's nodes, all.
  fileprivate var quorum: Quorum {
    bundledDescription?.quorum ?? .all
  }
}
