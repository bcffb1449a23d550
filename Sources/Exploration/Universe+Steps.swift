public import Nodes
public import Values

/// A node while it handles one event, and what has left it so far.
@usableFromInline
struct LocalRun<N: Node> {
  @usableFromInline var process: ExploredProcess<N>
  @usableFromInline var sends: [UInt32] = []
  @usableFromInline var clientEvents: [UInt32] = []
  @usableFromInline var marks: UInt32 = 0
  @usableFromInline var violation: Int32 = -1
  /// What the node's own choices were answered.
  @usableFromInline var answers: [Int] = []
  /// What storage has to tell the node next.
  @usableFromInline var completions: [(Token, StorageResult)] = []
  /// Where it may have crashed: what had left it by then, and its disk.
  @usableFromInline var crashes: [Crash] = []

  @usableFromInline
  struct Crash {
    @usableFromInline var sendCount: Int
    @usableFromInline var clientEventCount: Int
    @usableFromInline var marks: UInt32
    @usableFromInline var disk: ExploredDisk

    @inlinable
    init(sendCount: Int, clientEventCount: Int, marks: UInt32, disk: ExploredDisk) {
      self.sendCount = sendCount
      self.clientEventCount = clientEventCount
      self.marks = marks
      self.disk = disk
    }
  }

  @inlinable
  init(_ process: ExploredProcess<N>) { self.process = process }
}

extension Universe {
  @inlinable
  func outcomes(
    of process: UInt32, on event: UInt32
  ) throws(ExplorationError) -> [LocalOutcome] {
    let place = places[Int(process)]
    let before = processes[Int(process)]
    if event == EventNumber.crash { return crashes(of: before, at: place) }
    var outcomes: [LocalOutcome] = []
    for run in try runs(of: before, at: place, on: event) {
      let after = number(of: run.process, at: place)
      var outcome = LocalOutcome(process: after, witness: after)
      outcome.sends = run.sends
      outcome.clientEvents = run.clientEvents
      outcome.marks = run.marks
      outcome.violation = run.violation
      outcome.answers = run.answers
      outcome.isBeyond = !settings.isWithin(run.process.node)
      outcome.isChanged =
        processFacts[Int(after)].node != processFacts[Int(process)].node
        || event == EventNumber.restart
      outcomes.append(outcome)
      guard followsDisks, !outcome.isBeyond else { continue }
      for (effectCount, crash) in run.crashes.enumerated() {
        outcomes += crashed(outcome, crash, after: effectCount, at: place)
      }
    }
    return outcomes
  }

  /// What is left of a node that crashes while nothing happens to it.
  @inlinable
  func crashes(of process: ExploredProcess<N>, at place: Int) -> [LocalOutcome] {
    let loss = number(of: .crashes(NodeID(place)))
    return process.disk.afterCrash().map { left in
      let crashed = ExploredProcess<N>(settings.nodes[place], disk: left.disk, isUp: false)
      let after = number(of: crashed, at: place)
      var outcome = LocalOutcome(process: after, witness: after)
      outcome.clientEvents = [loss]
      outcome.crash = CrashPoint(keptCount: left.keptCount, isTorn: left.isTorn)
      return outcome
    }
  }

  @inlinable
  func crashed(
    _ whole: LocalOutcome, _ crash: LocalRun<N>.Crash, after effectCount: Int, at place: Int
  ) -> [LocalOutcome] {
    let loss = number(of: .crashes(NodeID(place)))
    return crash.disk.afterCrash().map { left in
      let process = ExploredProcess<N>(settings.nodes[place], disk: left.disk, isUp: false)
      var outcome = LocalOutcome(process: number(of: process, at: place), witness: whole.process)
      outcome.sends = Array(whole.sends.prefix(crash.sendCount))
      outcome.clientEvents = whole.clientEvents.prefix(crash.clientEventCount) + [loss]
      outcome.marks = crash.marks
      outcome.violation = whole.violation
      outcome.answers = whole.answers
      outcome.crash = CrashPoint(
        effectCount: effectCount, keptCount: left.keptCount, isTorn: left.isTorn)
      outcome.isChanged = whole.isChanged
      return outcome
    }
  }

  /// Every way in which a node can handle an event: one for each sequence of answers to its choices.
  @inlinable
  func runs(
    of process: ExploredProcess<N>, at place: Int, on event: UInt32
  ) throws(ExplorationError) -> [LocalRun<N>] {
    var runs: [LocalRun<N>] = []
    var answers: [Int] = []
    while true {
      var (run, bounds) = try run(process, at: place, on: event, answers)
      while answers.count < bounds.count { answers.append(0) }
      run.answers = answers
      runs.append(run)
      // The next sequence, as an odometer turns.
      while let last = answers.last, last + 1 >= bounds[answers.count - 1] { answers.removeLast() }
      guard let last = answers.popLast() else { return runs }
      answers.append(last + 1)
    }
  }

  @inlinable
  func run(
    _ process: ExploredProcess<N>, at place: Int, on event: UInt32, _ answers: [Int]
  ) throws(ExplorationError) -> (LocalRun<N>, bounds: [Int]) {
    var run = LocalRun(process)
    var context = Context<N>(choices: Choices(answers: answers))
    let happening = self.event(event, &run.process, at: place)
    noteCrashPoint(&run)
    run.process.node.handle(happening, &context)
    try execute(context.effects, of: place, &run)
    // Storage answers at once, until the node has no more to ask of it.
    while !run.completions.isEmpty {
      let (token, result) = run.completions.removeFirst()
      context.effects.removeAll()
      run.process.node.handle(.completed(token, result), &context)
      try execute(context.effects, of: place, &run)
    }
    return (run, context.choices.bounds)
  }

  /// The event that a number stands for, which changes what surrounds the node.
  @inlinable
  func event(
    _ number: UInt32, _ process: inout ExploredProcess<N>, at place: Int
  ) -> Event<N> {
    if number < EventNumber.timer {
      let message = messages[Int(number)]
      return .message(from: message.source, message.message)
    }
    if number < EventNumber.request {
      let timer = Int(number - EventNumber.timer)
      process.timers[timer] = .off
      return .timer(timerCases[timer])
    }
    if number < EventNumber.restart {
      let (client, call) = ExploredRequest.parts(of: number)
      let id = RequestID(client: client, number: call)
      process.requests = (process.requests + [id]).sorted()
      return .request(id, settings.script[client][call].request)
    }
    process = ExploredProcess(settings.nodes[place], disk: process.disk, isUp: true)
    var files: [String: [UInt8]] = [:]
    for (file, bytes) in zip(fileCases, process.disk.durable) where !bytes.isEmpty {
      files[file.rawValue] = bytes
    }
    return .start(SurvivingFiles(files))
  }

  @inlinable
  func noteCrashPoint(_ run: inout LocalRun<N>) {
    guard followsDisks else { return }
    run.crashes.append(
      .init(
        sendCount: run.sends.count, clientEventCount: run.clientEvents.count, marks: run.marks,
        disk: run.process.disk))
  }

  @inlinable
  func execute(
    _ effects: [Effect<N>], of place: Int, _ run: inout LocalRun<N>
  ) throws(ExplorationError) {
    for effect in effects {
      switch effect {
      case .send(let peer, let message):
        guard settings.nodes.indices.contains(peer.index) else { continue }
        let sent = number(of: SentMessage(message, from: NodeID(place), to: peer))
        if settings.network != .set || !run.sends.contains(sent) { run.sends.append(sent) }
      case .reply(let id, let reply):
        guard let known = run.process.requests.firstIndex(of: id) else { continue }
        run.process.requests.remove(at: known)
        run.clientEvents.append(number(of: .isAnswered(id, reply)))
      case .call(let service, _, _):
        throw ExplorationError(
          "a node calls the service \(service.rawValue), which is not explored")
      case .setTimer(let timer, let delays):
        run.process.timers[self.place(timer)] = delays.upperBound <= 0 ? .due : .armed
        continue
      case .cancelTimer(let timer):
        run.process.timers[self.place(timer)] = .off
        continue
      case .store(let file, let operation): try store(operation, self.place(file), &run)
      case .sync(let token):
        run.process.disk.sync()
        if let token { run.completions.append((token, .done)) }
      case .mark(let mark):
        note(mark, of: place, &run)
        continue
      case .log: continue
      }
      noteCrashPoint(&run)
    }
  }

  @inlinable
  func store(
    _ operation: StorageOperation, _ file: Int, _ run: inout LocalRun<N>
  ) throws(ExplorationError) {
    if case .read(let range, let token) = operation {
      guard followsDisks else {
        throw ExplorationError("a node reads its files, which are followed only with crashes")
      }
      let bytes = run.process.disk.contents(of: file)
      run.completions.append((token, .bytes(Array(bytes[range.clamped(to: bytes.indices)]))))
    } else if followsDisks {
      run.process.disk.unsynced.append(.init(file: file, operation: operation))
    }
  }

  @inlinable
  func note(_ mark: Mark, of place: Int, _ run: inout LocalRun<N>) {
    if mark.isViolation {
      run.violation = note(
        Violation(
          mark.label,
          mark.kind == .unreachable
            ? "a place was reached that must never be"
            : "a condition did not hold that always must",
          nodes: [NodeID(place)]))
    } else if mark.kind == .sometimes && mark.holds {
      reached.insert(mark.label)
      for (bit, label) in settings.eventually.enumerated() where label == mark.label {
        run.marks |= 1 << UInt32(bit)
      }
    }
  }

  @inlinable
  func place(_ timer: N.Timer) -> Int { timerCases.firstIndex(of: timer) ?? 0 }

  @inlinable
  func place(_ file: N.File) -> Int { fileCases.firstIndex(of: file) ?? 0 }

  // MARK: The start

  @inlinable
  func initialStates() throws(ExplorationError) -> [InitialState] {
    var states = [InitialState()]
    for place in settings.nodes.indices {
      let disk = ExploredDisk(fileCount: fileCases.count)
      let down = ExploredProcess<N>(settings.nodes[place], disk: disk, isUp: false)
      let runs = try runs(of: down, at: place, on: EventNumber.restart)
      states = states.flatMap { state in
        runs.map { run in
          var state = state
          state.processes.append(number(of: run.process, at: place))
          for sent in run.sends where settings.network != .set || !state.sends.contains(sent) {
            state.sends.append(sent)
          }
          state.marks |= run.marks
          if run.violation >= 0 { state.violation = run.violation }
          return state
        }
      }
    }
    for place in states.indices {
      for changed in states[place].processes.indices where states[place].violation < 0 {
        // What starts later is down yet.
        let seen = states[place].processes
        (states[place].memory, states[place].violation) = memory(
          states[place].memory, after: changed, in: seen)
      }
    }
    return states
  }
}

/// The number of a client's request as an event.
@usableFromInline
enum ExploredRequest {
  /// The most calls of one client, and the most clients.
  @usableFromInline static let limit = 1 << 12

  @inlinable
  static func number(client: Int, call: Int) -> UInt32 {
    EventNumber.request | UInt32(client) << 12 | UInt32(call)
  }

  @inlinable
  static func parts(of number: UInt32) -> (client: Int, call: Int) {
    let parts = number & 0x0fff_ffff
    return (Int(parts >> 12), Int(parts & 0xfff))
  }
}
