package import Histories

/// Numbers the versions of keys: each distinct value that a key has been given or that was read
/// from it, in the order in which they are met.
package struct VersionTable: Sendable {
  /// Of each version.
  package private(set) var keys: [Int32] = []
  package private(set) var values: [ValueCode] = []

  /// Open addressing: a key and a value's code, or all ones where there is nothing, and the number.
  private var slots: [Slot] = []
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
    if keys.count * 8 >= slots.count * 5 { grow() }
    let slot = self.slot(of: value, key)
    if slots[slot].word != VersionTable.empty { return slots[slot].number }
    let number = Int32(truncatingIfNeeded: keys.count)
    slots[slot] = Slot(word: VersionTable.word(value, key), number: number)
    keys.append(key)
    values.append(value)
    return number
  }

  /// The number of a version, if it has one.
  @inline(__always)
  package func find(_ value: ValueCode, _ key: Int32) -> Int32? {
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
