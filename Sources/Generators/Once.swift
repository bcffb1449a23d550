public import Values

/// A generator of nothing.
public struct Nothing: Generator {
  public init() {}

  public mutating func next(_ context: GeneratorContext) -> Offer { .exhausted }
}

/// A single operation.
public struct Once: Generator {
  private var action: Invocation.Action?
  private let call: Call

  public init(_ call: Call) {
    action = .call
    self.call = call
  }

  public init(_ f: String, _ value: Value = .null) { self.init(Call(f, value)) }

  init(_ action: Invocation.Action) {
    self.action = action
    call = Call("")
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard let action else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    self.action = nil
    return .invocation(
      action == .call ? Invocation(call, in: context) : Invocation(action, in: context))
  }
}

/// Keeps one thread busy for a while, once.
public struct Sleep: Generator {
  private var once: Once

  public init(_ duration: Nanoseconds) { once = Once(.sleep(duration)) }

  public mutating func next(_ context: GeneratorContext) -> Offer { once.next(context) }
}

/// Tells the user something, once.
public struct Log: Generator {
  private var once: Once

  public init(_ message: String) { once = Once(.log(message)) }

  public mutating func next(_ context: GeneratorContext) -> Offer { once.next(context) }
}

/// A list of operations, each once.
public struct Calls: Generator {
  private let calls: [Call]
  private var position = 0

  public init(_ calls: [Call]) { self.calls = calls }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard position < calls.count else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    defer { position += 1 }
    return .invocation(Invocation(calls[position], in: context))
  }
}
