/// A number for each of many integers: in a flat table where they lie close together, else hashed.
struct NumberTable {
  /// What an integer has that was given no number.
  static let none: Int32 = -1

  private let base: Int
  private let isFlat: Bool
  private var flat: [Int32] = []
  /// Each integer with its number beside it; -1 where there is none.
  private var slots: [Int64] = []
  private var used = 0

  /// A table for integers in a range, about `count` different ones.
  init(from smallest: Int32, to largest: Int32, count: Int) {
    base = Int(smallest)
    let range = max(Int(largest) - base + 1, 0)
    isFlat = range <= 4 * count + 64
    if isFlat {
      flat = [Int32](repeating: NumberTable.none, count: range)
    } else {
      slots = [Int64](repeating: -1, count: 64)
    }
  }

  /// The number of an integer, never negative; to be set only within the range.
  subscript(key: Int32) -> Int32 {
    get {
      if isFlat {
        let place = Int(key) - base
        return flat.indices.contains(place) ? flat[place] : NumberTable.none
      }
      return Int32(truncatingIfNeeded: slots[slot(of: key)])
    }
    set {
      if isFlat {
        flat[Int(key) - base] = newValue
        return
      }
      if 2 * used >= slots.count { grow() }
      let slot = slot(of: key)
      if slots[slot] == -1 { used += 1 }
      slots[slot] = Int64(key) << 32 | Int64(newValue)
    }
  }

  /// Where an integer is, or could be.
  private func slot(of key: Int32) -> Int {
    let scattered = UInt64(UInt32(bitPattern: key)) &* 0x9e37_79b9_7f4a_7c15
    var slot = Int(scattered >> 32)
    while true {
      slot &= slots.count - 1
      let found = slots[slot]
      if found == -1 || Int32(truncatingIfNeeded: found >> 32) == key { return slot }
      slot += 1
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [Int64](repeating: -1, count: 4 * old.count)
    for entry in old where entry != -1 {
      slots[slot(of: Int32(truncatingIfNeeded: entry >> 32))] = entry
    }
  }
}
