public import Algorithms
public import Nodes
import Systems
import Values

/// A system in the bug zoo: the one configuration under which its correct version is never accused
/// and each of its planted bugs is found.
public struct Exhibit: Sendable {
  /// The correct version's plan; which seeds and which bug is the zoo's to say.
  public let plan: Plan
  public let system: AlgorithmDescription
  /// How many runs may go by until a bug is found.
  public let runsMax: Int
  /// Bugs that this configuration can't show, and why.
  public let hidden: [String: String]

  /// - Parameters:
  ///   - clients: How many client threads each node has.
  ///   - interval: The mean time between the beginning and the end of a fault.
  ///   - change: What else is special about the plan.
  init(
    _ type: any Algorithm.Type, workload: String? = nil, nodes: Int = 5, clients: Int = 2,
    rate: Double, timeLimit: Nanoseconds, timeout: Nanoseconds, nemesis: [String],
    interval: Nanoseconds = .milliseconds(500), runsMax: Int = 1000,
    hidden: [String: String] = [:], change: (inout Plan) -> Void = { _ in }
  ) {
    system = type.description
    var plan = Plan(
      system: system.name, workload: workload ?? system.workloads.first ?? "",
      nodes: (1...nodes).map { "n\($0)" }, concurrency: nodes * clients)
    plan.place = .simulated
    plan.rate = rate
    plan.timeLimit = timeLimit
    plan.timeout = timeout
    plan.nemesis = nemesis
    plan.nemesisInterval = interval
    change(&plan)
    self.plan = plan
    self.runsMax = runsMax
    self.hidden = hidden
  }

  /// The bugs that are to be found under this configuration.
  public var bugs: [PlantedBug] { system.bugs.filter { hidden[$0.name] == nil } }

  /// The same system under every fault that it claims to survive.
  public var surviving: Exhibit {
    var plan = plan
    plan.nemesis = system.survives
    // A swarm draws what the search for bugs has fixed.
    if plan.isSwarm {
      plan.options = [:]
      plan.latency = nil
    }
    // All at once are many already: where each came more often, hardly any operation would succeed.
    plan.nemesisInterval = max(plan.nemesisInterval, .milliseconds(500))
    return Exhibit(plan: plan, system: system, runsMax: runsMax, hidden: hidden)
  }

  /// An exhibit that is not among the usual ones.
  package init(
    plan: Plan, system: AlgorithmDescription, runsMax: Int, hidden: [String: String] = [:]
  ) {
    self.plan = plan
    self.system = system
    self.runsMax = runsMax
    self.hidden = hidden
  }

  /// - Throws: When there is no such system, or it is not on show.
  public static func named(_ name: String) throws(PlanError) -> Exhibit {
    guard let exhibit = all.first(where: { $0.system.name == name }) else {
      throw PlanError(
        "the zoo has no system \"\(name)\"; it has "
          + all.map(\.system.name).joined(separator: ", "))
    }
    return exhibit
  }
}
