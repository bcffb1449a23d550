package import Environments
public import Values

/// A fault that lies in wait: it strikes the node that reaches a mark, a while after it does.
public struct Ambush: Hashable, Sendable {
  /// What is waited for.
  public enum Trigger: Hashable, Sendable {
    /// The mark with a label.
    case mark(String)
    /// Any mark of a node that takes itself for a leader when it reaches it.
    case leadersMark
    case anyMark
  }

  public var trigger: Trigger
  /// How often it is let pass before.
  public var passes = 0
  public var delay: Nanoseconds
  /// What is done; to the node that reached the mark, unless it is done as it stands.
  public var fault: ScheduledFault
  public var isAimed = true
  /// How long it holds; until the next one strikes where nothing is said.
  public var duration: Nanoseconds?

  public init(trigger: Trigger, delay: Nanoseconds, fault: ScheduledFault) {
    self.trigger = trigger
    self.delay = delay
    self.fault = fault
  }
}

/// Ambushes one after the other, of which the next ends what the last one did.
public struct AmbushSchedule: Sendable {
  private let ambush: @Sendable (Int) -> Ambush?
  private let nodes: [NodeID]
  private var next: Ambush?
  private var number = 0
  private var passed = 0
  private var target: NodeID?
  private var strike = Nanoseconds.max
  private var inForce: (fault: ScheduledFault, target: NodeID, end: Nanoseconds)?

  /// - Parameter ambush: The ambush of a number from 0 on; nothing where there are no more.
  public init(nodes: [NodeID], _ ambush: @escaping @Sendable (Int) -> Ambush?) {
    self.nodes = nodes
    self.ambush = ambush
    next = ambush(0)
  }

  /// When something is due next, as far as is known.
  public var due: Nanoseconds { min(strike, inForce?.end ?? .max) }

  /// Notes that a node reached a mark.
  public mutating func note(
    _ mark: String, by node: NodeID, isLeader: Bool, at now: Nanoseconds
  ) {
    guard let next, target == nil else { return }
    switch next.trigger {
    case .mark(let label): guard label == mark else { return }
    case .leadersMark: guard isLeader else { return }
    case .anyMark: break
    }
    guard passed == next.passes else {
      passed += 1
      return
    }
    target = node
    strike = now + next.delay
  }

  /// What is due: the end of a fault, and the next one.
  public mutating func takeDue(at now: Nanoseconds) -> [ScheduledFault] {
    var faults: [ScheduledFault] = []
    if let last = inForce, last.end <= now { faults += end(of: last.fault, last.target) }
    if let ambush = next, let target, strike <= now {
      let fault = ambush.aimed(at: target, of: nodes)
      // A cut takes the place of the one before it.
      if let last = inForce, last.fault.family != fault.family || fault.family.strikesProcesses {
        faults += end(of: last.fault, last.target)
      }
      faults.append(fault)
      inForce = (fault, target, ambush.duration.map { now + $0 } ?? .max)
      number += 1
      next = self.ambush(number)
      passed = 0
      self.target = nil
      strike = .max
    }
    for place in faults.indices { faults[place].time = now }
    return faults
  }

  private mutating func end(of fault: ScheduledFault, _ target: NodeID) -> [ScheduledFault] {
    inForce = nil
    // Whom a fault struck that was meant for nodes in a role is not known here.
    let struck = fault.aim != .drawn ? nodes : fault.fault.nodes ?? [target]
    return FaultSchedule.healing([fault.family], nodes: struck)
  }
}

extension Ambush {
  fileprivate func aimed(at node: NodeID, of nodes: [NodeID]) -> ScheduledFault {
    guard isAimed, let aimed = fault.fault.aimed(at: node, of: nodes) else { return fault }
    var fault = fault
    fault.fault = aimed
    fault.aim = .drawn
    return fault
  }
}

extension Fault {
  /// The same done to one node, or to all of its links; nothing where this mends.
  fileprivate func aimed(at node: NodeID, of nodes: [NodeID]) -> Fault? {
    switch self {
    case .cut: .cut(Grudges.complete([[node], nodes.filter { $0 != node }]))
    case .disturb(let disturbance, _):
      .disturb(disturbance, Grudges.touching([node], of: nodes))
    case .kill(let ending, _): .kill(ending, [node])
    case .pause: .pause([node])
    case .disk(let fault, _): .disk(fault, [node])
    case .limit(let limit, _): .limit(limit, [node])
    case .skew(let changes): changes.min { $0.key < $1.key }.map { .skew([node: $0.value]) }
    case .mend, .restart, .resume, .mendDisks, .calm, .resetClocks, .unlimit: nil
    }
  }

  /// The nodes that it strikes, where it strikes nodes.
  package var nodes: [NodeID]? {
    switch self {
    case .kill(_, let nodes), .disk(_, let nodes), .pause(let nodes), .limit(_, let nodes): nodes
    default: nil
    }
  }
}
