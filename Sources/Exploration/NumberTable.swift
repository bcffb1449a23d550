import Values

/// A table from pairs of numbers to pairs of numbers, by open addressing.
struct NumberTable {
  private struct Slot {
    var key: UInt64
    var first: UInt32
    var second: UInt32
  }

  private static let empty = UInt64.max

  private var slots: UnsafeMutablePointer<Slot>
  private var mask: Int
  private var count = 0

  init() {
    mask = 1023
    slots = NumberTable.allocate(1024)
  }

  func deallocate() { slots.deallocate() }

  var bytes: Int { (mask + 1) * MemoryLayout<Slot>.stride }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Slot> {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
    slots.initialize(repeating: Slot(key: empty, first: 0, second: 0), count: capacity)
    return slots
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int {
    let product = key &* 0x9e37_79b9_7f4a_7c15
    return Int(truncatingIfNeeded: product ^ (product >> 32))
  }

  @inline(__always)
  func find(_ left: UInt32, _ right: UInt32) -> (first: UInt32, second: UInt32)? {
    let key = UInt64(left) << 32 | UInt64(right)
    var place = NumberTable.hash(key) & mask
    while slots[place].key != key {
      if slots[place].key == NumberTable.empty { return nil }
      place = (place + 1) & mask
    }
    return (slots[place].first, slots[place].second)
  }

  /// Adds a pair that is not there.
  mutating func add(_ left: UInt32, _ right: UInt32, _ first: UInt32, _ second: UInt32) {
    if count * 2 > mask { grow() }
    put(Slot(key: UInt64(left) << 32 | UInt64(right), first: first, second: second))
    count += 1
  }

  private func put(_ slot: Slot) {
    var place = NumberTable.hash(slot.key) & mask
    while slots[place].key != NumberTable.empty { place = (place + 1) & mask }
    slots[place] = slot
  }

  private mutating func grow() {
    let old = slots
    let oldCount = mask + 1
    mask = mask * 2 + 1
    slots = NumberTable.allocate(mask + 1)
    for place in 0..<oldCount where old[place].key != NumberTable.empty { put(old[place]) }
    old.deallocate()
  }
}
