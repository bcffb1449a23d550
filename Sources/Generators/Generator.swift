public import Histories
public import Values

/// A schedule of operations, as a value: asking it for the next operation is the only way to find
/// out what it holds, and a copy that is asked instead leaves the original as it was.
///
/// A generator sees the time and which threads are free, and learns of every invocation and
/// completion. It never waits: an operation whose time has not come yet is offered again. Its random
/// choices come from draws of its own, so the same seed offers the same operations whatever the
/// timing.
public protocol Generator: Sendable {
  /// The next operation, given the state of the world. Whoever asks and does not take what is
  /// offered (because its time has not come) must ask a copy, and drop the copy.
  mutating func next(_ context: GeneratorContext) -> Offer

  /// Takes note of an invocation or completion, be it of an operation of this generator or not.
  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext)
}

extension Generator {
  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {}
}

/// A generator's answer.
public enum Offer: Hashable, Sendable {
  case invocation(Invocation)
  /// Nothing now, perhaps something later: when a thread is free or another event happened.
  case pending
  /// Nothing now or ever.
  case exhausted
}

/// What a generator wants done.
public struct Invocation: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    /// Invoke the operation.
    case call
    /// Keep the thread busy for a while; it is not part of the history.
    case sleep(Nanoseconds)
    /// Tell the user something; it is not part of the history.
    case log(String)
  }

  public var action: Action
  /// When it should happen: now where it is not after the context's time.
  public var time: Nanoseconds
  public var thread: Int
  public var process: Process
  public var f: String
  public var value: Value
  /// Further fields of the operation, such as `"final": true`.
  public var extra: ValueMap

  /// An operation for a free thread of the context's choice, to be done now.
  ///
  /// - Precondition: A thread of the context is free.
  public init(
    f: String, value: Value = .null, extra: ValueMap = ValueMap(), in context: GeneratorContext
  ) {
    let thread = context.chosenThread
    action = .call
    time = context.time
    self.thread = thread
    process = context.process(of: thread)
    self.f = f
    self.value = value
    self.extra = extra
  }
}
