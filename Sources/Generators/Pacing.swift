public import Histories
public import Values

/// Spaces its operations by random times, uniform from 0 up to twice the given one.
///
/// The spacing is of all operations together, not of each thread's. It is a mean rate at most: time
/// lost because no thread was free is not made up for.
public struct Stagger: Generator {
  private var child: any Generator
  private let spacing: Nanoseconds
  private var draws: Draws
  /// The earliest time of the next operation; nothing before the first, which comes at once.
  private var earliest: Nanoseconds?

  public init(_ spacing: Nanoseconds, _ draws: Draws, _ child: any Generator) {
    precondition(spacing >= 0, "operations can't be \(spacing) ns apart")
    self.spacing = spacing
    self.draws = draws
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    guard case .invocation(var invocation) = offer else { return offer }
    invocation.time = max(invocation.time, earliest ?? context.time)
    earliest = invocation.time + draws.within(0...max(0, 2 * spacing - 1))
    return .invocation(invocation)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Spaces its operations by a fixed time; after a time without a free thread it catches up.
public struct Delay: Generator {
  private var child: any Generator
  private let spacing: Nanoseconds
  private var earliest: Nanoseconds?

  public init(_ spacing: Nanoseconds, _ child: any Generator) {
    precondition(spacing >= 0, "operations can't be \(spacing) ns apart")
    self.spacing = spacing
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    guard case .invocation(var invocation) = offer else { return offer }
    let due = earliest ?? invocation.time
    invocation.time = max(invocation.time, due)
    earliest = due + spacing
    return .invocation(invocation)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}
