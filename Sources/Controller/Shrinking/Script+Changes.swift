import Nemeses
import Values

extension Script {
  /// The same with less time: what would begin later is left out.
  func cut(at end: Nanoseconds) -> Script {
    var script = self
    script.base.timeLimit = end
    script.requests.removeAll { $0.time >= end }
    script.disruptions.removeAll { $0.start.time >= end }
    for place in script.disruptions.indices
    where (script.disruptions[place].end?.time ?? 0) >= end {
      script.disruptions[place].end = nil
    }
    return script
  }

  /// The same without the first part of the time, but for a lead in which nothing happens.
  ///
  /// What breaks in it and has no end by then breaks when the rest begins.
  func dropping(first gap: Nanoseconds, but lead: Nanoseconds) -> Script {
    var script = self
    script.requests.removeAll { $0.time < gap }
    script.disruptions.removeAll { ($0.end?.time ?? .max) < gap }
    script.move { max($0, gap) - gap + lead }
    return script
  }

  /// The same in a cluster without one of its nodes, and without those who ask it.
  func without(node removed: Int) -> Script {
    var script = self
    let count = base.nodes.count
    let name = script.base.nodes.remove(at: removed)
    script.base.renameChoices { $0 == name ? nil : $0 }
    script.requests = requests.compactMap { request in
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
    script.disruptions = disruptions.compactMap { disruption in
      guard let start = disruption.start.fault.renamed(renamed) else { return nil }
      var disruption = disruption
      disruption.start.fault = start
      if let end = disruption.end?.fault {
        disruption.end?.fault = end.renamed(renamed) ?? end
      }
      return disruption
    }
    return script
  }

  /// The same with all times after `moment` earlier by `gap`.
  func closing(_ gap: Nanoseconds, after moment: Nanoseconds) -> Script {
    var script = self
    script.move { $0 > moment ? max(moment, $0 - gap) : $0 }
    return script
  }

  /// Gives all that begins and ends, and the end of all, other times.
  private mutating func move(_ moved: (Nanoseconds) -> Nanoseconds) {
    base.timeLimit = moved(base.timeLimit)
    for place in requests.indices { requests[place].time = moved(requests[place].time) }
    for (place, disruption) in disruptions.enumerated() {
      disruptions[place].start.time = moved(disruption.start.time)
      if let end = disruption.end { disruptions[place].end?.time = moved(end.time) }
    }
  }

  /// When something begins or ends, in order, and the end of all.
  var moments: [Nanoseconds] {
    let times =
      requests.map(\.time) + disruptions.map(\.start.time) + disruptions.compactMap(\.end?.time)
    return Set(times + [base.timeLimit]).sorted()
  }
}

extension Script {
  /// How many operations and faults there are.
  var itemCount: Int { requests.count + disruptions.count }

  /// The same without one operation or fault.
  func without(item place: Int) -> Script {
    var script = self
    if place < requests.count {
      script.requests.remove(at: place)
    } else {
      script.disruptions.remove(at: place - requests.count)
    }
    return script
  }

  /// The same with times that are multiples of a unit.
  func rounded(to unit: Nanoseconds) -> Script {
    var script = self
    script.move { ($0 + unit / 2) / unit * unit }
    script.base.timeLimit = (base.timeLimit + unit - 1) / unit * unit
    return script
  }

  /// Gives nodes the first of some names, and clients the first threads.
  mutating func rename(_ names: [String]) {
    let count = base.nodes.count
    let new = Dictionary(uniqueKeysWithValues: zip(base.nodes, names))
    base.renameChoices { new[$0] }
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
