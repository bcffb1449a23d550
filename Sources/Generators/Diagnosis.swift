public import Histories

/// Its child, with a line for each of its operations and each event; not for `pending`.
///
/// An operation whose time has not come is told each time it is offered.
public struct Trace: Generator {
  public typealias Sink = @Sendable (String) -> Void

  private var child: any Generator
  private let label: String
  private let sink: Sink

  public init(_ label: String, _ child: any Generator, to sink: @escaping Sink) {
    self.label = label
    self.child = child
    self.sink = sink
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    switch offer {
    case .invocation(let invocation):
      sink(
        "\(label) at \(context.time) offers \(invocation.f) \(invocation.value) on thread "
          + "\(invocation.thread) for \(invocation.time)")
    case .pending: break
    case .exhausted: sink("\(label) at \(context.time) is exhausted")
    }
    return offer
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    sink(
      "\(label) at \(context.time) learns \(event.type) of \(event.f) \(event.value) on thread "
        + "\(thread)")
    child.update(event, thread: thread, context)
  }
}

/// Its child, with each operation checked for what a driver relies on.
public struct Validate: Generator {
  private var child: any Generator
  private let complain: @Sendable (String) -> Void

  /// - Parameter complain: What to do with a complaint, by default to end the program: a generator
  ///   that breaks the rules is a mistake in a workload.
  public init(
    _ child: any Generator,
    orElse complain: @escaping @Sendable (String) -> Void = { preconditionFailure($0) }
  ) {
    self.child = child
    self.complain = complain
  }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    let offer = child.next(context)
    if case .invocation(let invocation) = offer,
      let problem = Self.problem(with: invocation, context)
    {
      complain("the operation \(invocation.f) \(invocation.value) was offered \(problem)")
    }
    return offer
  }

  /// What is wrong with an operation, as the end of a sentence.
  static func problem(with invocation: Invocation, _ context: GeneratorContext) -> String? {
    if !context.threads.contains(invocation.thread) {
      return "on thread \(invocation.thread), which it may not use"
    }
    if !context.idle.contains(invocation.thread) {
      return "on thread \(invocation.thread), which is busy"
    }
    let process = context.process(of: invocation.thread)
    if invocation.process != process {
      return "as process \(invocation.process), while its thread plays process \(process)"
    }
    if invocation.time < context.time {
      return "for time \(invocation.time), which was over at \(context.time)"
    }
    return invocation.f.isEmpty ? "without a name" : nil
  }

  public mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    child.update(event, thread: thread, context)
  }
}
