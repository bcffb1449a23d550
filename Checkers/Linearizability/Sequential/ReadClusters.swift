/// The writes of a register, each with the reads of its value.
///
/// Times are places among the history's events.
struct ReadClusters {
  struct Write {
    var operation: Int32
    var invoked: Int32
    /// When it must have taken effect: its return, or the first return of a read of its value.
    var settled: Int32
    /// The read whose return settled it, or -1.
    var settler: Int32 = -1
    var isReturned = false
  }

  struct Read {
    var operation: Int32
    var invoked: Int32
    /// The number of its write.
    var write: Int32
  }

  /// The writes that took effect, in the order of their invocations; the first is one of the initial
  /// value before all time.
  private(set) var writes = [Write(operation: -1, invoked: -1, settled: -1)]
  /// The reads that returned, in the order of their invocations.
  private(set) var reads: [Read] = []
  /// A read that returned before its write was invoked, with that, or a read of what was never
  /// written.
  private(set) var early: [Int32]?
  let eventCount: Int

  // The number of each operation among the writes or reads, or -1.
  private var numbers: [Int32]

  /// Nothing where a value is written twice, the initial one is at all, or there are operations
  /// that neither read nor write.
  ///
  /// - Complexity: O(*n*).
  init?(_ history: ObjectHistory<Action>, initial: Int32) {
    let required = history.required
    eventCount = history.events.count
    numbers = [Int32](repeating: -1, count: history.count)
    var (smallest, largest) = (initial, initial)
    for action in history.operations {
      switch action {
      case .observe(let value), .set(let value):
        smallest = min(smallest, value)
        largest = max(largest, value)
      case .differ, .move, .apply, .inspect: break
      }
    }
    var table = NumberTable(from: smallest, to: largest, count: history.count + 1)
    table[initial] = 0
    guard collectWrites(history, required, &table) else { return nil }
    collectReads(history, required, table)
  }

  /// Those that returned, then those that didn't but were read.
  private mutating func collectWrites(
    _ history: ObjectHistory<Action>, _ required: [Bool], _ table: inout NumberTable
  ) -> Bool {
    // Of the values that are only written by operations that never returned.
    var isRead = Set<Int32>()
    let isCrashed = history.events.count < 2 * history.count
    for operation in 0..<history.count {
      switch history.operations[operation] {
      case .observe(let value):
        if isCrashed, required[operation] { isRead.insert(value) }
      case .set: break
      case .differ, .inspect:
        guard !required[operation] else { return false }
      case .move, .apply: return false
      }
    }
    for event in history.events where event & 1 == 0 {
      let operation = Int(event >> 1)
      guard case .set(let value) = history.operations[operation] else { continue }
      guard required[operation] || isRead.contains(value) else { continue }
      guard table[value] == NumberTable.none else { return false }
      table[value] = Int32(truncatingIfNeeded: writes.count)
      numbers[operation] = table[value]
      writes.append(
        Write(operation: Int32(truncatingIfNeeded: operation), invoked: -1, settled: .max))
    }
    return true
  }

  private mutating func collectReads(
    _ history: ObjectHistory<Action>, _ required: [Bool], _ table: NumberTable
  ) {
    for (place, event) in history.events.enumerated() {
      let time = Int32(truncatingIfNeeded: place)
      let operation = Int(event >> 1)
      switch history.operations[operation] {
      case .set where numbers[operation] >= 0:
        let write = Int(numbers[operation])
        if event & 1 == 0 {
          writes[write].invoked = time
        } else {
          writes[write].settled = min(writes[write].settled, time)
          writes[write].isReturned = true
        }
      case .observe(let value):
        guard required[operation] else { continue }
        let write = table[value]
        if event & 1 == 0 {
          guard write != NumberTable.none else {
            early = early ?? [Int32(operation)]
            continue
          }
          numbers[operation] = Int32(truncatingIfNeeded: reads.count)
          reads.append(
            Read(operation: Int32(truncatingIfNeeded: operation), invoked: time, write: write))
        } else if write != NumberTable.none {
          settle(Int(write), by: numbers[operation], at: time)
        }
      default: continue
      }
    }
  }

  private mutating func settle(_ write: Int, by read: Int32, at time: Int32) {
    guard write > 0 else { return }
    if writes[write].invoked < 0 {
      early = early ?? [writes[write].operation, reads[Int(read)].operation].sorted()
    }
    if time < writes[write].settled {
      writes[write].settled = time
      writes[write].settler = read
    }
  }

  /// Operations with the writes of all that they read, and with each write that never returned
  /// a read of it, in ascending order.
  func closure(of operations: [Int32]) -> [Int32] {
    var found = Set(operations)
    for operation in operations {
      let number = Int(numbers[Int(operation)])
      guard number >= 0 else { continue }
      if reads.indices.contains(number), reads[number].operation == operation {
        let write = writes[Int(reads[number].write)].operation
        if write >= 0 { found.insert(write) }
      }
    }
    for operation in found {
      let number = Int(numbers[Int(operation)])
      guard number >= 0, writes.indices.contains(number), writes[number].operation == operation
      else { continue }
      if !writes[number].isReturned, let read = settler(of: number) { found.insert(read) }
    }
    return found.sorted()
  }

  /// The read whose return settled a write.
  func settler(of write: Int) -> Int32? {
    let settler = writes[write].settler
    return settler < 0 ? nil : reads[Int(settler)].operation
  }
}
