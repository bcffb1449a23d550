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
  /// Whom it is meant for; `fault` strikes others in their place where nobody knows who leads.
  public var aim: Aim

  /// Nodes by the roles that they have when a fault is applied.
  public enum Aim: String, Hashable, Sendable {
    /// Those that the fault names.
    case drawn
    /// Those that lead.
    case primaries
    /// Those that the fault names and that don't lead; another that does not where all of them do.
    case followers
  }

  public init(
    time: Nanoseconds, family: FaultFamily, f: String, fault: Fault, aim: Aim = .drawn
  ) {
    self.time = time
    self.family = family
    self.f = f
    self.fault = fault
    self.aim = aim
  }

  /// Whether it breaks something; else it mends what its family broke.
  public var breaks: Bool { fault.breaks }

  /// The fault as it is to be applied, now that the primaries are known.
  public func resolved(primaries: [NodeID], of nodes: [NodeID]) -> ScheduledFault {
    guard breaks, !primaries.isEmpty,
      let struck = aim.nodes(named: fault.nodes ?? [], primaries: primaries, of: nodes)
    else { return self }
    var resolved = self
    switch fault {
    case .cut:
      let others = nodes.filter { !struck.contains($0) }
      resolved.fault = .cut(Grudges.complete(struck.map { [$0] } + [others]))
    case .kill(let ending, _): resolved.fault = .kill(ending, struck)
    case .disk(let fault, _): resolved.fault = .disk(fault, struck)
    case .pause: resolved.fault = .pause(struck)
    case .limit(let limit, _): resolved.fault = .limit(limit, struck)
    case .disturb(let disturbance, _):
      resolved.fault = .disturb(disturbance, Grudges.touching(struck, of: nodes))
    case .skew(let changes):
      guard let change = changes.min(by: { $0.key < $1.key })?.value else { return self }
      resolved.fault = .skew(Dictionary(uniqueKeysWithValues: struck.map { ($0, change) }))
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

extension ScheduledFault.Aim {
  /// The nodes to strike; nothing where those that were drawn are as good as any.
  fileprivate func nodes(
    named drawn: [NodeID], primaries: [NodeID], of nodes: [NodeID]
  ) -> [NodeID]? {
    switch self {
    case .drawn: return nil
    case .primaries: return primaries.sorted()
    case .followers:
      let followers = nodes.filter { !primaries.contains($0) }
      let struck = drawn.filter(followers.contains)
      return struck.isEmpty ? followers.first.map { [$0] } : struck
    }
  }
}
