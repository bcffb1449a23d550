/// The operations on one object as columns of integers: what searches and deciders work on.
///
/// An operation with a return in `events` must take effect between its invocation and its return;
/// one without may take effect at any time after its invocation, or never.
public struct ObjectHistory<Operation: Sendable>: Sendable {
  /// What each operation does, in the order of the invocations.
  public private(set) var operations: [Operation] = []
  /// The process that invoked each operation.
  public private(set) var processes: [Int32] = []
  /// For each operation the position of its invocation among the history's lines.
  public private(set) var invocations: [Int32] = []
  /// For each operation the position of its completion, or -1.
  ///
  /// A weakened operation still knows its completion, though it has no return in `events`.
  public private(set) var completions: [Int32] = []
  /// Invocations and returns in the order of time: an operation's number × 2, + 1 for a return.
  public private(set) var events: [Int32] = []

  public init() {}

  public var count: Int { operations.count }

  /// Prepares for so many operations that all return.
  public mutating func reserveCapacity(_ count: Int) {
    operations.reserveCapacity(count)
    processes.reserveCapacity(count)
    invocations.reserveCapacity(count)
    completions.reserveCapacity(count)
    events.reserveCapacity(2 * count)
  }

  /// Adds an invocation, which is the latest event.
  ///
  /// - Returns: The operation's number.
  public mutating func invoke(
    _ operation: Operation, process: Int32 = 0, at position: Int, completion: Int?
  ) -> Int32 {
    let number = Int32(operations.count)
    operations.append(operation)
    processes.append(process)
    invocations.append(Int32(position))
    completions.append(completion.map { Int32($0) } ?? -1)
    events.append(number << 1)
    return number
  }

  /// Adds the return of an operation, which is the latest event.
  public mutating func complete(_ operation: Int32) { events.append(operation << 1 | 1) }

  /// For each operation whether it must take effect before its return.
  public var required: [Bool] {
    var required = [Bool](repeating: false, count: count)
    for event in events where event & 1 == 1 { required[Int(event >> 1)] = true }
    return required
  }

  /// The history in which each operation has met its fate.
  ///
  /// - Complexity: O(*n*).
  public func part(_ fates: [Fate]) -> ObjectHistory {
    var part = ObjectHistory()
    var numbers = [Int32](repeating: -1, count: count)
    for event in events {
      let operation = Int(event >> 1)
      switch (fates[operation], event & 1) {
      case (.dropped, _), (.weakened, 1): continue
      case (_, 1): part.complete(numbers[operation])
      default:
        let completion = completions[operation]
        numbers[operation] = part.invoke(
          operations[operation], process: processes[operation], at: Int(invocations[operation]),
          completion: completion < 0 ? nil : Int(completion))
      }
    }
    return part
  }

  /// The same history with other operations.
  public func map<Other>(_ transform: (Operation) -> Other) -> ObjectHistory<Other> {
    var other = ObjectHistory<Other>()
    other.operations = operations.map(transform)
    other.processes = processes
    other.invocations = invocations
    other.completions = completions
    other.events = events
    return other
  }

  /// The same operations, where those that completed by the last event return again.
  ///
  /// - Complexity: O(*n* log *n*).
  func restored() -> ObjectHistory {
    let last = events.last.map { event in
      event & 1 == 0 ? invocations[Int(event >> 1)] : completions[Int(event >> 1)]
    }
    guard let last else { return self }
    var timed: [(line: Int32, event: Int32)] = []
    for operation in operations.indices {
      timed.append((invocations[operation], Int32(operation) << 1))
      if (0...last).contains(completions[operation]) {
        timed.append((completions[operation], Int32(operation) << 1 | 1))
      }
    }
    var restored = self
    restored.events = timed.sorted { $0.line < $1.line }.map(\.event)
    return restored
  }
}

extension ObjectHistory<Action> {
  /// What each operation does, in the order of the invocations.
  var actions: [Action] { operations }

  /// The history up to and including an event: what is open there may have taken effect or not.
  func prefix(through event: Int) -> ObjectHistory {
    var prefix = self
    prefix.events = Array(events[...event])
    let open = prefix.required
    let last = events[...event].last { $0 & 1 == 0 }.map { Int($0 >> 1) } ?? -1
    return prefix.part(
      (0..<count).map { operation in
        if operation > last { return .dropped }
        if open[operation] { return .kept }
        return actions[operation].isPure ? .dropped : .weakened
      })
  }
}
