import Environments
public import Generators
public import Histories
public import Nemeses
public import Nodes
public import Values
import Workloads

/// Drives a cluster: asks the generator what to do, has clients do it on threads, has faults
/// injected on schedule, heals, and reads the final state.
///
/// It does no I/O and knows no clock. Its host tells it the time and what happened, carries out its
/// ``Action``s, and writes what it recorded to the history; so the one machine drives simulated time
/// and real time. Thread *t* talks to node *t* mod *n* and starts as process *t*; after an operation
/// that ended indeterminately it goes on as process *p* + concurrency, as another client.
public struct Driver: Sendable {
  /// What the host must do.
  public enum Action: Hashable, Sendable {
    case submit(Request, RequestID, NodeID)
    case apply(ScheduledFault)
    case log(String)
  }

  enum Phase: Hashable, Sendable {
    case setup
    case main
    /// Nothing new is invoked; what is outstanding ends or times out.
    case draining
    case settling
    /// The system is left alone before the final operations.
    case recovering(until: Nanoseconds)
    /// The final operations are invoked.
    case finishing(deadline: Nanoseconds)
    /// No more final operations; those that are outstanding end or time out.
    case closing
    case done
  }

  let settings: DriverSettings
  var phase = Phase.setup
  var now: Nanoseconds = 0
  /// When the main phase began: the generator's time and the schedule's count from there.
  private(set) var start: Nanoseconds = 0
  var context: GeneratorContext
  var generator: any Generator
  var threads: [ClientThread]
  /// Deadlines of outstanding requests, in ascending order, for every time-out is as long.
  var deadlines = DeadlineQueue()
  /// Threads that sleep, and until when.
  var sleepers: [(thread: Int, until: Nanoseconds)] = []
  /// When the generator wants to be asked again.
  var generatorWake: Nanoseconds?
  var faults: FaultCursor
  private var liveness: Liveness?
  /// The nodes that made no progress when it was due, until the host has asked.
  private var stuck: [NodeID] = []
  var setup: SetupRounds
  var final: FinalPhase

  /// All lines of the history so far.
  public private(set) var operations: [Operation] = []
  /// What went wrong beside the operations' outcomes.
  public internal(set) var problems: [Problem] = []
  /// Counts for live progress.
  public private(set) var progress = Progress()

  public init(_ settings: DriverSettings, generator: any Generator, schedule: [ScheduledFault]) {
    self.settings = settings
    self.generator = generator
    context = GeneratorContext(
      concurrency: settings.concurrency, turn: Draws(seed: settings.seed, stream: 0x7475_726e).key)
    threads = (0..<settings.concurrency).map { thread in
      ClientThread(
        process: thread, node: NodeID(thread % settings.nodes.count),
        client: settings.makeClient())
    }
    faults = FaultCursor(schedule, ambushes: settings.ambushes)
    liveness = settings.liveness
    setup = SetupRounds(requests: settings.workload.setup, nodes: settings.nodes)
    final = FinalPhase(nodes: settings.nodes, deadline: settings.finalTimeLimit)
  }

  public var isFinished: Bool { phase == .done }

  /// When the host must call ``step(at:into:)`` again, if nothing happens before.
  public var nextWake: Nanoseconds {
    var wake = Nanoseconds.max
    if let deadline = deadlines.first { wake = min(wake, deadline) }
    for sleeper in sleepers { wake = min(wake, sleeper.until) }
    switch phase {
    case .setup: wake = min(wake, setup.deadline)
    case .main:
      if let generatorWake { wake = min(wake, generatorWake) }
      if let fault = faults.nextTime { wake = min(wake, fault) }
      if let demand = liveness?.nextTime { wake = min(wake, start + demand) }
    case .settling: wake = min(wake, final.nextWake)
    case .recovering(let until): wake = min(wake, until)
    case .finishing(let deadline):
      wake = min(wake, deadline)
      if let generatorWake { wake = min(wake, generatorWake) }
    case .draining, .closing, .done: break
    }
    return wake
  }

  /// Does all that is due at a time; what the host must do is appended to `actions`.
  public mutating func step(at time: Nanoseconds, into actions: inout [Action]) {
    now = time
    context.time = max(0, time - start)
    expire(into: &actions)
    switch phase {
    case .setup: stepSetup(into: &actions)
    case .main: stepMain(into: &actions)
    case .draining: stepDraining(into: &actions)
    case .settling: stepSettling(into: &actions)
    case .recovering(let until): stepRecovering(until, into: &actions)
    case .finishing(let deadline): stepFinishing(deadline, into: &actions)
    case .closing: stepClosing()
    case .done: break
    }
  }

  /// Ends the main phase now, as when the user interrupts: faults are healed, the rest is judged.
  public mutating func interrupt() {
    switch phase {
    case .setup: phase = .done
    case .main: phase = .draining
    case .recovering, .finishing: phase = .closing
    case .draining, .settling, .closing, .done: break
    }
    final.isInterrupted = true
  }
}

// MARK: - Phases

extension Driver {
  private mutating func stepSetup(into actions: inout [Action]) {
    setup.step(at: now, timeout: settings.timeout, into: &actions)
    if let refusal = setup.refusal {
      problems.append(.setupRefused(refusal.node, reply: Value.map(refusal.reply.body).json))
      phase = .done
    } else if let silent = setup.silentNodes(at: now) {
      problems.append(.setupUnanswered(silent))
      phase = .done
    } else if setup.isComplete {
      phase = .main
      start = now
      context.time = 0
      faults.start(at: now)
      stepMain(into: &actions)
    }
  }

  private mutating func stepMain(into actions: inout [Action]) {
    while let fault = faults.takeDue(at: now) { actions.append(.apply(fault)) }
    for fault in faults.takeAmbushes(at: now) { actions.append(.apply(fault)) }
    guard !demandProgress(into: &actions), offer(into: &actions) else {
      phase = .draining
      return stepDraining(into: &actions)
    }
  }

  /// Leaves a quorum alone when the faults are over, and looks whether it gets on.
  ///
  /// - Returns: Whether the demand was met or has run out of time, so that the main phase is over.
  private mutating func demandProgress(into actions: inout [Action]) -> Bool {
    guard let demand = liveness, !demand.isOver else { return false }
    if !demand.isDemanding, context.time >= demand.begin {
      liveness?.start()
      for fault in faults.takeHealing(of: settings.nodes, at: now) { actions.append(.apply(fault)) }
      guard !demand.others.isEmpty else { return false }
      // Mended when the main phase is over, like any fault.
      faults.expectMore()
      actions.append(
        .apply(
          ScheduledFault(
            time: context.time, family: .kill, f: "kill", fault: .kill(demand.others))))
    } else if demand.isDemanding, demand.isMet || context.time >= demand.begin + demand.bound {
      liveness?.end()
      stuck = demand.stuck
      return true
    }
    return false
  }

  /// Whether progress was demanded, and the run shows neither that it was made nor that it was not.
  var leavesProgressOpen: Bool { liveness.map { !$0.isDecided } ?? false }

  /// The nodes of a quorum that made no progress, once.
  mutating func takeStuck() -> [NodeID] {
    defer { stuck = [] }
    return stuck
  }

  /// Dispatches what the generator offers, until it offers nothing more for now.
  ///
  /// - Returns: Whether the generator may have more.
  private mutating func offer(into actions: inout [Action]) -> Bool {
    generatorWake = nil
    while true {
      var asked = generator
      switch asked.next(context) {
      case .exhausted: return false
      case .pending:
        generatorWake = context.idle.isEmpty ? nil : now + settings.pollInterval
        return true
      case .invocation(let invocation):
        guard invocation.time <= context.time else {
          generatorWake = invocation.time + start
          return true
        }
        generator = asked
        dispatch(invocation, into: &actions)
      }
    }
  }

  private mutating func stepDraining(into actions: inout [Action]) {
    for fault in faults.takeHealing(of: settings.nodes, at: now) { actions.append(.apply(fault)) }
    guard threads.allSatisfy({ $0.pending == nil }) else { return }
    guard !final.isInterrupted else {
      phase = .done
      return
    }
    switch settings.workload.finalPhase {
    case .none: phase = .done
    case .reads:
      phase = .settling
      final.start(at: now, firstProcess: freshProcess())
      stepSettling(into: &actions)
    case .generator(let recovery, _, _):
      phase = .recovering(until: now + recovery)
      stepRecovering(now + recovery, into: &actions)
    }
  }

  private mutating func stepRecovering(_ until: Nanoseconds, into actions: inout [Action]) {
    guard now >= until,
      case .generator(_, let timeLimit, let make) = settings.workload.finalPhase
    else { return }
    generator = make(operations).onClients()
    phase = .finishing(deadline: now + timeLimit)
    stepFinishing(now + timeLimit, into: &actions)
  }

  private mutating func stepFinishing(_ deadline: Nanoseconds, into actions: inout [Action]) {
    guard now >= deadline || !offer(into: &actions) else { return }
    phase = .closing
    stepClosing()
  }

  private mutating func stepClosing() {
    guard threads.allSatisfy({ $0.pending == nil }) else { return }
    phase = .done
  }

  /// A process number that no client has had, and none will have.
  private func freshProcess() -> Int {
    let highest = threads.map(\.process).max() ?? 0
    return (highest / settings.concurrency + 2) * settings.concurrency
  }

  private mutating func stepSettling(into actions: inout [Action]) {
    guard case .reads(let f) = settings.workload.finalPhase, !final.isInterrupted else {
      phase = .done
      return
    }
    if final.roundIsOver,
      final.hasSettled(accepts: { settings.workload.accepts(finalReads: $0, after: operations) })
    {
      phase = .done
    }
    if final.isOver(at: now) { phase = .done }
    guard phase == .settling, final.mustRead(at: now) else { return }
    final.beginRound(at: now)
    for node in settings.nodes { beginFinalRead(f, of: node, into: &actions) }
  }
}

// MARK: - Operations

extension Driver {
  /// Begins an operation that a generator offered.
  private mutating func dispatch(_ invocation: Invocation, into actions: inout [Action]) {
    context.turn &+= 1
    switch invocation.action {
    case .log(let text): actions.append(.log(text))
    case .sleep(let duration):
      sleepers.append((invocation.thread, now + duration))
      context.idle.remove(invocation.thread)
    case .call:
      context.idle.remove(invocation.thread)
      begin(
        invocation.f, invocation.value, invocation.extra, thread: invocation.thread,
        into: &actions)
    }
  }

  private mutating func begin(
    _ f: String, _ value: Value, _ extra: ValueMap, thread: Int, into actions: inout [Action]
  ) {
    let operation = Operation(
      time: now, type: .invoke, process: .client(threads[thread].process), f: f, value: value,
      extra: extra)
    record(operation)
    progress.invoked += 1
    generator.update(operation, thread: thread, context)
    liveness?.ask(threads[thread].node, at: context.time)
    threads[thread].pending = PendingOperation(
      f: f, value: value, extra: extra, invoked: now, isCalm: faults.isCalm(at: now))
    follow(threads[thread].client.begin(f, value, extra), thread: thread, into: &actions)
  }

  private mutating func follow(
    _ step: ClientStep, thread: Int, into actions: inout [Action]
  ) {
    switch step {
    case .complete(let completion): complete(thread, completion)
    case .ask(let request):
      threads[thread].requestNumber += 1
      let id = RequestID(
        client: threads[thread].process, number: threads[thread].requestNumber)
      deadlines.append(id, at: now + settings.timeout)
      threads[thread].request = request
      actions.append(.submit(request, id, threads[thread].node))
    }
  }

  /// A request as its client sent it.
  private func text(_ request: Request?, _ id: RequestID) -> String {
    guard var body = request?.body(settings.names) else { return "" }
    body[.string("msg_id")] = .integer(id.number)
    return Value.map(body).json
  }

  /// Takes a reply; one that nobody waits for any more is dropped.
  public mutating func replied(
    _ id: RequestID, _ reply: Reply, from node: NodeID, at time: Nanoseconds,
    into actions: inout [Action]
  ) {
    now = time
    context.time = max(0, time - start)
    if phase == .setup {
      setup.answered(id, reply)
    } else if let place = final.place(of: id) {
      finalReplied(place, reply)
    } else if let thread = waitingThread(for: id) {
      follow(threads[thread].client.receive(reply), thread: thread, into: &actions)
    }
  }

  /// Takes an answer that is no reply: nobody knows what became of the operation.
  public mutating func malformed(
    _ id: RequestID, from node: NodeID, problem: String, line: String, at time: Nanoseconds
  ) {
    now = time
    let thread = waitingThread(for: id)
    let place = final.place(of: id)
    let request =
      thread.flatMap { threads[$0].request } ?? place.flatMap { final.request(at: $0) }
      ?? (phase == .setup ? setup.request : nil)
    problems.append(
      .malformedReply(node, to: text(request, id), problem: problem, line: line))
    let completion = Completion(.info, error: .list(["malformed-reply", .string(problem)]))
    if let place { finish(place, completion) }
    if let thread { complete(thread, completion) }
  }

  private func waitingThread(for id: RequestID) -> Int? {
    guard settings.concurrency > 0 else { return nil }
    let thread = id.client % settings.concurrency
    let waits =
      threads[thread].process == id.client && threads[thread].requestNumber == id.number
      && threads[thread].pending != nil
    return waits ? thread : nil
  }

  private mutating func complete(_ thread: Int, _ completion: Completion) {
    guard let pending = threads[thread].pending else { return }
    threads[thread].pending = nil
    if let expected = completion.mismatch {
      let id = RequestID(
        client: threads[thread].process, number: threads[thread].requestNumber)
      problems.append(
        .mismatchedReply(
          threads[thread].node, to: text(threads[thread].request, id), expected: expected,
          found: completion.mismatchedBody))
    }
    let operation = Operation(
      time: now, type: completion.type, process: .client(threads[thread].process), f: pending.f,
      value: completion.value ?? pending.value, error: completion.error,
      extra: pending.extra.merging(completion.extra))
    record(operation)
    if completion.type == .ok {
      liveness?.answer(threads[thread].node, invoked: pending.invoked - start)
    }
    progress.count(completion.type, latency: now - pending.invoked)
    context.idle.insert(thread)
    if completion.type == .info {
      threads[thread].process += settings.concurrency
      threads[thread].requestNumber = 0
      threads[thread].client = settings.makeClient()
      context.processes[thread] = threads[thread].process
    }
    generator.update(operation, thread: thread, context)
  }

  /// Gives up what is overdue and wakes sleepers.
  private mutating func expire(into actions: inout [Action]) {
    while let id = deadlines.takeDue(at: now) {
      if let place = final.place(of: id) { finalTimedOut(place) }
      guard let thread = waitingThread(for: id), let pending = threads[thread].pending else {
        continue
      }
      if settings.workload.demandsReplies && pending.isCalm && faults.isCalm(at: now) {
        problems.append(.noReply(threads[thread].node, f: pending.f))
      }
      let isHarmless = settings.workload.failsOnTimeout(pending.f)
      complete(thread, Completion(isHarmless ? .fail : .info, error: "timeout"))
    }
    for sleeper in sleepers where sleeper.until <= now { context.idle.insert(sleeper.thread) }
    sleepers.removeAll { $0.until <= now }
  }

  mutating func record(_ operation: Operation) {
    var operation = operation
    operation.index = operations.count
    operations.append(operation)
  }

  /// Takes it that a node reached a mark.
  mutating func marked(_ mark: String, by node: NodeID, isLeader: Bool, at time: Nanoseconds) {
    now = time
    if phase == .main { faults.note(mark, by: node, isLeader: isLeader, at: time) }
  }

  /// Takes what an environment reported of a fault that it was told to apply.
  public mutating func applied(
    _ fault: ScheduledFault, value: Value, at time: Nanoseconds
  ) {
    now = time
    faults.note(fault, at: now)
    for thread in threads.indices { threads[thread].pending?.isCalm = false }
    progress.faultsInForce = faults.inForce
    let operation = Operation(
      time: time, type: .info, process: .nemesis, f: fault.f, value: value)
    record(operation)
    generator.update(operation, thread: context.nemesis, context)
  }
}
