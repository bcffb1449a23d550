import HeapModule
import Linearizability
import Values

/// Clients at an object whose operations each take effect at one moment, in a random interleaving.
struct AtomicClients {
  var clients: Int
  var operations: Int
  /// How many operations never answer; about half of them take effect.
  var crashes = 0
  var seed: UInt64 = 1

  private enum Stage {
    case idle
    case invoked
    case effective
  }

  /// What the clients saw.
  ///
  /// - Parameter effect: Draws an operation and says what it answers, now; the object stays as it
  ///   is where the operation never takes effect.
  func history<Operation: Sendable>(
    _ effect: (_ draws: inout Draws, _ takesEffect: Bool) -> Operation
  ) -> ObjectHistory<Operation> {
    var draws = Draws(seed: seed)
    var done = [Operation?](repeating: nil, count: operations)
    var processes = [Int32](repeating: 0, count: operations)
    var events: [Int32] = []
    events.reserveCapacity(2 * operations)
    var stages = [Stage](repeating: .idle, count: clients)
    var current = [Int](repeating: 0, count: clients)
    var names = Array(0..<Int32(clients))
    var (begun, ended) = (0, 0)
    let interval = crashes == 0 ? Int.max : operations / crashes
    while ended < operations {
      let client = draws.below(clients)
      switch stages[client] {
      case .idle:
        guard begun < operations else { continue }
        current[client] = begun
        processes[begun] = names[client]
        events.append(Int32(begun) << 1)
        begun += 1
        stages[client] = .invoked
      case .invoked:
        let operation = current[client]
        let isLost = operation % interval == interval - 1
        done[operation] = effect(&draws, !isLost || draws.chance(0.5))
        stages[client] = isLost ? .idle : .effective
        if isLost {
          ended += 1
          names[client] += Int32(clients)
        }
      case .effective:
        events.append(Int32(current[client]) << 1 | 1)
        ended += 1
        stages[client] = .idle
      }
    }
    return ObjectHistory(events: events, done.compactMap { $0 }, processes)
  }
}

extension ObjectHistory {
  /// A history whose lines are its events.
  fileprivate init(events: [Int32], _ operations: [Operation], _ processes: [Int32]) {
    var completions = [Int32](repeating: -1, count: operations.count)
    for (line, event) in events.enumerated() where event & 1 == 1 {
      completions[Int(event >> 1)] = Int32(line)
    }
    self.init()
    for (line, event) in events.enumerated() {
      let operation = Int(event >> 1)
      if event & 1 == 1 {
        complete(Int32(operation))
      } else {
        let end = completions[operation]
        _ = invoke(
          operations[operation], process: processes[operation], at: line,
          completion: end < 0 ? nil : Int(end))
      }
    }
  }

  /// The same history in which an operation answered something else.
  func replacing(_ number: Int, by operation: Operation) -> ObjectHistory {
    var operations = operations
    operations[number] = operation
    return ObjectHistory(events: events, operations, processes)
  }
}

/// Histories of the kinds that are measured.
enum AtomicHistories {
  /// A register in which each value is written once; 0 is the initial value.
  static func uniqueRegister(_ clients: AtomicClients) -> ObjectHistory<Action> {
    var value: Int32 = 0
    var written: Int32 = 0
    return clients.history { draws, takesEffect in
      guard draws.chance(0.5) else { return .observe(value) }
      written += 1
      if takesEffect { value = written }
      return .set(written)
    }
  }

  /// Reads, writes and compare-and-sets of the values 1 to 5; a failed one saw another value.
  static func smallRegister(_ clients: AtomicClients) -> ObjectHistory<Action> {
    var value: Int32 = 0
    return clients.history { draws, takesEffect in
      let new = Int32(1 + draws.below(5))
      switch draws.below(3) {
      case 0: return .observe(value)
      case 1:
        if takesEffect { value = new }
        return .set(new)
      default:
        let from = Int32(1 + draws.below(5))
        // What never answered is asked for, whether or not it would have succeeded.
        guard takesEffect else { return .move(from: from, to: new) }
        guard from == value else { return .differ(from) }
        value = new
        return .move(from: from, to: new)
      }
    }
  }

  /// The same history with one read, in its last tenth, of a value overwritten long before.
  static func withStaleRead(_ history: ObjectHistory<Action>) -> ObjectHistory<Action> {
    let reads = history.operations.indices.reversed().lazy.filter { number in
      if case .observe = history.operations[number] {
        number < history.count * 19 / 20
      } else {
        false
      }
    }
    guard let read = reads.first else { return history }
    let written = history.operations[..<(read - 100)].last {
      if case .set = $0 { true } else { false }
    }
    guard case .set(let old)? = written else { return history }
    return history.replacing(read, by: .observe(old))
  }

  static func queue(_ clients: AtomicClients) -> ObjectHistory<Queue.Operation> {
    var elements: [Int32] = []
    var first = 0
    return clients.history { draws, _ in
      if draws.chance(0.5) {
        elements.append(Int32(elements.count))
        return .enqueue(Int32(elements.count - 1))
      }
      guard first < elements.count else { return .dequeueEmpty }
      first += 1
      return .dequeue(elements[first - 1])
    }
  }

  static func stack(_ clients: AtomicClients) -> ObjectHistory<Stack.Operation> {
    var elements: [Int32] = []
    var pushed: Int32 = 0
    return clients.history { draws, _ in
      if draws.chance(0.5) {
        elements.append(pushed)
        pushed += 1
        return .push(pushed - 1)
      }
      return elements.popLast().map { .pop($0) } ?? .popEmpty
    }
  }

  static func priorityQueue(_ clients: AtomicClients) -> ObjectHistory<PriorityQueue.Operation> {
    var heap = Heap<PriorityQueue.Element>()
    var inserted: Int32 = 0
    return clients.history { draws, _ in
      if draws.chance(0.5) {
        let priority = Int32(truncatingIfNeeded: mixed(UInt64(inserted)) & 0x3fff_ffff)
        inserted += 1
        let element = PriorityQueue.Element(priority: priority, value: inserted - 1)
        heap.insert(element)
        return .insert(element)
      }
      return heap.popMin().map { .removeMin($0) } ?? .removeEmpty
    }
  }

  /// Each element is added once, asked for now and then, and perhaps removed.
  static func set(_ clients: AtomicClients) -> ObjectHistory<ElementSet.Operation> {
    var members: [Int32] = []
    var added: Int32 = 0
    return clients.history { draws, _ in
      switch draws.below(4) {
      case 0, 1:
        members.append(added)
        added += 1
        return .add(added - 1)
      case 2 where added > 0:
        let element = Int32(max(0, Int(added) - 1 - draws.below(64)))
        return .contains(element, members.suffix(128).contains(element))
      default:
        guard members.count > 64 else {
          added += 1
          members.append(added - 1)
          return .add(added - 1)
        }
        return .remove(members.remove(at: members.count - 1 - draws.below(64)))
      }
    }
  }
}
