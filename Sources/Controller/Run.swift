public import Environments
import Generators
public import Histories
import Nemeses
import Nodes
public import Values
import Verdicts
import Workloads

/// The life of one test in one environment: set up, drive, break, heal, record.
///
/// It is the thin shell around the ``Driver``: it lets the environment's time pass, hands over what
/// happened, carries out what the driver wants, and writes every line of the history before it waits
/// again, so that a controller that is killed loses at most what was in flight.
public struct Run {
  let environment: any Environment
  private var driver: Driver
  private var journal: any RunJournal
  /// How many lines of the history the journal has.
  private var journaledCount = 0
  /// What was done to the cluster, in order.
  public private(set) var faults: [AppliedFault] = []
  /// The marks that nodes reached, where the environment tells.
  private(set) var sightings: [MarkSighting] = []
  private var recorder: CoverageRecorder
  /// Which situations the faults brought about.
  public var coverage: FaultCoverage { recorder.coverage }
  /// What went wrong beside the operations' outcomes.
  public var problems: [Problem] { reported + driver.problems }
  private var reported: [Problem] = []
  /// How many faults were meant for nodes in a role when nobody was known to lead, and struck those
  /// that were drawn.
  private(set) var unaimed = 0
  /// When the run was asked to end before its time.
  private(set) var interruption: Nanoseconds?
  /// Whether progress was demanded, and the run shows neither that it was made nor that it was not.
  var leavesProgressOpen: Bool { driver.leavesProgressOpen }
  /// What ambushes did, and when.
  var ambushed: [ScheduledFault] { driver.faults.ambushed }
  /// When the main phase began, in the environment's time.
  var began: Nanoseconds { driver.start }
  /// All lines of the history so far.
  public var operations: [Operation] { driver.operations }
  private let interrupted: @Sendable () -> Bool
  private let watch: (Progress, Nanoseconds) -> Void

  /// - Parameters:
  ///   - interrupted: Asked now and then; once it says yes, the run heals and ends.
  ///   - watch: Told of the progress now and then, with the time.
  public init(
    _ environment: any Environment, driver: Driver, journal: any RunJournal,
    interrupted: @escaping @Sendable () -> Bool = { false },
    watch: @escaping (Progress, Nanoseconds) -> Void = { _, _ in }
  ) {
    self.environment = environment
    self.driver = driver
    self.journal = journal
    self.interrupted = interrupted
    self.watch = watch
    recorder = CoverageRecorder(environment.names.nodes)
  }

  /// Drives the environment, which has been started, until the test is over.
  ///
  /// - Throws: When the environment fails or the journal can't be written; what was recorded until
  ///   then is on disk and in ``operations``.
  public mutating func drive() throws {
    var actions: [Driver.Action] = []
    while true {
      driver.step(at: environment.now, into: &actions)
      // Carrying out an action can complete operations, which can set free threads for others.
      try perform(&actions)
      try record()
      try noteStuck()
      if driver.isFinished {
        try environment.confirm()
        break
      }
      if interrupted() {
        interruption = interruption ?? max(0, environment.now - driver.start)
        driver.interrupt()
      }
      let deadline = min(driver.nextWake, environment.now + Run.longestWait)
      for event in try environment.advance(until: deadline) {
        try take(event, into: &actions)
      }
      try perform(&actions)
      watch(driver.progress, environment.now)
    }
  }

  /// How long the environment is left alone at most, so that progress and ^C are seen to.
  static let longestWait = Nanoseconds.milliseconds(100)

  private mutating func perform(_ actions: inout [Driver.Action]) throws {
    let due = actions
    actions.removeAll(keepingCapacity: true)
    for action in due {
      switch action {
      case .submit(let request, let id, let node): environment.submit(request, as: id, to: node)
      case .log(let text): try journal.log(text)
      case .apply(let fault):
        let primaries = environment.primaries
        if fault.aim != .drawn, fault.breaks, primaries.isEmpty { unaimed += 1 }
        let fault = fault.resolved(primaries: primaries, of: environment.names.nodes)
        if fault.breaks { recorder.look(at: environment) }
        let report = environment.apply(fault.fault)
        recorder.note(fault, report)
        let applied = AppliedFault(
          time: environment.now - driver.start, fault: fault, report: report)
        faults.append(applied)
        driver.applied(
          fault, value: applied.value(environment.names), at: environment.now)
        try journal.note(applied)
      }
    }
  }

  private mutating func take(
    _ event: EnvironmentEvent, into actions: inout [Driver.Action]
  ) throws {
    let now = environment.now
    switch event {
    case .replied(let id, let reply, let node):
      driver.replied(id, reply, from: node, at: now, into: &actions)
    case .malformedReply(let id, let node, let problem, let line):
      driver.malformed(id, from: node, problem: problem, line: line, at: now)
    case .oddReply(let node, let problem, let line):
      reported.append(.oddReply(node, problem: problem, line: line))
    case .garbage(let node, let line): reported.append(.garbage(node, line: line))
    case .died(let node, let status, let lastLines):
      reported.append(.died(node, status: status, lastLines: lastLines))
    case .marked(let node, let mark):
      let isLeader = environment.primaries.contains(node)
      driver.marked(mark.label, by: node, isLeader: isLeader, at: now)
      sightings.append(MarkSighting(label: mark.label, isLeader: isLeader))
    case .settled(let fault, let report):
      let applied = AppliedFault(
        time: now - driver.start,
        fault: ScheduledFault(
          time: now - driver.start, family: fault.family, f: "settled", fault: fault),
        report: report, isAfterwards: true)
      faults.append(applied)
      try journal.note(applied)
    case .violated(let violation):
      reported.append(.violated(violation.invariant, explanation: violation.explanation))
    }
  }

  /// Asks why a quorum makes no progress, where it makes none.
  private mutating func noteStuck() throws {
    let stuck = driver.takeStuck()
    guard !stuck.isEmpty, let liveness = driver.settings.liveness else { return }
    try environment.confirm()
    let conditions = liveness.quorum.map { environment.condition(of: $0) }
    let report = StuckQuorum(
      quorum: liveness.quorum, stuck: stuck, conditions: conditions, bound: liveness.bound)
    reported.append(.noProgress(report))
  }

  private mutating func record() throws {
    guard driver.operations.count > journaledCount else { return }
    try journal.record(driver.operations[journaledCount...])
    journaledCount = driver.operations.count
  }
}

/// Where a run writes what happens, as it happens.
public protocol RunJournal {
  mutating func record(_ operations: ArraySlice<Operation>) throws
  mutating func note(_ fault: AppliedFault) throws
  mutating func log(_ text: String) throws
}

/// A journal of runs that leave nothing behind: simulations can be run again.
public struct NoJournal: RunJournal {
  public init() {}
  public mutating func record(_ operations: ArraySlice<Operation>) {}
  public mutating func note(_ fault: AppliedFault) {}
  public mutating func log(_ text: String) {}
}
