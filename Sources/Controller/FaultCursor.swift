import Environments
import Nemeses
import Values

/// A place in a schedule of faults, and which faults are in force there.
struct FaultCursor: Sendable {
  /// Faults by time since the main phase began, in order.
  private let schedule: [ScheduledFault]
  private var next = 0
  private var start: Nanoseconds = 0
  private var isHealed = false
  /// The families of faults that are in force, in the order in which they began.
  private(set) var inForce: [FaultFamily] = []
  /// The families of faults of processes that began at some time: whom one of them struck may be down
  /// though it has ended, where another family, which was meant for the primaries, had struck it before.
  private var struck: [FaultFamily] = []

  /// Faults that lie in wait, in place of a schedule.
  private var ambushes: AmbushSchedule?
  /// What these did, and when.
  private(set) var ambushed: [ScheduledFault] = []

  init(_ schedule: [ScheduledFault], ambushes: AmbushSchedule? = nil) {
    self.schedule = schedule
    self.ambushes = ambushes
  }

  /// Notes that a node reached a mark.
  mutating func note(_ mark: String, by node: NodeID, isLeader: Bool, at now: Nanoseconds) {
    ambushes?.note(mark, by: node, isLeader: isLeader, at: now)
  }

  mutating func start(at time: Nanoseconds) { start = time }

  /// When the last fault began or ended.
  private var lastChange: Nanoseconds?

  /// How long a node may take to come back after a fault ended.
  static let recoveryTime = Nanoseconds.seconds(1)

  /// Whether no fault is in force, and none was so recently that a node may still be coming back.
  func isCalm(at now: Nanoseconds) -> Bool {
    inForce.isEmpty && lastChange.map { now - $0 >= FaultCursor.recoveryTime } ?? true
  }

  /// When the next fault is due.
  var nextTime: Nanoseconds? {
    next < schedule.count ? start + schedule[next].time : ambushes?.due
  }

  /// What ambushes do now.
  mutating func takeAmbushes(at now: Nanoseconds) -> [ScheduledFault] {
    var faults = ambushes?.takeDue(at: now) ?? []
    for place in faults.indices { faults[place].time -= start }
    ambushed += faults
    return faults
  }

  mutating func takeDue(at now: Nanoseconds) -> ScheduledFault? {
    guard next < schedule.count, start + schedule[next].time <= now else { return nil }
    defer { next += 1 }
    return schedule[next]
  }

  /// Notes that a fault was applied.
  mutating func note(_ fault: ScheduledFault, at now: Nanoseconds) {
    lastChange = now
    inForce.removeAll { $0 == fault.family }
    guard fault.breaks else { return }
    inForce.append(fault.family)
    if fault.family.strikesProcesses, !struck.contains(fault.family) { struck.append(fault.family) }
  }

  /// Has what is broken from now on be mended once more.
  mutating func expectMore() { isHealed = false }

  /// What mends all that the schedule broke; nothing when asked again.
  mutating func takeHealing(of nodes: [NodeID], at now: Nanoseconds) -> [ScheduledFault] {
    guard !isHealed else { return [] }
    isHealed = true
    next = schedule.count
    ambushes = nil
    return FaultSchedule.healing(inForce + struck, nodes: nodes, at: now - start)
  }
}
