public import Histories
public import Values

/// At most so many operations.
public struct Limit: Generator {
  private var child: any Generator
  private var remaining: Int

  public init(_ count: Int, _ child: any Generator) {
    remaining = count
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard remaining > 0 else { return .exhausted }
    let offer = child.next(context)
    if case .invocation = offer { remaining -= 1 }
    return offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Ends so long after the time of its first operation.
public struct TimeLimit: Generator {
  private var child: any Generator
  private let duration: Nanoseconds
  private var end: Nanoseconds?

  public init(_ duration: Nanoseconds, _ child: any Generator) {
    self.duration = duration
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    if let end, context.time >= end { return .exhausted }
    let offer = child.next(context)
    guard case .invocation(let invocation) = offer else { return offer }
    let end = end ?? invocation.time + duration
    self.end = end
    return invocation.time < end ? offer : .exhausted
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Ends before more than so many distinct processes of clients could have done its operations.
///
/// All processes count that could have been chosen when an operation was offered, not only those
/// that were: otherwise the last one or two allowed would trickle on alone.
public struct ProcessLimit: Generator {
  private var child: any Generator
  private let count: Int
  private var seen: Set<Int> = []
  /// The threads and processes that are in `seen` already.
  private var lastThreads = ThreadSet()
  private var lastProcesses: [Int] = []

  public init(_ count: Int, _ child: any Generator) {
    self.count = count
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    guard case .invocation = offer else { return offer }
    if context.processes != lastProcesses || context.threads != lastThreads {
      for thread in context.threads.elements where thread != context.nemesis {
        seen.insert(context.processes[thread])
      }
      lastThreads = context.threads
      lastProcesses = context.processes
    }
    return seen.count <= count ? offer : .exhausted
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Pending while so many of its operations are outstanding.
public struct ConcurrencyLimit: Generator {
  private var child: any Generator
  private let count: Int
  private var outstanding = ThreadSet()

  public init(_ count: Int, _ child: any Generator) {
    precondition(count > 0, "a concurrency limit of \(count) lets nothing happen")
    self.count = count
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard outstanding.count < count else { return .pending }
    let offer = child.next(context)
    if case .invocation(let invocation) = offer, invocation.action == .call {
      outstanding.insert(invocation.thread)
    }
    return offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    if event.type != .invoke { outstanding.remove(thread) }
    child.update(event, thread: thread, context)
  }
}
