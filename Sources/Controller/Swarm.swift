import Algorithms
import Nemeses
import Systems
import Values

extension Plan {
  /// The plan of one run of a swarm, whose configuration is a function of the seed.
  ///
  /// Groce, Zhang, Eide, Chen and Regehr, *Swarm testing* (ISSTA 2012): runs that each leave out much
  /// find more than runs that all do everything, for one feature can keep another from doing harm. So
  /// each run draws first which of the plan's nemeses there are at all, and then, on log scales, how
  /// strong they are, whether they strike at times or at marks and how often, how many nodes and clients there are, how fast
  /// clients ask, how long messages travel, and the system's own options. What the plan says of nodes,
  /// clients and rate is the most that is drawn; a latency and options that it gives stay as they are.
  ///
  /// - Throws: When the plan names something that does not exist or asks for what can't be.
  public func drawn() throws -> Plan {
    guard isSwarm else { return self }
    guard place == .simulated else { throw PlanError("--swarm needs --env simulated") }
    var plan = self
    var draws = Draws(seed: seed, stream: 0x7377_6172_6d)
    plan.isSwarm = false
    let sizes = [draws.below(nodes.count), draws.below(nodes.count)]
    plan.nodes = Array(nodes.prefix(1 + max(sizes[0], sizes[1])))
    plan.concurrency = max(1, concurrency >> draws.below(4))
    plan.rate = rate / Double(1 << draws.below(4))
    let widest = max(timeLimit / 4, FaultSchedule.intervalMin)
    plan.nemesisInterval = max(widest >> Int64(draws.below(8)), FaultSchedule.intervalMin)
    if latency == nil {
      plan.latency = draws.logarithmic(.microseconds(100), doublings: 8)
      plan.latencyDistribution = draws.element(of: ["constant", "uniform", "exponential"])
    }
    if !marks.isEmpty, !strikesAtMarks {
      var draws = draws.child(0x6d61_726b)
      plan.strikesAtMarks = draws.chance(0.5)
    }
    plan.nemesis = try drawnNemesis(among: plan.nodes.count, draws.child(0))
    for (place, option) in try bundledSystem.description.options.enumerated() {
      var draws = draws.child(UInt64(place) + 1)
      guard options[option.name] == nil, !option.variants.isEmpty, draws.chance(0.5) else {
        continue
      }
      plan.options[option.name] = draws.element(of: option.variants)
    }
    return plan
  }

  /// Half of the families that were asked for; of each half of what it does, and one thing at least.
  private func drawnNemesis(among nodeCount: Int, _ draws: Draws) throws -> [String] {
    let specs = try nemeses
    return try families.enumerated().flatMap { place, family in
      var draws = draws.child(UInt64(place))
      guard draws.chance(0.5) else { return [String]() }
      let kinds = specs.filter { $0.family == family }
      var drawn = kinds.filter { _ in draws.chance(0.5) }
      if drawn.isEmpty { drawn = [draws.element(of: kinds)] }
      return drawn.map { $0.drawn(&draws) }.filter { $0.nodesMin <= nodeCount }.map(\.text)
    }
  }
}
