import Nemeses
import Values

extension Scenario {
  /// The same with less time: what would begin later is left out.
  func cut(at end: Nanoseconds) -> Scenario {
    var scenario = self
    scenario.base.timeLimit = end
    scenario.requests.removeAll { $0.time >= end }
    scenario.disruptions.removeAll { $0.start.time >= end }
    for place in scenario.disruptions.indices
    where (scenario.disruptions[place].end?.time ?? 0) >= end {
      scenario.disruptions[place].end = nil
    }
    return scenario
  }

  /// The same in a cluster without one of its nodes, and without those who ask it.
  func without(node removed: Int) -> Scenario {
    var scenario = self
    scenario.base.nodes.removeLast()
    scenario.requests.removeAll { $0.node == removed }
    for place in scenario.requests.indices where scenario.requests[place].node > removed {
      scenario.requests[place].node -= 1
    }
    let renamed = { (node: NodeID) -> NodeID? in
      node.index == removed ? nil : node.index > removed ? NodeID(node.index - 1) : node
    }
    scenario.disruptions = disruptions.compactMap { disruption in
      guard let start = disruption.start.fault.renamed(renamed) else { return nil }
      var disruption = disruption
      disruption.start.fault = start
      if let end = disruption.end?.fault {
        disruption.end?.fault = end.renamed(renamed) ?? end
      }
      return disruption
    }
    return scenario
  }

  /// The same with all times after `moment` earlier by `gap`.
  func closing(_ gap: Nanoseconds, after moment: Nanoseconds) -> Scenario {
    var scenario = self
    let moved = { (time: Nanoseconds) in time > moment ? max(moment, time - gap) : time }
    scenario.base.timeLimit = moved(base.timeLimit)
    for place in scenario.requests.indices {
      scenario.requests[place].time = moved(scenario.requests[place].time)
    }
    for place in scenario.disruptions.indices {
      scenario.disruptions[place].start.time = moved(scenario.disruptions[place].start.time)
      if let end = scenario.disruptions[place].end {
        scenario.disruptions[place].end?.time = moved(end.time)
      }
    }
    return scenario
  }

  /// When something begins or ends, in order, and the end of all.
  var moments: [Nanoseconds] {
    let times =
      requests.map(\.time) + disruptions.map(\.start.time) + disruptions.compactMap(\.end?.time)
    return Set(times + [base.timeLimit]).sorted()
  }
}

extension Scenario {
  /// How many operations and faults there are.
  var itemCount: Int { requests.count + disruptions.count }

  /// The same without one operation or fault.
  func without(item place: Int) -> Scenario {
    var scenario = self
    if place < requests.count {
      scenario.requests.remove(at: place)
    } else {
      scenario.disruptions.remove(at: place - requests.count)
    }
    return scenario
  }

  /// The same with times that are multiples of a unit.
  func rounded(to unit: Nanoseconds) -> Scenario {
    var scenario = self
    let rounded = { (time: Nanoseconds) in (time + unit / 2) / unit * unit }
    scenario.base.timeLimit = (base.timeLimit + unit - 1) / unit * unit
    for place in requests.indices { scenario.requests[place].time = rounded(requests[place].time) }
    for (place, disruption) in disruptions.enumerated() {
      scenario.disruptions[place].start.time = rounded(disruption.start.time)
      if let end = disruption.end { scenario.disruptions[place].end?.time = rounded(end.time) }
    }
    return scenario
  }

  /// Gives keys and values small numbers, in the order in which they come up.
  mutating func renumber() {
    var numbers = Renumbering()
    for place in requests.indices {
      requests[place].value = numbers.renumbered(requests[place].value)
    }
  }
}
