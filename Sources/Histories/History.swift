public import Values

/// Everything that was asked and answered in a run, in order, with its pairing.
///
/// The order of the lines is the order of events: an operation whose completion stands before the
/// invocation of another precedes it in real time.
public struct History: Sendable {
  /// All lines, invocations, completions and the nemesis's.
  public let operations: [Operation]
  /// For each line the position of its partner, or -1: invocation ↔ completion.
  public let partners: [Int32]

  /// Which operations precede which in real time.
  public enum Order: String, Hashable, Sendable, CaseIterable {
    /// The order of the lines.
    case index
    /// The order of the times, whatever the order of the lines. Intervals are closed: an operation
    /// that is invoked in the nanosecond in which another completes is concurrent with it.
    case time
  }

  /// Pairs the lines of a history, which must be in order, and brings them into another if asked to.
  ///
  /// A process that is not a client's is not paired: the nemesis writes `info` only. An `info` ends
  /// a pairing as other completions do. Where all that clients did are completions of transactions,
  /// none has a partner; see ``HistoryColumns/isTimed``.
  ///
  /// - Throws: When a process invokes while its last operation is pending, or a completion has no
  ///   invocation or another `f` than its invocation has; by time, when a line has none.
  /// - Complexity: O(*n*), by time O(*n* log *n*).
  public init(_ operations: [Operation], order: Order = .index) throws(HistoryError) {
    switch order {
    case .index:
      self.operations = operations
      partners = try History.partners(of: operations, in: Array(operations.indices))
    case .time:
      (self.operations, partners) = try History.orderedByTime(operations)
    }
  }

  /// Pairs lines, which are visited in an order of their places.
  private static func partners(
    of operations: [Operation], in order: [Int]
  ) throws(HistoryError) -> [Int32] {
    var partners = [Int32](repeating: -1, count: operations.count)
    if holdsCompletionsOnly(operations) { return partners }
    var pending: [Int: Int] = [:]
    for position in order {
      let operation = operations[position]
      guard let process = operation.process.number else { continue }
      func error(_ problem: HistoryError.Problem) -> HistoryError {
        HistoryError(position: position, index: operation.index, problem: problem)
      }
      if operation.type == .invoke {
        if let first = pending.updateValue(position, forKey: process) {
          throw error(
            .overlappingInvocations(process: process, first: operations[first].index))
        }
        continue
      }
      guard let invocation = pending.removeValue(forKey: process) else {
        // Crashed operations may be reported long after: an info without an invocation says nothing.
        if operation.type == .info { continue }
        throw error(.completionWithoutInvocation(process: process))
      }
      guard operations[invocation].f == operation.f else {
        throw error(
          .mismatchedCompletion(
            process: process, invoked: operations[invocation].f, completed: operation.f))
      }
      partners[position] = Int32(invocation)
      partners[invocation] = Int32(position)
    }
    return partners
  }

  /// What the operations are called that may be told by their completions alone.
  static let transaction = "txn"

  private static func holdsCompletionsOnly(_ operations: [Operation]) -> Bool {
    guard let first = operations.firstIndex(where: { $0.process.number != nil }) else {
      return false
    }
    return operations[first...].allSatisfy {
      $0.process.number == nil || $0.type != .invoke && $0.f == transaction
    }
  }

  /// The lines by time, those of one time in the order that leaves all of them concurrent:
  /// invocations first.
  ///
  /// They are paired before that, because a process may complete one operation and invoke the next
  /// at the same time.
  private static func orderedByTime(
    _ operations: [Operation]
  ) throws(HistoryError) -> ([Operation], [Int32]) {
    if let position = operations.firstIndex(where: { $0.time < 0 }) {
      throw HistoryError(
        position: position, index: operations[position].index, problem: .withoutTime)
    }
    let byTime = operations.indices.sorted {
      (operations[$0].time, $0) < (operations[$1].time, $1)
    }
    let partners = try partners(of: operations, in: byTime)
    func key(_ position: Int) -> (Nanoseconds, Int, Int) {
      (operations[position].time, operations[position].type == .invoke ? 0 : 1, position)
    }
    let order = byTime.sorted { key($0) < key($1) }
    var places = [Int32](repeating: -1, count: operations.count)
    for (place, position) in order.enumerated() { places[position] = Int32(place) }
    return (
      order.map { operations[$0] },
      order.map { partners[$0] < 0 ? -1 : places[Int(partners[$0])] }
    )
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
    /// The lines were to be ordered by time.
    case withoutTime
  }

  /// The place among the lines as they were given, from 0.
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
    case .withoutTime:
      "op \(index) has no time, so that the history can't be ordered by time"
    }
  }
}
