public import Values

/// A generator of nothing.
public struct Nothing: Generator {
  public init() {}

  public mutating func next(_ context: GeneratorContext) -> Offer { .exhausted }
}

/// A single operation.
public struct Once: Generator {
  private var action: Invocation.Action?
  private let draft: Draft

  public init(_ draft: Draft) {
    action = .call
    self.draft = draft
  }

  public init(_ f: String, _ value: Value = .null) { self.init(Draft(f, value)) }

  init(_ action: Invocation.Action) {
    self.action = action
    draft = Draft("")
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard let action else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    self.action = nil
    return .invocation(
      action == .call ? Invocation(draft, in: context) : Invocation(action, in: context))
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
public struct Script: Generator {
  private let drafts: [Draft]
  private var position = 0

  public init(_ drafts: [Draft]) { self.drafts = drafts }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    guard position < drafts.count else { return .exhausted }
    guard context.hasFreeThread else { return .pending }
    defer { position += 1 }
    return .invocation(Invocation(drafts[position], in: context))
  }
}
