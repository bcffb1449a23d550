/// A number for each of many integers: in a flat table where they lie close together, else hashed.
struct NumberTable {
  /// What an integer has that was given no number.
  static let none: Int32 = -1

  private let base: Int
  private let mask: Int
  /// The integers by slot, where they are hashed.
  private var keys: [Int32] = []
  private var numbers: [Int32]

  /// A table for integers in a range, at most `count` different ones.
  init(from smallest: Int32, to largest: Int32, count: Int) {
    base = Int(smallest)
    let range = Int(largest) - base + 1
    if range <= 4 * count + 64 {
      mask = 0
      numbers = [Int32](repeating: NumberTable.none, count: max(range, 0))
    } else {
      var slots = 16
      while slots < 2 * count { slots *= 2 }
      mask = slots - 1
      keys = [Int32](repeating: 0, count: slots)
      numbers = [Int32](repeating: NumberTable.none, count: slots)
    }
  }

  /// The number of an integer, never negative; to be set only within the range.
  subscript(key: Int32) -> Int32 {
    get {
      let slot = slot(of: key)
      return numbers.indices.contains(slot) ? numbers[slot] : NumberTable.none
    }
    set {
      let slot = slot(of: key)
      numbers[slot] = newValue
      if mask != 0 { keys[slot] = key }
    }
  }

  private func slot(of key: Int32) -> Int {
    if mask == 0 { return Int(key) - base }
    let scattered = UInt64(UInt32(bitPattern: key)) &* 0x9e37_79b9_7f4a_7c15
    var slot = Int(scattered >> 32)
    while true {
      slot &= mask
      if numbers[slot] == NumberTable.none || keys[slot] == key { return slot }
      slot += 1
    }
  }
}
