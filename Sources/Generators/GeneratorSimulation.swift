public import Histories
public import Values

/// Runs a generator alone, against clients that only take time and answer, in virtual time.
///
/// The same generator and the same settings give the same steps. It shows what a generator would
/// do, for tests and for people who write workloads.
public struct GeneratorSimulation: Sendable {
  /// What the clients answer.
  public enum Answers: Hashable, Sendable {
    /// Every operation is `ok`, with its own value.
    case perfect
    /// Every operation is `info`, so that every process does one operation.
    case crashing
    /// Each thread's operations are `ok`, `fail` and `info` by turns.
    case imperfect
  }

  /// Something that a generator did or learned.
  public struct Step: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
      case operation(Operation)
      case sleep(Nanoseconds)
      case log(String)
    }

    public var time: Nanoseconds
    public var thread: Int
    public var content: Content

    /// The operation, where this is an invocation.
    public var invocation: Operation? {
      guard case .operation(let operation) = content, operation.type == .invoke else { return nil }
      return operation
    }
  }

  /// How a simulation ended.
  public enum End: Hashable, Sendable {
    case exhausted
    /// The generator was pending while nothing was under way that it could wait for.
    case stuck
    /// The bound on the number of operations was reached.
    case bounded
  }

  /// What a generator did.
  public struct Run: Hashable, Sendable {
    public var steps: [Step]
    public var end: End

    /// Its invocations in order.
    public var invocations: [Operation] { steps.compactMap(\.invocation) }
  }

  public var concurrency: Int
  public var answers: Answers
  /// How long every operation takes.
  public var latency: Nanoseconds
  /// After how many operations, sleeps and messages to stop asking.
  public var operationsMax: Int
  /// Changes which threads are chosen.
  public var seed: UInt64

  public init(
    concurrency: Int = 2, answers: Answers = .perfect, latency: Nanoseconds = 10,
    operationsMax: Int = 10_000, seed: UInt64 = 0
  ) {
    self.concurrency = concurrency
    self.answers = answers
    self.latency = latency
    self.operationsMax = operationsMax
    self.seed = seed
  }

  public func run(_ generator: any Generator) -> Run {
    var machine = Machine(self, generator)
    let end = machine.run()
    return Run(steps: machine.steps, end: end)
  }
}

/// The state of a simulated generator and its world.
private struct Machine {
  /// What a busy thread does: an operation, or a sleep where there is none.
  struct Work {
    var ends: Nanoseconds
    var thread: Int
    var operation: Operation?
  }

  let settings: GeneratorSimulation
  var generator: any Generator
  var context: GeneratorContext
  /// Sorted by when it ends; of equals the first begun comes first.
  var underway: [Work] = []
  var answered: [Int]
  var steps: [GeneratorSimulation.Step] = []

  init(_ settings: GeneratorSimulation, _ generator: any Generator) {
    self.settings = settings
    self.generator = generator
    context = GeneratorContext(concurrency: settings.concurrency, turn: mixed(settings.seed))
    answered = Array(repeating: 0, count: settings.concurrency + 1)
  }

  mutating func run() -> GeneratorSimulation.End {
    var count = 0
    while count < settings.operationsMax {
      while let first = underway.first, first.ends <= context.time { completeFirst() }
      switch generator.take(context) {
      case .invocation(let invocation) where invocation.time > context.time:
        if let first = underway.first, first.ends <= invocation.time {
          completeFirst()
        } else {
          context.time = invocation.time
        }
      case .invocation(let invocation):
        begin(invocation)
        count += 1
      case .pending:
        guard !underway.isEmpty else { return .stuck }
        completeFirst()
      case .exhausted:
        while !underway.isEmpty { completeFirst() }
        return .exhausted
      }
    }
    return .bounded
  }

  mutating func begin(_ invocation: Invocation) {
    context.turn &+= 1
    context.idle.remove(invocation.thread)
    switch invocation.action {
    case .call:
      let operation = Operation(
        index: steps.count, time: context.time, type: .invoke, process: invocation.process,
        f: invocation.f, value: invocation.value, extra: invocation.extra)
      note(.operation(operation), on: invocation.thread)
      generator.update(operation, thread: invocation.thread, context)
      add(
        Work(
          ends: context.time + settings.latency, thread: invocation.thread, operation: operation))
    case .sleep(let duration):
      note(.sleep(duration), on: invocation.thread)
      add(Work(ends: context.time + duration, thread: invocation.thread))
    case .log(let message):
      note(.log(message), on: invocation.thread)
      add(Work(ends: context.time, thread: invocation.thread))
    }
  }

  mutating func add(_ work: Work) {
    let place = underway.firstIndex { $0.ends > work.ends } ?? underway.endIndex
    underway.insert(work, at: place)
  }

  mutating func note(_ content: GeneratorSimulation.Step.Content, on thread: Int) {
    steps.append(GeneratorSimulation.Step(time: context.time, thread: thread, content: content))
  }

  mutating func completeFirst() {
    let work = underway.removeFirst()
    context.time = max(context.time, work.ends)
    context.idle.insert(work.thread)
    guard var operation = work.operation else { return }
    operation.index = steps.count
    operation.time = context.time
    operation.type = answer(work.thread)
    note(.operation(operation), on: work.thread)
    generator.update(operation, thread: work.thread, context)
    if operation.type == .info && work.thread != context.nemesis {
      context.processes[work.thread] += settings.concurrency
    }
  }

  mutating func answer(_ thread: Int) -> Operation.Kind {
    guard thread != context.nemesis else { return .info }
    defer { answered[thread] += 1 }
    switch settings.answers {
    case .perfect: return .ok
    case .crashing: return .info
    case .imperfect: return [.ok, .fail, .info][answered[thread] % 3]
    }
  }
}
