/// What a search knows of one state of a register-like object, at the event where it stands.
struct StateLinks {
  /// The first operation not yet invoked that must see the state, or -1.
  var nextDemand: Int32 = -1
  /// The first operation not yet invoked that leads to the state, or -1.
  var nextSource: Int32 = -1
  /// The last invocation of an operation that can tell the state from others, or -1.
  var lastMention: Int32 = -1
}

/// Numbers states from 1 in the order of their coming.
struct StateNumbering: ~Copyable {
  private var entries: Column<(key: Int32, number: Int32)>
  private(set) var count = 1

  /// The states by number; the first is none.
  var codes: [Int32] {
    var codes = [Int32](repeating: 0, count: count)
    for place in 0..<entries.count { codes[Int(entries[place].number)] = entries[place].key }
    return codes
  }

  /// - Parameter capacity: How many states may come.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 && size < 1 << 12 { size *= 2 }
    entries = Column(repeating: (0, 0), count: size)
  }

  @inline(__always)
  mutating func number(of state: Int32) -> Int32 {
    let place = place(of: state)
    let number = entries[place].number
    if number != 0 { return number }
    return add(state, at: place)
  }

  @inline(__always)
  private func place(of state: Int32) -> Int {
    let last = entries.count - 1
    var place = Int(UInt32(bitPattern: state) &* 0x9e37_79b1 &>> 12) & last
    while entries[place].number != 0 && entries[place].key != state { place = (place + 1) & last }
    return place
  }

  private mutating func add(_ state: Int32, at place: Int) -> Int32 {
    let number = Int32(count)
    entries[place] = (state, number)
    count += 1
    if count * 2 > entries.count { grow() }
    return number
  }

  private mutating func grow() {
    let old = Column<(key: Int32, number: Int32)>(repeating: (0, 0), count: entries.count * 2)
    let last = old.count - 1
    for number in 0..<entries.count where entries[number].number != 0 {
      let entry = entries[number]
      var place = Int(UInt32(bitPattern: entry.key) &* 0x9e37_79b1 &>> 12) & last
      while old[place].number != 0 { place = (place + 1) & last }
      old[place] = entry
    }
    entries = old
  }
}

/// The last of the crashed operations that do the same.
struct Alike: ~Copyable {
  private struct Deed: Hashable {
    var kind: UInt8
    var seen: Int32
    var target: Int32
  }

  private var few = Column<Int32>()
  private var many: [Deed: Int32] = [:]

  /// Counts an operation in, which has a slot.
  ///
  /// - Returns: The slot of the last one before it that does the same, or -1.
  mutating func add(_ operation: Int32, _ places: borrowing Column<Placement.Place>) -> Int32 {
    let place = places.base + Int(operation)
    for number in 0..<few.count {
      let other = places.base + Int(few[number])
      if other.pointee.target == place.pointee.target && other.pointee.seen == place.pointee.seen
        && other.pointee.kind == place.pointee.kind
      {
        few[number] = operation
        return other.pointee.slot
      }
    }
    if few.count < 32 {
      few.append(operation)
      return -1
    }
    let deed = Deed(
      kind: place.pointee.kind.rawValue, seen: place.pointee.seen, target: place.pointee.target)
    return many.updateValue(place.pointee.slot, forKey: deed) ?? -1
  }
}
