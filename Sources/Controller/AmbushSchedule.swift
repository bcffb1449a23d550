import Environments
package import Nemeses
package import Values

/// A fault that lies in wait: it strikes the node that reaches a mark, a while after it does.
package struct Ambush: Hashable, Sendable {
  /// The mark's label.
  package var mark: String
  package var delay: Nanoseconds
  /// What is done, to whichever nodes.
  package var fault: ScheduledFault

  package init(mark: String, delay: Nanoseconds, fault: ScheduledFault) {
    self.mark = mark
    self.delay = delay
    self.fault = fault
  }
}

/// A mark that a node reached, and when in the run's time.
struct MarkSighting: Hashable, Sendable {
  var time: Nanoseconds
  var label: String
  /// Whether the node took itself for a leader then.
  var isPrimary: Bool
}

/// Ambushes one after the other: each ends what the one before it did.
package struct AmbushSchedule: Sendable {
  private let ambushes: [Ambush]
  private let nodes: [NodeID]
  private var next = 0
  private var target: NodeID?
  private var inForce: (fault: ScheduledFault, target: NodeID)?
  /// When the next fault is due.
  package private(set) var due = Nanoseconds.max

  package init(_ ambushes: [Ambush], nodes: [NodeID]) {
    self.ambushes = ambushes
    self.nodes = nodes
  }

  package mutating func note(_ mark: String, by node: NodeID, at now: Nanoseconds) {
    guard next < ambushes.count, target == nil, ambushes[next].mark == mark else { return }
    target = node
    due = now + ambushes[next].delay
  }

  /// What is due: the end of the last fault and the next fault.
  package mutating func takeDue(at now: Nanoseconds) -> [ScheduledFault] {
    guard let target, due <= now else { return [] }
    var fault = ambushes[next].fault
    next += 1
    due = .max
    self.target = nil
    guard let aimed = fault.fault.aimed(at: target, of: nodes) else { return [] }
    fault.fault = aimed
    fault.aimsAtPrimaries = false
    defer { inForce = (fault, target) }
    // A cut takes the place of the one before it.
    guard let last = inForce, last.fault.family != fault.family || fault.family.strikesProcesses,
      let end = FaultSchedule.healing([last.fault.family], nodes: [last.target]).first
    else { return [fault] }
    return [end, fault]
  }
}
