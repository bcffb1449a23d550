/// What the operations of a history find and leave, with the contents of parts as numbered facts.
///
/// A crashed operation is left out unless an operation that stays finds something that it leaves:
/// in an order with it nothing would see its contents, so the order without it is possible too.
struct Facts {
  /// The exchanges of each operation are those from its start to the next one's.
  private(set) var starts: [Int32] = [0]
  private(set) var parts: [Int32] = []
  /// The fact that each exchange needs, or -1.
  private(set) var finds: [Int32] = []
  /// The fact that each exchange leaves, or -1.
  private(set) var leaves: [Int32] = []
  /// The initial fact of each part.
  private(set) var initial: [Int32] = []
  /// The part of each fact.
  private(set) var partOfFact: [Int32] = []
  /// Whether each operation returned.
  let required: [Bool]
  /// Whether each operation matters.
  private(set) var isPresent: [Bool]
  /// Whether no fact is left by two operations that matter, nor the initial ones by any.
  private(set) var isUnique = true
  /// The operation that leaves each fact, or -1; one of them where there are several.
  private(set) var writers: [Int32] = []
  /// An operation that finds each fact, if there is one one that returned, or -1.
  private(set) var finders: [Int32] = []

  var count: Int { partOfFact.count }

  /// Nothing where some operation does more than find and leave contents.
  init?<Object: SequentialObject>(
    _ object: Object, _ history: ObjectHistory<Object.Operation>, required: [Bool]
  ) {
    self.required = required
    isPresent = required
    starts.reserveCapacity(history.count + 1)
    var numbering = FactNumbering()
    var partNumbers: [Int32: Int32] = [:]
    var latest: (name: Int32, number: Int32)?
    for (number, operation) in history.operations.enumerated() {
      guard required[number] || !object.isPure(operation) else {
        starts.append(Int32(truncatingIfNeeded: parts.count))
        continue
      }
      let isKnown = object.forEachExchange(of: operation) { exchange in
        let part: Int32
        if let latest, latest.name == exchange.part {
          part = latest.number
        } else {
          let next = Int32(truncatingIfNeeded: initial.count)
          part = partNumbers[exchange.part] ?? next
          if part == next {
            partNumbers[exchange.part] = next
            initial.append(
              numbering.number(next, object.initialContent(of: exchange.part), &partOfFact))
          }
          latest = (exchange.part, part)
        }
        parts.append(part)
        finds.append(exchange.finds.map { numbering.number(part, $0, &partOfFact) } ?? -1)
        leaves.append(exchange.leaves.map { numbering.number(part, $0, &partOfFact) } ?? -1)
      }
      guard isKnown else { return nil }
      starts.append(Int32(truncatingIfNeeded: parts.count))
    }
    if history.events.count < 2 * history.count { revive() }
    index()
  }

  @inline(__always)
  func exchanges(of operation: Int) -> Range<Int> {
    Int(starts[operation])..<Int(starts[operation + 1])
  }

  /// Adds the crashed operations without which something can't be found.
  private mutating func revive() {
    var facts: [Int32] = []
    var leavers: [Int32] = []
    var found: [Int32] = []
    for operation in required.indices {
      for exchange in exchanges(of: operation) {
        if required[operation] {
          if finds[exchange] >= 0 { found.append(finds[exchange]) }
        } else if leaves[exchange] >= 0 {
          facts.append(leaves[exchange])
          leavers.append(Int32(truncatingIfNeeded: operation))
        }
      }
    }
    let leaving = Adjacency(count: count, from: facts, to: leavers)
    var isFound = [Bool](repeating: false, count: count)
    while let fact = found.popLast() {
      guard !isFound[Int(fact)] else { continue }
      isFound[Int(fact)] = true
      for edge in leaving.edges(of: fact) where !isPresent[Int(leavers[Int(edge)])] {
        let operation = Int(leavers[Int(edge)])
        isPresent[operation] = true
        for exchange in exchanges(of: operation) where finds[exchange] >= 0 {
          found.append(finds[exchange])
        }
      }
    }
  }

  private mutating func index() {
    writers = [Int32](repeating: -1, count: count)
    finders = [Int32](repeating: -1, count: count)
    for operation in required.indices where isPresent[operation] {
      let number = Int32(truncatingIfNeeded: operation)
      for exchange in exchanges(of: operation) {
        let (found, left) = (Int(finds[exchange]), Int(leaves[exchange]))
        if found >= 0, finders[found] < 0 || !required[Int(finders[found])] && required[operation] {
          finders[found] = number
        }
        guard left >= 0 else { continue }
        if writers[left] >= 0 || initial[Int(parts[exchange])] == left { isUnique = false }
        writers[left] = number
      }
    }
  }

  /// A present operation that finds a fact without which the history might do, and no writer
  /// leaves it: it is impossible.
  var unexplained: Int32? {
    for operation in required.indices where isPresent[operation] {
      for exchange in exchanges(of: operation) {
        let fact = finds[exchange]
        if fact >= 0, writers[Int(fact)] < 0, initial[Int(parts[exchange])] != fact {
          return Int32(truncatingIfNeeded: operation)
        }
      }
    }
    return nil
  }

  /// Operations with the writers of all that they find, and with each that crashed one for which
  /// it must have taken effect, in ascending order.
  ///
  /// Such a part of a history with unique facts has an order where the whole has one.
  func closure(of operations: [Int32]) -> [Int32] {
    var found = Set(operations)
    var pending = operations
    func add(_ operation: Int32) {
      if operation >= 0, found.insert(operation).inserted { pending.append(operation) }
    }
    while let operation = pending.popLast() {
      for exchange in exchanges(of: Int(operation)) {
        if finds[exchange] >= 0 { add(writers[Int(finds[exchange])]) }
      }
      guard !required[Int(operation)] else { continue }
      let finder = exchanges(of: Int(operation)).lazy.compactMap { exchange -> Int32? in
        let left = leaves[exchange]
        return left < 0 || finders[Int(left)] < 0 ? nil : finders[Int(left)]
      }.first
      if let finder { add(finder) }
    }
    return found.sorted()
  }
}

/// Numbers for the contents of parts, in the order of their coming.
private struct FactNumbering: ~Copyable {
  private var slots = Column<(key: UInt64, number: Int32)>(repeating: (0, -1), count: 1024)
  private var count = 0

  @inline(__always)
  mutating func number(_ part: Int32, _ content: Int32, _ partOfFact: inout [Int32]) -> Int32 {
    let key = UInt64(UInt32(bitPattern: part)) << 32 | UInt64(UInt32(bitPattern: content))
    let place = place(of: key)
    let known = slots[place].number
    if known >= 0 { return known }
    let number = Int32(truncatingIfNeeded: count)
    slots[place] = (key, number)
    partOfFact.append(part)
    count += 1
    if count * 2 > slots.count { grow() }
    return number
  }

  @inline(__always)
  private func place(of key: UInt64) -> Int {
    let last = slots.count - 1
    var place = Int((key &* 0x9e37_79b9_7f4a_7c15) >> 24) & last
    while slots[place].number >= 0 && slots[place].key != key { place = (place + 1) & last }
    return place
  }

  private mutating func grow() {
    var old = Column<(key: UInt64, number: Int32)>(repeating: (0, -1), count: slots.count * 2)
    swap(&old, &slots)
    for number in 0..<old.count where old[number].number >= 0 {
      slots[place(of: old[number].key)] = old[number]
    }
  }
}
