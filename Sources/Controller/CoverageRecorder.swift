package import Environments
package import Nemeses
import Nodes
package import Values

/// Notes which situations the faults of a run bring about: who is struck in which role, amid what.
///
/// A host has it ``look(at:)`` the cluster before each fault, and ``note(_:_:)`` what came of it.
package struct CoverageRecorder {
  package private(set) var coverage = FaultCoverage()
  private let nodes: [NodeID]
  /// The families whose faults are in force.
  private var inForce: [FaultFamily] = []
  private var booting: Set<NodeID> = []
  private var paused: Set<NodeID> = []
  /// What nodes took themselves for before the fault; nothing for one that is down.
  private var roles: [String?]
  private var recovering: [Bool]

  package init(_ nodes: [NodeID]) {
    self.nodes = nodes
    roles = Array(repeating: nil, count: nodes.count)
    recovering = Array(repeating: false, count: nodes.count)
  }

  /// Sees what nodes take themselves for, before a fault is applied.
  package mutating func look(at environment: any Environment) {
    for (place, node) in nodes.enumerated() {
      roles[place] = environment.role(of: node)
      recovering[place] = !environment.isWhole(node)
      guard let role = roles[place] else { continue }
      booting.remove(node)
      coverage.roles.insert(role)
    }
  }

  package mutating func note(_ fault: ScheduledFault, _ report: FaultReport) {
    guard fault.breaks else { return noteEnd(fault, report) }
    let struck = struck(by: fault.fault, report)
    let isLinked = fault.fault.isOfLinks
    // A fault of processes that found none that it could strike did nothing.
    guard isLinked || !struck.isEmpty else { return }
    coverage.families.insert(fault.family)
    for other in inForce where other != fault.family {
      reach(NemesisMark.overlap(fault.family, other))
    }
    inForce.removeAll { $0 == fault.family }
    inForce.append(fault.family)
    for node in struck {
      guard let role = roles[node.index] else { continue }
      coverage.strikes[.init(fault.family, role: role), default: 0] += 1
    }
    noteCircumstances(struck, fault.fault, isLinked: isLinked)
  }

  private mutating func noteEnd(_ fault: ScheduledFault, _ report: FaultReport) {
    inForce.removeAll { $0 == fault.family }
    paused.subtract(report.did.keys)
    switch fault.fault {
    case .restart: booting.formUnion(report.did.keys)
    case .mendDisks: booting.formUnion(report.did.filter { $0.value != "mended" }.keys)
    default: break
    }
  }

  private mutating func noteCircumstances(_ struck: [NodeID], _ fault: Fault, isLinked: Bool) {
    // Where nobody has a role, the environment knows of none.
    guard roles.contains(where: { $0 != nil }) else { return }
    if nodes.contains(where: { roles[$0.index] == nil && !struck.contains($0) }) {
      reach(NemesisMark.whileDown)
    }
    guard !isLinked else { return }
    if struck.contains(where: booting.contains) { reach(NemesisMark.whileBooting) }
    if struck.contains(where: { recovering[$0.index] }) { reach(NemesisMark.whileRecovering) }
    switch fault {
    case .pause: paused.formUnion(struck)
    case .kill, .disk:
      if struck.contains(where: paused.contains) { reach(NemesisMark.whilePaused) }
      paused.subtract(struck)
      booting.subtract(struck)
    default: break
    }
  }

  private mutating func reach(_ mark: String) { coverage.marks[mark, default: 0] += 1 }

  /// The nodes that a fault concerns as a whole, in ascending order.
  private func struck(by fault: Fault, _ report: FaultReport) -> [NodeID] {
    switch fault {
    case .cut(let links): isolated(by: links)
    case .disturb(_, let links): surrounded(by: links)
    default:
      report.did.filter { $0.value != FaultReport.spared }.keys
        .filter { nodes.indices.contains($0.index) }.sorted()
    }
  }

  /// The nodes that can't exchange messages, both ways, with enough others to be a majority.
  ///
  /// - Complexity: O(*l*) where *l* is the number of links.
  private func isolated(by links: [Link]) -> [NodeID] {
    var pairs: Set<Link> = []
    var lostCount = Array(repeating: 0, count: nodes.count)
    for link in links where link.isWithin(nodes.count) {
      let (low, high) = (min(link.source, link.destination), max(link.source, link.destination))
      guard pairs.insert(Link(from: low, to: high)).inserted else { continue }
      lostCount[low.index] += 1
      lostCount[high.index] += 1
    }
    let majority = nodes.count / 2 + 1
    return nodes.filter { nodes.count - lostCount[$0.index] < majority }
  }

  /// The nodes all of whose links are among these.
  private func surrounded(by links: [Link]) -> [NodeID] {
    var counts = Array(repeating: 0, count: nodes.count)
    for link in links where link.isWithin(nodes.count) {
      counts[link.source.index] += 1
      counts[link.destination.index] += 1
    }
    return nodes.filter { counts[$0.index] >= 2 * (nodes.count - 1) }
  }
}

extension Link {
  fileprivate func isWithin(_ count: Int) -> Bool {
    source != destination && max(source.index, destination.index) < count
  }
}

extension Fault {
  /// Whether it is done to links, and not to nodes.
  fileprivate var isOfLinks: Bool {
    switch self {
    case .cut, .disturb: true
    default: false
    }
  }
}
