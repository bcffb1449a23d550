public import Histories
import Synchronization
public import Values

/// Remembers for a while what its child offered, for children that are expensive to ask.
///
/// An offer that waits for its time is asked for again with every event. Within the given time the
/// answer is the one remembered, as long as its thread is still free, and then what the child
/// learned meanwhile does not show in it. An operation that is taken is forgotten. Updates go to the
/// child, and to the one that waits behind what is remembered.
public struct Cache: Generator {
  /// What the child offered, when, and what it is once that is taken.
  private struct Memory: Sendable {
    var asked: Nanoseconds
    var invocation: Invocation
    var after: any Generator
  }

  /// Shared between copies of one state of the generator, whose child would offer the same.
  private final class Cell: Sendable {
    let memory: Mutex<Memory?>

    init(_ memory: Memory? = nil) { self.memory = Mutex(memory) }
  }

  private var child: any Generator
  private let duration: Nanoseconds
  private var cell = Cell()

  public init(for duration: Nanoseconds, _ child: any Generator) {
    self.duration = duration
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    if let memory = cell.memory.withLock({ $0 }), context.time - memory.asked < duration,
      context.threads.contains(memory.invocation.thread),
      context.idle.contains(memory.invocation.thread)
    {
      return .invocation(commit(memory, context))
    }
    var after = child
    let offer = after.next(context)
    guard case .invocation(let invocation) = offer else {
      child = after
      return offer
    }
    let memory = Memory(asked: context.time, invocation: invocation, after: after)
    cell.memory.withLock { $0 = memory }
    return .invocation(commit(memory, context))
  }

  /// The remembered operation as it is now; this copy goes on as the one that did it.
  private mutating func commit(_ memory: Memory, _ context: GeneratorContext) -> Invocation {
    child = memory.after
    cell = Cell()
    var invocation = memory.invocation
    invocation.time = max(invocation.time, context.time)
    invocation.process = context.process(of: invocation.thread)
    return invocation
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
    guard var memory = cell.memory.withLock({ $0 }) else { return }
    memory.after.update(event, thread: thread, context)
    cell = Cell(memory)
  }
}
