/// A growing array of plain values without checks, for what a search reads millions of times a second.
struct GrowingBuffer<Element> {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private(set) var capacity: Int

  init(capacity: Int = 64) {
    base = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  /// Its owner's to call, once; elements are trivial and need no end.
  func deallocate() { base.deallocate() }

  var bytes: Int { capacity * MemoryLayout<Element>.stride }

  @inline(__always)
  subscript(place: Int) -> Element { base[place] }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(to: capacity * 2) }
    (base + count).initialize(to: element)
    count += 1
  }

  /// Room for more elements at the end, which are to be written before they are read.
  @inline(__always)
  mutating func extend(by more: Int) -> UnsafeMutablePointer<Element> {
    if count + more > capacity { grow(to: max(capacity * 2, count + more)) }
    defer { count += more }
    return base + count
  }

  mutating func removeLast(_ number: Int) { count -= number }

  mutating func removeAll() { count = 0 }

  /// Gives back what a large buffer does not use.
  mutating func shrink() {
    guard capacity > 1 << 12, count < capacity / 4 else { return }
    grow(to: max(64, count))
  }

  private mutating func grow(to newCapacity: Int) {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
    capacity = newCapacity
  }
}
