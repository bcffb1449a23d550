public import Values

/// One line of a history: an invocation, its completion, or something that the nemesis did.
public struct Operation: Hashable, Sendable {
  /// What this line says of its operation, in Jepsen's words.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case invoke
    /// It took effect, and the value is what it answered.
    case ok
    /// It certainly did not take effect.
    case fail
    /// It may take effect at any later time, or never.
    case info
  }

  /// The place in the history, dense from 0 in histories that Shrike writes.
  public var index: Int
  /// Nanoseconds since the run began; -1 where a file has no times.
  public var time: Nanoseconds
  public var type: Kind
  public var process: Process
  /// What is done: `read`, `write`, `start-partition`.
  public var f: String
  public var value: Value
  public var error: Value?
  /// Fields that no checker of ours knows, kept as they were read.
  public var extra: ValueMap

  public init(
    index: Int = -1, time: Nanoseconds = -1, type: Kind, process: Process, f: String,
    value: Value = .null, error: Value? = nil, extra: ValueMap = ValueMap()
  ) {
    self.index = index
    self.time = time
    self.type = type
    self.process = process
    self.f = f
    self.value = value
    self.error = error
    self.extra = extra
  }
}

/// Who does an operation: a client's logical process, or something beside the clients.
public enum Process: Hashable, Sendable, CustomStringConvertible {
  /// A process of a client; one that had an indeterminate operation is never used again.
  case client(Int)
  /// The nemesis, or whatever else a file names.
  case named(String)

  public static let nemesis = Process.named("nemesis")

  /// The number of a client's process.
  @inlinable
  public var number: Int? {
    if case .client(let number) = self { number } else { nil }
  }

  public var description: String {
    switch self {
    case .client(let number): "\(number)"
    case .named(let name): name
    }
  }
}
