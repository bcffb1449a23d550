import Nodes
public import Values

/// A sequence of micro-operations that should take effect at once or not at all.
public struct Transaction: Hashable, Sendable {
  /// What a transaction came to on the state that it was run on.
  struct Outcome: Hashable, Sendable {
    /// The micro-operations with their reads filled in.
    var filled: [Value] = []
    /// The new values of the keys that it changed.
    var written = ValueMap()
  }

  var operations: [MicroOperation] = []

  /// The transaction that does nothing.
  init() {}

  /// Reads a transaction as a request carries it.
  ///
  /// - Throws: When a part of it is no micro-operation.
  init(_ request: [Value]) throws(ErrorReply) {
    for value in request {
      guard let operation = MicroOperation(value) else {
        throw ErrorReply(.malformedRequest, "\(value.json) is no micro-operation")
      }
      operations.append(operation)
    }
  }

  /// Whether it needs lists.
  var appends: Bool {
    operations.contains { if case .append = $0 { true } else { false } }
  }

  /// The keys on whose values its outcome depends, each once, in order.
  var keysNeeded: [Value] {
    var keys: [Value] = []
    for operation in operations where !keys.contains(operation.key) {
      if case .write = operation { continue }
      keys.append(operation.key)
    }
    return keys
  }

  /// Runs the micro-operations in order, each on what those before it left.
  ///
  /// - Parameter state: The value that a key has before; nothing where it has none.
  /// - Throws: When something is appended to what is no list.
  func run(on state: (Value) -> Value?) throws(ErrorReply) -> Outcome {
    var outcome = Outcome()
    for operation in operations {
      let value = outcome.written[operation.key] ?? state(operation.key)
      outcome.filled.append(operation.filled(value))
      guard !operation.isRead else { continue }
      outcome.written[operation.key] = try operation.result(on: value)
    }
    return outcome
  }
}

extension Transaction: StablyEncodable {
  public func encode(into sink: inout some ByteSink) {
    sink.put(operations.map { $0.filled(nil) })
  }
}
