import Algorithms
public import Diagrams
import Environments
import Nemeses
import Nodes
import Simulations
import Systems
public import Values

/// A test of a bundled system in a simulation.
public struct SimulatedRun {
  private var test: Test
  private let cluster: any SimulatedCluster

  /// - Parameters:
  ///   - digestsContents: Whether the digest covers what events carry and nodes ask for.
  /// - Throws: When the plan names something that does not exist or asks for what can't be.
  public init(_ plan: Plan, digestsContents: Bool = false) throws {
    try self.init(plan, digestsContents: digestsContents, recordsDelays: false)
  }

  /// - Parameters:
  ///   - recordsDelays: Whether ``delays`` are to be known.
  ///   - reportsMarks: Whether the outcome says when marks were reached.
  ///   - ambushes: Faults that lie in wait, where the plan has none.
  init(
    _ plan: Plan, digestsContents: Bool = false, recordsDelays: Bool = false,
    reportsMarks: Bool = false, ambushes: [Ambush] = []
  ) throws {
    let plan = try plan.drawn()
    test = try Test(plan)
    let system = try plan.bundledSystem
    var settings = SimulationSettings(names: test.names, seed: plan.seed)
    settings.options = plan.options
    settings.bugs = Set(plan.bugs)
    settings.versionCount = system.description.versionCount
    if try plan.upgrades {
      settings.versions = Dictionary(uniqueKeysWithValues: test.names.nodes.map { ($0, 1) })
    }
    settings.damageLimits = try plan.damageLimits
    settings.hasCompatibleServices = plan.isCompatible
    settings.digestsContents = digestsContents
    let numbered = try NumberedChoices(plan, test.names)
    settings.delays = numbered.delays
    settings.choices = numbered.choices
    settings.reseeding = numbered.reseeding
    settings.recordsDelays = recordsDelays
    if !ambushes.isEmpty {
      test.ambushes = AmbushSchedule(nodes: test.names.nodes) {
        $0 < ambushes.count ? ambushes[$0] : nil
      }
    }
    settings.reportsMarks = reportsMarks || test.ambushes != nil
    if let mean = plan.latency {
      guard let latency = Latency(distribution: plan.latencyDistribution, mean: mean) else {
        throw PlanError.latencyDistribution(plan.latencyDistribution)
      }
      settings.latency = latency
    }
    cluster = system.simulate(settings)
  }

  /// Refuses what can't be simulated, before anything is made.
  public func check() throws { try test.check(against: cluster) }

  /// A fingerprint of all that has happened so far.
  public var digest: UInt64 { cluster.digest }

  /// How long the nodes' messages travelled, as plans write it.
  var delays: [Value] { cluster.delays.map { $0.planValue(test.names) } }

  /// The simulation's time.
  public var now: Nanoseconds { cluster.now }

  /// Runs to the end.
  ///
  /// - Parameter trace: Takes a line for each event.
  public func run(
    journal: any RunJournal = NoJournal(), trace: ((String) -> Void)? = nil
  ) throws -> Outcome {
    cluster.trace = trace
    defer { cluster.trace = nil }
    var outcome = try test.run(in: cluster, journal: journal)
    outcome.statistics.events = cluster.handledCount
    outcome.token = Token.encode(test.plan)
    return outcome
  }

  /// Runs to the end as ``run(journal:trace:)`` does, and draws what happened.
  ///
  /// The picture is about the first anomaly of the first finding, where the run has one, and about a
  /// broken invariant, where one was: messages that can't have led to it are not relevant in it.
  public func draw(
    journal: any RunJournal = NoJournal(), trace: ((String) -> Void)? = nil
  ) throws -> (outcome: Outcome, diagram: SpaceTimeDiagram) {
    let record = SimulationRecord()
    let listener = RunListener(journal)
    cluster.record = record
    defer { cluster.record = nil }
    let outcome = try run(journal: listener, trace: trace)
    return (outcome, RunDrawing(record, listener.operations, outcome, test.names).diagram)
  }
}

extension PlanError {
  static func latencyDistribution(_ name: String) -> PlanError {
    PlanError(
      "there is no latency distribution \"\(name)\"; there are constant, uniform, exponential")
  }
}

extension Plan {
  /// The bundled system that the plan names, with its bugs and options known.
  var bundledSystem: BundledSystem {
    get throws {
      guard let name = system else {
        throw PlanError("only bundled systems can be simulated, not the program \(systemName)")
      }
      guard let system = BundledSystem.named(name) else {
        throw PlanError(
          "there is no system \"\(name)\"; there are "
            + BundledSystem.all.map(\.description.name).joined(separator: ", "))
      }
      try system.description.check(bugs: bugs, options: options)
      return system
    }
  }
}
