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
struct ConfigurationTable<M: Mask> {
  private struct Entry {
    var event: Int32 = -1
    var state: Int32 = -1
    var required: M
    var optional: M
    /// The rest of the list of optional sets, or -1.
    var next: Int32 = -1
  }

  private struct Alternative {
    var optional: M
    var next: Int32
  }

  private let empty: Entry
  private var entries: [Entry]
  private var alternatives: [Alternative] = []
  private(set) var count = 0

  init(bits: Int) {
    empty = Entry(required: M(bits: bits), optional: M(bits: bits))
    entries = [Entry](repeating: empty, count: 16)
  }

  /// What the table holds in memory.
  var bytes: Int {
    entries.count * MemoryLayout<Entry>.stride + count * 2 * empty.required.bytes
      + alternatives.count * (MemoryLayout<Alternative>.stride + empty.optional.bytes)
  }

  var needsGrowth: Bool { count * 8 >= entries.count * 5 }

  /// What the table will hold in memory, at most, while and after it grows.
  var bytesGrown: Int { bytes + 2 * entries.count * MemoryLayout<Entry>.stride }

  /// Remembers a configuration.
  ///
  /// - Returns: Whether it is new.
  mutating func insert(_ new: Configuration<M>) -> Bool {
    var place = place(of: new.event, new.state, new.required)
    let last = entries.count - 1
    while entries[place].event != -1 {
      if entries[place].event == new.event && entries[place].state == new.state
        && entries[place].required == new.required
      {
        return insert(alternative: new.optional, at: place)
      }
      place = (place &+ 1) & last
    }
    entries[place] = Entry(
      event: new.event, state: new.state, required: new.required, optional: new.optional)
    count += 1
    return true
  }

  private mutating func insert(alternative optional: M, at place: Int) -> Bool {
    if entries[place].optional.isSubset(of: optional) { return false }
    var next = entries[place].next
    while next >= 0 {
      if alternatives[Int(next)].optional.isSubset(of: optional) { return false }
      next = alternatives[Int(next)].next
    }
    if optional.isSubset(of: entries[place].optional) {
      entries[place].optional = optional
    } else {
      alternatives.append(Alternative(optional: optional, next: entries[place].next))
      entries[place].next = Int32(alternatives.count - 1)
    }
    return true
  }

  @inline(__always)
  private func place(of event: Int32, _ state: Int32, _ required: M) -> Int {
    let key = UInt64(UInt32(bitPattern: event)) << 32 | UInt64(UInt32(bitPattern: state))
    return Int(truncatingIfNeeded: required.hash(mixed(key))) & (entries.count - 1)
  }

  mutating func grow() {
    let old = entries
    entries = [Entry](repeating: empty, count: old.count * 2)
    let last = entries.count - 1
    for entry in old where entry.event != -1 {
      var place = place(of: entry.event, entry.state, entry.required)
      while entries[place].event != -1 { place = (place &+ 1) & last }
      entries[place] = entry
    }
  }
}
