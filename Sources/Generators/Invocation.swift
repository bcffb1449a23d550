public import Histories
public import Values

/// What is to be done, without when and by whom.
public struct Draft: Hashable, Sendable {
  public var f: String
  public var value: Value
  /// Further fields of the operation, such as `"final": true`.
  public var extra: ValueMap

  public init(_ f: String, _ value: Value = .null, extra: ValueMap = ValueMap()) {
    self.f = f
    self.value = value
    self.extra = extra
  }
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

  /// An operation that is to be done at a time, by a thread that plays a process then.
  public init(
    time: Nanoseconds, thread: Int, process: Process, f: String, value: Value, extra: ValueMap
  ) {
    action = .call
    self.time = time
    self.thread = thread
    self.process = process
    self.f = f
    self.value = value
    self.extra = extra
  }

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

  /// An operation for a free thread of the context's choice, to be done now.
  ///
  /// - Precondition: A thread of the context is free.
  public init(_ draft: Draft, in context: GeneratorContext) {
    self.init(f: draft.f, value: draft.value, extra: draft.extra, in: context)
  }

  /// A sleep or a message, for a free thread of the context's choice, to be done now.
  ///
  /// - Precondition: A thread of the context is free.
  public init(_ action: Action, in context: GeneratorContext) {
    let f =
      switch action {
      case .call: "call"
      case .sleep: "sleep"
      case .log: "log"
      }
    self.init(f: f, in: context)
    self.action = action
  }
}
