public import Values

/// Everything that was asked and answered in a run, in order, with its pairing.
///
/// The order of the lines is the order of events: an operation that completed before another was
/// invoked precedes it in real time.
public struct History: Sendable {
  /// All lines, invocations, completions and the nemesis's.
  public let operations: [Operation]
  /// For each line the position of its partner, or -1: invocation ↔ completion.
  public let partners: [Int32]

  /// Pairs the lines of a history, which must be in order.
  ///
  /// A process that is not a client's is not paired: the nemesis writes `info` only.
  ///
  /// - Throws: When a process invokes while its last operation is pending, or a completion has no
  ///   invocation or another `f` than its invocation has.
  /// - Complexity: O(*n*).
  public init(_ operations: [Operation]) throws(HistoryError) {
    self.operations = operations
    var partners = [Int32](repeating: -1, count: operations.count)
    var pending: [Int: Int] = [:]
    for (position, operation) in operations.enumerated() {
      guard let process = operation.process.number else { continue }
      if operation.type == .invoke {
        if let first = pending.updateValue(position, forKey: process) {
          throw HistoryError(
            position: position, index: operation.index,
            problem: .overlappingInvocations(process: process, first: operations[first].index))
        }
        continue
      }
      guard let invocation = pending.removeValue(forKey: process) else {
        // Crashed operations may be reported long after: an info without an invocation says nothing.
        if operation.type == .info { continue }
        throw HistoryError(
          position: position, index: operation.index,
          problem: .completionWithoutInvocation(process: process))
      }
      guard operations[invocation].f == operation.f else {
        throw HistoryError(
          position: position, index: operation.index,
          problem: .mismatchedCompletion(
            process: process, invoked: operations[invocation].f, completed: operation.f))
      }
      partners[position] = Int32(invocation)
      partners[invocation] = Int32(position)
    }
    self.partners = partners
  }

  /// The clients' operations in the order of their invocations.
  public var calls: [Call] {
    operations.indices.compactMap { position in
      let operation = operations[position]
      guard operation.type == .invoke, operation.process.number != nil else { return nil }
      let partner = Int(partners[position])
      return Call(
        invocation: operation, completion: partner < 0 ? nil : operations[partner],
        position: position, end: partner < 0 ? nil : partner)
    }
  }
}

/// A client's operation: its invocation together with what came of it.
public struct Call: Hashable, Sendable {
  public var invocation: Operation
  /// The completion; nothing where the history ends before one.
  public var completion: Operation?
  /// The invocation's place in the history's lines, which orders it in real time.
  public var position: Int
  /// The completion's place in the history's lines.
  public var end: Int?

  public init(invocation: Operation, completion: Operation?, position: Int, end: Int?) {
    self.invocation = invocation
    self.completion = completion
    self.position = position
    self.end = end
  }

  public var f: String { invocation.f }
  public var process: Process { invocation.process }

  /// How it ended; an operation without a completion is indeterminate.
  public var outcome: Operation.Kind { completion?.type ?? .info }

  /// What it observed, when it is `ok`, else what it was asked to do.
  public var value: Value {
    if let completion, completion.type == .ok { completion.value } else { invocation.value }
  }

  /// The indices of its lines, as people find them in the file.
  public var indices: [Int] {
    if let completion { [invocation.index, completion.index] } else { [invocation.index] }
  }
}

/// Why a sequence of operations is no history.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Problem: Hashable, Sendable {
    case overlappingInvocations(process: Int, first: Int)
    case completionWithoutInvocation(process: Int)
    case mismatchedCompletion(process: Int, invoked: String, completed: String)
  }

  /// The place among the lines of the history, from 0.
  public var position: Int
  /// The `index` that the line carries.
  public var index: Int
  public var problem: Problem

  public var description: String {
    switch problem {
    case .overlappingInvocations(let process, let first):
      "op \(index): process \(process) invoked again while op \(first) was still pending; "
        + "give each client its own process"
    case .completionWithoutInvocation(let process):
      "op \(index): process \(process) completed an operation that it never invoked"
    case .mismatchedCompletion(let process, let invoked, let completed):
      "op \(index): process \(process) invoked \(invoked) but completed \(completed)"
    }
  }
}
