public import Histories

/// One generator after the other, each from when the one before is exhausted; threads may still be
/// at work for it then.
///
/// Updates go to the current one.
public struct Concat: Generator {
  private var current: any Generator
  /// Never changed, so that a copy of a long sequence costs no more than one of a short one.
  private let children: [any Generator]
  private var position = 0

  public init(_ children: [any Generator]) {
    self.children = children
    current = children.first ?? Nothing()
  }

  public init(_ children: any Generator...) { self.init(children) }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    while true {
      let offer = current.next(context)
      guard offer == .exhausted, position < children.count else { return offer }
      position += 1
      current = position < children.count ? children[position] : Nothing()
    }
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    current.update(event, thread: thread, context)
  }
}

/// A generator that does nothing before all threads are idle, and then is its child.
///
/// Updates go to the child from the start.
public struct Synchronize: Generator {
  private var child: any Generator
  private var hasBegun = false

  public init(_ child: any Generator) { self.child = child }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard hasBegun || context.isIdle else { return .pending }
    hasBegun = true
    return child.next(context)
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}

/// One generator after the other, each from when all threads are idle.
///
/// Updates go to the current one.
public struct Phases: Generator {
  private var phases: Concat

  public init(_ phases: any Generator...) {
    self.phases = Concat(phases.map { Synchronize($0) })
  }

  public mutating func next(_ context: GeneratorContext) -> Offer { phases.next(context) }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    phases.update(event, thread: thread, context)
  }
}
