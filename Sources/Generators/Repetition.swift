public import Histories

/// What its child would do next, again and again: the child never advances.
///
/// Since random choices are part of a generator, the repeated operation is the same each time; for
/// fresh ones there is ``Generate``.
public struct Repeat: Generator {
  private var child: any Generator
  /// How often still; nothing for ever.
  private var remaining: Int?

  public init(_ count: Int? = nil, _ child: any Generator) {
    remaining = count
    self.child = child
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    if let remaining, remaining <= 0 { return .exhausted }
    var asked = child
    let offer = asked.next(context)
    if case .invocation = offer { remaining = remaining.map { $0 - 1 } }
    return offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// Its child, begun anew whenever it is exhausted.
///
/// Updates go to the current round.
public struct Cycle: Generator {
  private let original: any Generator
  private var current: any Generator
  /// How many rounds still, with the current one; nothing for ever.
  private var remaining: Int?

  public init(_ count: Int? = nil, _ child: any Generator) {
    remaining = count
    original = child
    current = child
  }

  /// A round that is exhausted before it did anything ends the cycle, which could do nothing but
  /// spin.
  public mutating func next(_ context: GeneratorContext) -> Offer {
    if let remaining, remaining <= 0 { return .exhausted }
    let offer = current.next(context)
    guard offer == .exhausted else { return offer }
    remaining = remaining.map { $0 - 1 }
    if let remaining, remaining <= 0 { return .exhausted }
    current = original
    return current.next(context)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    current.update(event, thread: thread, context)
  }
}
