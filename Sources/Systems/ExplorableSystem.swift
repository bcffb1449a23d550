public import Algorithms
public import Exploration
import Nodes
import Values

/// A bundled system as something to explore: small, with clients that ask for little.
public struct ExplorableSystem: Sendable {
  public let description: AlgorithmDescription
  /// What is explored where nothing else is asked for.
  public let standard: ExplorationPlan
  /// Whether its nodes' names can be exchanged.
  public let hasSymmetry: Bool
  private let explore:
    @Sendable (ExplorationPlan, ExplorationStrategy, ExplorationLimits) throws(ExplorationError) ->
      ExplorationResult
  private let take:
    @Sendable (ExplorationPlan, [ScenarioStep], Int) throws(ExplorationError) -> ExplorationReplay

  init<System: Algorithm>(
    _: System.Type, hasSymmetry: Bool = false, _ standard: ExplorationPlan,
    _ settings: @escaping @Sendable (ExplorationPlan) -> ExplorationSettings<System>
  ) {
    description = System.description
    self.standard = standard
    self.hasSymmetry = hasSymmetry
    explore = {
      plan, strategy, limits throws(ExplorationError) in
      try Exploration(settings(plan)).run(strategy, limits)
    }
    take = {
      plan, steps, start throws(ExplorationError) in
      try Exploration(settings(plan)).replay(steps, from: start)
    }
  }

  /// - Throws: When the plan asks for what can't be explored.
  public func run(
    _ plan: ExplorationPlan, _ strategy: ExplorationStrategy = .bfs,
    _ limits: ExplorationLimits = ExplorationLimits()
  ) throws(ExplorationError) -> ExplorationResult {
    try check(plan)
    return try explore(plan, strategy, limits)
  }

  /// Takes exactly these steps; see ``Scenario``.
  func replay(
    _ plan: ExplorationPlan, _ steps: [ScenarioStep], from start: Int
  ) throws(ExplorationError) -> ExplorationReplay {
    try check(plan)
    return try take(plan, steps, start)
  }

  private func check(_ plan: ExplorationPlan) throws(ExplorationError) {
    for name in plan.limits.keys.sorted() where standard.limits[name] == nil {
      throw ExplorationError("\(description.name) has no bound \"\(name)\"")
    }
  }

  public static let all: [ExplorableSystem] = [
    .twoPhaseCommit, .raft, .synod, .leaseLock, .broadcast, .echo,
  ]

  public static func named(_ name: String) -> ExplorableSystem? {
    all.first { $0.description.name == name }
  }

  /// Gray and Lamport's model; the nodes that are counted are the resource managers.
  public static let twoPhaseCommit = ExplorableSystem(
    TwoPhaseCommit.self, hasSymmetry: true, ExplorationPlan(nodeCount: 3, network: .set)
  ) { plan in
    var settings = ExplorationSettings<TwoPhaseCommit>(
      nodes: plan.configurations(count: plan.nodeCount + 1), network: plan.network,
      bounds: plan.bounds)
    settings.invariants = TwoPhaseCommit.invariants()
    settings.sometimes = TwoPhaseCommit.description.marks
    if plan.usesSymmetry { settings.symmetry = Symmetry() }
    return settings
  }

  /// Elections without pre-votes, which double the messages; each client writes once.
  public static let raft = ExplorableSystem(
    Raft.self, hasSymmetry: true,
    ExplorationPlan(
      nodeCount: 3, network: .fifo, bounds: ExplorationBounds(timeouts: 2), requests: 1,
      limits: ["term": 2])
  ) { plan in
    var plan = plan
    plan.options["pre-vote"] = plan.options["pre-vote"] ?? "false"
    var settings = ExplorationSettings<Raft>(
      nodes: plan.configurations(count: plan.nodeCount), network: plan.network, bounds: plan.bounds)
    settings.invariants = Raft.invariants()
    settings.sometimes = ["raft: a leader was elected"]
    let term = plan.limits["term"] ?? .max
    settings.isWithin = { $0.term <= term }
    settings.script = plan.script { .write(key: "x", value: .integer($0 + 1)) }
    if plan.usesSymmetry { settings.symmetry = Symmetry() }
    settings.judge = plan.judge
    return settings
  }

  /// Two ballots: what has to be right between them.
  public static let synod = ExplorableSystem(
    Synod.self,
    ExplorationPlan(nodeCount: 3, network: .set, bounds: ExplorationBounds(timeouts: 2))
  ) { plan in
    var settings = ExplorationSettings<Synod>(
      nodes: plan.configurations(count: plan.nodeCount), network: plan.network, bounds: plan.bounds)
    settings.invariants = Synod.invariants()
    settings.sometimes = Synod.description.marks
    return settings
  }

  /// The nodes that are counted are the clients; leases may expire whenever it is most awkward.
  public static let leaseLock = ExplorableSystem(
    LeaseLock.self, hasSymmetry: true,
    ExplorationPlan(
      nodeCount: 2, network: .multiset, bounds: ExplorationBounds(timeouts: 4),
      limits: ["token": 3])
  ) { plan in
    var settings = ExplorationSettings<LeaseLock>(
      nodes: plan.configurations(count: plan.nodeCount + 2), network: plan.network,
      bounds: plan.bounds)
    settings.invariants = LeaseLock.invariants()
    settings.sometimes = LeaseLock.description.marks
    let token = plan.limits["token"] ?? .max
    settings.isWithin = { $0.token <= token }
    if plan.usesSymmetry { settings.symmetry = Symmetry() }
    return settings
  }

  /// Each client has one value broadcast.
  public static let broadcast = ExplorableSystem(
    Broadcast.self,
    ExplorationPlan(
      nodeCount: 2, network: .multiset, bounds: ExplorationBounds(timeouts: 1), requests: 1)
  ) { plan in
    var settings = ExplorationSettings<Broadcast>(
      nodes: plan.configurations(count: plan.nodeCount), network: plan.network, bounds: plan.bounds)
    settings.invariants = Broadcast.invariants()
    settings.script = plan.script { .broadcast(.integer($0)) }
    return settings
  }

  /// The smallest of all.
  public static let echo = ExplorableSystem(
    Echo.self, ExplorationPlan(nodeCount: 1, network: .multiset, requests: 2)
  ) { plan in
    var settings = ExplorationSettings<Echo>(
      nodes: plan.configurations(count: plan.nodeCount), network: plan.network, bounds: plan.bounds)
    settings.script = plan.script { .echo(.integer($0)) }
    settings.judge = { calls in
      let wrong = calls.first { call in
        if case .answered(let reply) = call.outcome { reply != call.request.echoed } else { false }
      }
      return wrong.map { "client \($0.client) was answered something else than it had asked" }
    }
    return settings
  }
}

extension Request {
  /// The right answer to an echo request.
  fileprivate var echoed: Reply? {
    if case .echo(let value) = self { .echo(value) } else { nil }
  }
}
