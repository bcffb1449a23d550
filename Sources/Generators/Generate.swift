public import Histories
public import Values

/// Operations made one by one, by a function that is called again for each; nil ends them.
///
///     Generate(seed: seed) { draws, context in
///       Invocation(f: "write", value: .integer(draws.below(5)), in: context)
///     }
///
/// The function's memory is part of the generator: a state where it needs one, and draws. It is
/// called only when a thread is free.
public struct Generate<State: Sendable>: Generator {
  public typealias Function =
    @Sendable (inout State, inout Draws, GeneratorContext) -> Invocation?

  private var state: State
  private var draws: Draws
  private let function: Function

  public init(seed: UInt64, state: State, _ function: @escaping Function) {
    self.init(Draws(seed: seed), state: state, function)
  }

  public init(_ draws: Draws, state: State, _ function: @escaping Function) {
    self.state = state
    self.draws = draws
    self.function = function
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    guard let invocation = function(&state, &draws, context) else { return .exhausted }
    return .invocation(invocation)
  }
}

extension Generate where State == Void {
  public init(
    seed: UInt64, _ function: @escaping @Sendable (inout Draws, GeneratorContext) -> Invocation?
  ) {
    self.init(Draws(seed: seed), function)
  }

  public init(
    _ draws: Draws,
    _ function: @escaping @Sendable (inout Draws, GeneratorContext) -> Invocation?
  ) {
    self.init(draws, state: ()) { function(&$1, $2) }
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
