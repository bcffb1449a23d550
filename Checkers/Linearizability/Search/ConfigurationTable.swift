/// Where a search stands: what it has decided of the operations that are open at an event.
struct Configuration<M: Mask> {
  /// The next event.
  var event: Int32
  var state: Int32
  /// The slots of the open operations that have taken effect.
  var required: M
  /// The crashed operations that have taken effect.
  var optional: M
  /// The last step of the record of how the search came here, or -1.
  var step: Int32
}

/// The configurations that a search has been in, compared exactly, in one open-addressed array.
///
/// A configuration that used more crashed operations than one seen before, and is equal else, can
/// do nothing that the other can't: it counts as seen. The sets of crashed operations that were
/// used with one (event, state, required) form a list behind its entry.
///
/// The table is an accelerator only: when it may not grow any more it forgets some of what it
/// holds for what is new.
struct ConfigurationTable<M: Mask>: ~Copyable {
  struct Entry {
    var event: Int32 = -1
    var state: Int32 = -1
    var required: M
  }

  /// The sets of crashed operations used in a configuration: the first, and the rest of the list.
  struct Alternative {
    var optional: M
    var next: Int32
  }

  /// How far from its place an entry is looked for once the table is full.
  private static var reach: Int { 8 }

  private let empty: M
  private var entries: Column<Entry>
  /// For each entry the first of its sets; empty where nothing crashed.
  private var firsts: Column<Alternative>
  private var rest = Column<Alternative>()
  /// The first unused place in `rest`, or -1.
  private var unused: Int32 = -1
  private let hasOptional: Bool
  private(set) var count = 0
  /// Whether the table has reached its final size.
  private(set) var isForgetting = false
  /// The bytes that the table may hold.
  var limit = Int.max

  /// - Parameter size: How many entries to begin with: a power of two.
  init(bits: Int, hasOptional: Bool, size: Int) {
    empty = M(bits: bits)
    self.hasOptional = hasOptional
    entries = Column(repeating: Entry(required: empty), count: size)
    firsts = Column(
      repeating: Alternative(optional: empty, next: -1), count: hasOptional ? size : 0)
  }

  /// What the table holds in memory.
  var bytes: Int { bytes(entries.count) + rest.bytes + rest.count * empty.bytes }

  private func bytes(_ size: Int) -> Int {
    let entry = MemoryLayout<Entry>.stride + empty.bytes
    let first = hasOptional ? MemoryLayout<Alternative>.stride + empty.bytes : 0
    return size * (entry + first)
  }

  /// Whether it is time to ``makeRoom()``.
  @inline(__always)
  var isCrowded: Bool { count &* 8 >= entries.count &* 5 && !isForgetting }

  /// Whether it will have to grow before as much is added as it holds.
  var isHalfFull: Bool { count * 4 >= entries.count }

  /// Lets the table hold some bytes from now on.
  mutating func raise(limit: Int) {
    self.limit = limit
    if isForgetting && bytes + bytes(entries.count * 2) <= limit { isForgetting = false }
  }

  /// Grows if the bytes suffice for the old and the new entries together, else forgets from now
  /// on.
  mutating func makeRoom() {
    if bytes + bytes(entries.count * 2) <= limit { grow() } else { isForgetting = true }
  }

  /// Remembers a configuration.
  ///
  /// - Returns: Whether it is new, or forgotten.
  @inline(__always)
  mutating func insert(_ new: Configuration<M>) -> Bool {
    let last = entries.count &- 1
    let home = place(of: new.event, new.state, new.required, last)
    var place = home
    while entries[place].event != -1 {
      let entry = entries.base + place
      if entry.pointee.event == new.event && entry.pointee.state == new.state
        && entry.pointee.required == new.required
      {
        return hasOptional && insert(alternative: new.optional, at: place)
      }
      place = (place &+ 1) & last
      if isForgetting && (place &- home) & last >= Self.reach {
        place = victim(home, last)
        break
      }
    }
    if entries[place].event == -1 { count += 1 }
    entries[place] = Entry(event: new.event, state: new.state, required: new.required)
    if hasOptional { firsts[place] = Alternative(optional: new.optional, next: -1) }
    return true
  }

  /// The entry near `home` that gives way: any, for no rule is better for searches that go on and
  /// for such that come back.
  private mutating func victim(_ home: Int, _ last: Int) -> Int {
    turn = turn &* 0x9e37_79b9_7f4a_7c15 &+ 1
    let place = (home + Int(turn >> 61)) & last
    if hasOptional { recycle(firsts[place].next) }
    return place
  }

  private var turn: UInt64 = 0

  private mutating func recycle(_ list: Int32) {
    var next = list
    while next >= 0 {
      let following = rest[Int(next)].next
      (rest.base + Int(next)).pointee.next = unused
      unused = next
      next = following
    }
  }

  private mutating func insert(alternative optional: M, at place: Int) -> Bool {
    if firsts[place].optional.isSubset(of: optional) { return false }
    var next = firsts[place].next
    while next >= 0 {
      if rest[Int(next)].optional.isSubset(of: optional) { return false }
      next = rest[Int(next)].next
    }
    let first = firsts.base + place
    if optional.isSubset(of: first.pointee.optional) || !hasRoomForAlternative {
      first.pointee.optional = optional
    } else {
      first.pointee.next = append(Alternative(optional: optional, next: first.pointee.next))
    }
    return true
  }

  private var hasRoomForAlternative: Bool {
    unused >= 0 || !rest.isFull || bytes + rest.bytes * 2 <= limit
  }

  private mutating func append(_ alternative: Alternative) -> Int32 {
    guard unused >= 0 else {
      rest.append(alternative)
      return Int32(rest.count - 1)
    }
    let place = unused
    unused = rest[Int(place)].next
    rest[Int(place)] = alternative
    return place
  }

  @inline(__always)
  private func place(of event: Int32, _ state: Int32, _ required: M, _ last: Int) -> Int {
    let key = UInt64(UInt32(bitPattern: event)) << 32 | UInt64(UInt32(bitPattern: state))
    return Int(truncatingIfNeeded: required.hash(key)) & last
  }

  private mutating func grow() {
    let size = entries.count * 2
    let last = size - 1
    let grown = Column(repeating: Entry(required: empty), count: size)
    let grownFirsts = Column(
      repeating: Alternative(optional: empty, next: -1), count: hasOptional ? size : 0)
    for old in 0..<entries.count where entries[old].event != -1 {
      let entry = entries[old]
      var place = place(of: entry.event, entry.state, entry.required, last)
      while grown[place].event != -1 { place = (place &+ 1) & last }
      grown[place] = entry
      if hasOptional { grownFirsts[place] = firsts[old] }
    }
    entries = grown
    firsts = grownFirsts
  }

  /// Gets along with the bytes it may hold, and forgets everything for it.
  mutating func shrink() {
    var size = entries.count
    while size > 16 && bytes(size) > limit { size /= 2 }
    entries = Column(repeating: Entry(required: empty), count: size)
    firsts = Column(
      repeating: Alternative(optional: empty, next: -1), count: hasOptional ? size : 0)
    rest = Column()
    unused = -1
    count = 0
    isForgetting = false
  }

  /// Forgets everything.
  mutating func removeAll() {
    for place in 0..<entries.count { entries[place] = Entry(required: empty) }
    rest.removeAll()
    unused = -1
    count = 0
  }
}
