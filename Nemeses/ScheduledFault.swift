public import Environments
public import Values

/// A fault, or the end of one, and when it is due.
public struct ScheduledFault: Hashable, Sendable {
  /// Since the main phase began.
  public var time: Nanoseconds
  /// The family that it belongs to: a node that lost its power is restarted for the disk's sake.
  public var family: FaultFamily
  /// Its name in the history: `start-partition`, `kill`.
  public var f: String
  public var fault: Fault
  /// Whether the fault is meant for the nodes that lead when it is applied; `fault` strikes others
  /// in their place where nobody knows who leads.
  public var aimsAtPrimaries: Bool

  public init(
    time: Nanoseconds, family: FaultFamily, f: String, fault: Fault, aimsAtPrimaries: Bool = false
  ) {
    self.time = time
    self.family = family
    self.f = f
    self.fault = fault
    self.aimsAtPrimaries = aimsAtPrimaries
  }

  /// Whether it breaks something; else it mends what its family broke.
  public var breaks: Bool { fault.breaks }

  /// The fault as it is to be applied, now that the primaries are known.
  public func resolved(primaries: [NodeID], of nodes: [NodeID]) -> ScheduledFault {
    guard aimsAtPrimaries, breaks, !primaries.isEmpty else { return self }
    var resolved = self
    let primaries = primaries.sorted()
    switch fault {
    case .cut:
      let others = nodes.filter { !primaries.contains($0) }
      resolved.fault = .cut(Grudges.complete(primaries.map { [$0] } + [others]))
    case .kill(let ending, _): resolved.fault = .kill(ending, primaries)
    case .disk(let fault, _): resolved.fault = .disk(fault, primaries)
    case .pause: resolved.fault = .pause(primaries)
    case .limit(let limit, _): resolved.fault = .limit(limit, primaries)
    case .disturb(let disturbance, _):
      resolved.fault = .disturb(disturbance, Grudges.touching(primaries, of: nodes))
    case .skew(let changes):
      guard let change = changes.min(by: { $0.key < $1.key })?.value else { return self }
      resolved.fault = .skew(Dictionary(uniqueKeysWithValues: primaries.map { ($0, change) }))
    case .mend, .restart, .resume, .calm, .resetClocks, .mendDisks, .unlimit: break
    }
    return resolved
  }
}

extension Fault {
  /// Whether it breaks something; else it mends.
  public var breaks: Bool {
    switch self {
    case .cut, .kill, .pause, .disturb, .skew, .disk, .limit: true
    case .mend, .restart, .resume, .calm, .resetClocks, .mendDisks, .unlimit: false
    }
  }
}
