public import Histories

/// A schedule of operations, as a value: asking it for the next operation is the only way to find
/// out what it holds, and a copy that is asked instead leaves the original as it was.
///
/// A generator sees the time and which threads are free, and learns of every invocation and
/// completion. It never waits: an operation whose time has not come yet is offered again. Its random
/// choices come from draws of its own, so the same seed offers the same operations whatever the
/// timing.
///
/// Being asked is not an event: a generator must answer alike however often it was asked before,
/// as long as nothing it offered was taken. So it draws nothing before it answers `pending`.
public protocol Generator: Sendable {
  /// The next operation, given the state of the world. Whoever asks and does not take what is
  /// offered (because its time has not come) must ask a copy, and drop the copy.
  mutating func next(_ context: GeneratorContext) -> Offer

  /// Takes note of an invocation or completion, be it of an operation of this generator or not.
  ///
  /// The context is the world right after the event, but for a crashed thread, which still plays
  /// its old process.
  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext)
}

extension Generator {
  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {}

  /// Takes the next operation when it is due, and leaves the generator as it was when it is not.
  public mutating func take(_ context: GeneratorContext) -> Offer {
    var asked = self
    let offer = asked.next(context)
    if case .invocation(let invocation) = offer, invocation.time > context.time { return offer }
    self = asked
    return offer
  }
}

/// A generator's answer.
public enum Offer: Hashable, Sendable {
  case invocation(Invocation)
  /// Nothing now, perhaps something later: when a thread is free or another event happened.
  case pending
  /// Nothing now or ever.
  case exhausted
}
