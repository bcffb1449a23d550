package import Histories

/// Numbers the versions of keys: each distinct value that a key has been given or that was read
/// from it, in the order in which they are met.
package struct VersionTable: Sendable {
  /// Of each version.
  package private(set) var keys: [Int32] = []
  package private(set) var values: [ValueCode] = []

  /// Small integers that a key has been given stand next to each other: of each key where its window
  /// begins in `windows`, and how long it is; for each integer below that its number, or -1.
  private var starts: [Int32] = []
  private var lengths: [Int32] = []
  private var windows: [Int32] = []
  /// Of each key how many numbers are in its window.
  private var counts: [Int32] = []

  /// All others by open addressing: a key and a value's code, or all ones where there is nothing, and
  /// the number.
  private var slots: [Slot] = []
  private var slotCount = 0
  private static let empty = UInt64.max

  private struct Slot: Sendable {
    var word = VersionTable.empty
    var number: Int32 = -1
  }

  package init() {}

  package var count: Int { keys.count }

  /// The number of a version, which is new where it equals the count before.
  @inline(__always)
  mutating func number(of value: ValueCode, _ key: Int32) -> Int32 {
    if let integer = value.integer, integer >= 0, Int(key) < lengths.count,
      integer < Int(lengths[Int(key)])
    {
      let place = Int(starts[Int(key)]) + integer
      if windows[place] >= 0 { return windows[place] }
      windows[place] = Int32(truncatingIfNeeded: keys.count)
      counts[Int(key)] += 1
      return append(value, key)
    }
    return numberBeyond(value, key)
  }

  @inline(__always)
  private mutating func append(_ value: ValueCode, _ key: Int32) -> Int32 {
    keys.append(key)
    values.append(value)
    return Int32(truncatingIfNeeded: keys.count - 1)
  }

  /// The number of a version that is beyond its key's window, which grows where that is filled well.
  private mutating func numberBeyond(_ value: ValueCode, _ key: Int32) -> Int32 {
    while lengths.count <= Int(key) {
      starts.append(0)
      lengths.append(0)
      counts.append(0)
    }
    if let integer = value.integer, integer >= 0, integer < 4 * Int(counts[Int(key)]) + 4,
      windows.count < Int(Int32.max) / 2
    {
      widen(key, for: integer)
      return number(of: value, key)
    }
    if slotCount * 8 >= slots.count * 5 { grow() }
    let slot = self.slot(of: value, key)
    if slots[slot].word != VersionTable.empty { return slots[slot].number }
    let number = append(value, key)
    slots[slot] = Slot(word: VersionTable.word(value, key), number: number)
    slotCount += 1
    return number
  }

  /// Makes a key's window long enough for an integer, and moves to it what was beyond.
  private mutating func widen(_ key: Int32, for integer: Int) {
    let (start, length) = (Int(starts[Int(key)]), Int(lengths[Int(key)]))
    let wider = max(2 * length, integer + 1, 4)
    let newStart = windows.count
    for place in 0..<wider {
      windows.append(place < length ? windows[start + place] : -1)
    }
    (starts[Int(key)], lengths[Int(key)]) = (Int32(newStart), Int32(wider))
    guard slotCount > 0 else { return }
    for place in length..<wider {
      guard let value = ValueCode(place), let number = findBeyond(value, key) else {
        continue
      }
      windows[newStart + place] = number
      counts[Int(key)] += 1
    }
  }

  /// The number of a version, if it has one.
  @inline(__always)
  package func find(_ value: ValueCode, _ key: Int32) -> Int32? {
    if let integer = value.integer, integer >= 0, Int(key) < lengths.count,
      integer < Int(lengths[Int(key)])
    {
      let number = windows[Int(starts[Int(key)]) + integer]
      return number < 0 ? nil : number
    }
    return findBeyond(value, key)
  }

  private func findBeyond(_ value: ValueCode, _ key: Int32) -> Int32? {
    guard !slots.isEmpty else { return nil }
    let slot = self.slot(of: value, key)
    return slots[slot].word == VersionTable.empty ? nil : slots[slot].number
  }

  /// Where a version is, or the place that is free for it.
  @inline(__always)
  private func slot(of value: ValueCode, _ key: Int32) -> Int {
    let word = VersionTable.word(value, key)
    var slot = place(of: word)
    while slots[slot].word != word && slots[slot].word != VersionTable.empty {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  @inline(__always)
  private static func word(_ value: ValueCode, _ key: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: key)) << 32 | UInt64(UInt32(bitPattern: value.raw))
  }

  /// Eight values of a key that follow each other are neighbours: they share two lines of the cache.
  @inline(__always)
  private func place(of word: UInt64) -> Int {
    let product = (word >> 4 ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(
      by: 0xe703_7ed1_a0b4_28db)
    let hash = (product.high ^ product.low) << 3 | (word >> 1) & 7
    return Int(truncatingIfNeeded: hash) & (slots.count - 1)
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: Slot(), count: max(1_024, old.count * 4))
    for taken in old where taken.word != VersionTable.empty {
      var slot = place(of: taken.word)
      while slots[slot].word != VersionTable.empty { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = taken
    }
  }
}
