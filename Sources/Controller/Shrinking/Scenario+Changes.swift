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

  /// The same without what begins and ends in the first part of the time, but for a lead in which
  /// nothing happens. What breaks in it and has no end by then breaks when the rest begins.
  func dropping(first gap: Nanoseconds, but lead: Nanoseconds) -> Scenario {
    var scenario = self
    let moved = { (time: Nanoseconds) in max(time, gap) - gap + lead }
    scenario.base.timeLimit = moved(base.timeLimit)
    scenario.requests.removeAll { $0.time < gap }
    scenario.disruptions.removeAll { ($0.end?.time ?? .max) < gap }
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

  /// The same in a cluster without one of its nodes, and without those who ask it.
  func without(node removed: Int) -> Scenario {
    var scenario = self
    let count = base.nodes.count
    scenario.base.nodes.remove(at: removed)
    scenario.requests = requests.compactMap { request in
      let node = request.thread % count
      guard node != removed else { return nil }
      var request = request
      request.thread =
        request.thread / count * (count - 1) + (node > removed ? node - 1 : node)
      return request
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

  /// Gives nodes the first of some names, and clients the first threads.
  mutating func rename(_ names: [String]) {
    let count = base.nodes.count
    base.nodes = Array(names.prefix(count))
    for node in 0..<count {
      let threads = Set(requests.map(\.thread).filter { $0 % count == node }).sorted()
      for place in requests.indices {
        guard let rank = threads.firstIndex(of: requests[place].thread) else { continue }
        requests[place].thread = node + count * rank
      }
    }
  }

  /// Gives keys and values small numbers, in the order in which they come up.
  mutating func renumber() {
    var numbers = Renumbering()
    for place in requests.indices {
      requests[place].value = numbers.renumbered(requests[place].value)
    }
  }
}
