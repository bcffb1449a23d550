public import Histories

/// Operations made one by one, by a function that is called again for each; nil ends them.
///
/// The function has a state of its own, usually draws:
///
///     Generate(Draws(seed: seed)) { draws, _ in Call("write", .integer(draws.below(5))) }
///
/// It is called only when a thread is free.
public struct Generate<State: Sendable>: Generator {
  public typealias Function = @Sendable (inout State, GeneratorContext) -> Call?

  private var state: State
  private let function: Function

  public init(_ state: State, _ function: @escaping Function) {
    self.state = state
    self.function = function
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    guard let call = function(&state, context) else { return .exhausted }
    return .invocation(Invocation(call, in: context))
  }
}

/// Generators made one by one, by a function that is called again whenever the last is exhausted;
/// nil ends them.
///
/// Updates go to the current one. The function is called only when a thread is free.
public struct Successively<State: Sendable>: Generator {
  public typealias Function = @Sendable (inout State, GeneratorContext) -> (any Generator)?

  private var state: State
  private var current: (any Generator)?
  private let function: Function

  public init(_ state: State, _ function: @escaping Function) {
    self.state = state
    self.function = function
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    if let offer = current?.next(context), offer != .exhausted { return offer }
    guard context.hasFreeThread else { return .pending }
    for _ in 0..<fruitlessAttemptsMax {
      current = function(&state, context)
      guard let offer = current?.next(context) else { return .exhausted }
      if offer != .exhausted { return offer }
    }
    preconditionFailure("a function made \(fruitlessAttemptsMax) empty generators in a row")
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    current?.update(event, thread: thread, context)
  }
}

/// How often in a row a function may make nothing, or a filter drop what it is offered, before it
/// counts as a mistake: without a bound it would hang the whole test.
let fruitlessAttemptsMax = 1_000_000
