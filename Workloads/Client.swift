public import Histories
public import Nodes
public import Values

/// Translates a workload's operations to requests, and the replies to completions.
///
/// A client serves one thread, does no I/O and never waits: the driver sends what it asks for and
/// brings back the reply, or drops the operation as indeterminate when its time is over.
public protocol Client: Sendable {
  /// Begins an operation; the one before it has ended or was given up.
  ///
  /// - Parameter extra: The invocation's further fields, such as `"final": true`.
  mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep

  /// Takes the reply to the request that it asked for last.
  mutating func receive(_ reply: Reply) -> ClientStep
}

/// What a client wants next.
public enum ClientStep: Hashable, Sendable {
  case ask(Request)
  case complete(Completion)
}

/// How an operation ended.
public struct Completion: Hashable, Sendable {
  public var type: Operation.Kind
  /// What it answered; nothing where the invocation's value stands.
  public var value: Value?
  public var error: Value?
  /// Set where the reply was none to this request: the type of reply that was expected.
  public var mismatch: String?
  /// Further fields of the completion's line, beside those of the invocation.
  public var extra = ValueMap()

  public init(
    _ type: Operation.Kind, value: Value? = nil, error: Value? = nil, mismatch: String? = nil
  ) {
    self.type = type
    self.value = value
    self.error = error
    self.mismatch = mismatch
  }

  /// The body of the reply that was none to the request, as it was received.
  public var mismatchedBody: String { error?.elements?.last?.json ?? "" }

  /// An operation that took effect.
  public static func ok(_ value: Value? = nil) -> Completion {
    Completion(.ok, value: value)
  }

  /// An operation that ended in an error: `fail` if that is definite, else `info`.
  public static func failed(_ error: ErrorReply) -> Completion {
    let name = Value.string(error.code.name)
    return Completion(
      error.code.isDefinite ? .fail : .info,
      error: error.text.isEmpty ? name : .list([name, .string(error.text)]))
  }

  /// A reply that does not answer the request: whether it took effect is not known.
  public static func mismatched(_ reply: Reply, expected: String) -> Completion {
    if case .failed(let error) = reply { return .failed(error) }
    return Completion(
      .info, error: .list(["mismatched-reply", .map(reply.body)]), mismatch: expected)
  }
}

/// A client of a workload in which each operation is one request, and a reply says it all.
public struct SingleRequestClient: Client {
  private let request: @Sendable (_ f: String, _ value: Value) -> Request
  private let completion: @Sendable (_ f: String, _ value: Value, Reply) -> Completion
  private var f = ""
  private var value = Value.null

  /// - Parameters:
  ///   - request: What to ask for an operation.
  ///   - completion: How the operation ended, given the reply.
  public init(
    request: @escaping @Sendable (_ f: String, _ value: Value) -> Request,
    completion: @escaping @Sendable (_ f: String, _ value: Value, Reply) -> Completion
  ) {
    self.request = request
    self.completion = completion
  }

  public mutating func begin(_ f: String, _ value: Value, _ extra: ValueMap) -> ClientStep {
    self.f = f
    self.value = value
    return .ask(request(f, value))
  }

  public mutating func receive(_ reply: Reply) -> ClientStep {
    .complete(completion(f, value, reply))
  }
}
