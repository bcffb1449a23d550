/// A growable array without checks or shared storage, for the loops that a search lives in.
///
/// Whoever holds it keeps places in range; debug builds check.
struct Column<Element>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count: Int
  private var capacity: Int

  /// An empty array, which takes memory only when it has room.
  init(capacity: Int = 0) {
    base = capacity > 0 ? .allocate(capacity: capacity) : Self.nowhere
    count = 0
    self.capacity = capacity
  }

  @inline(__always)
  private static var nowhere: UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(bitPattern: 1 << 12).unsafelyUnwrapped
      .assumingMemoryBound(to: Element.self)
  }

  init(repeating element: Element, count: Int) {
    self.init(capacity: count)
    base.initialize(repeating: element, count: count)
    self.count = count
  }

  deinit {
    guard capacity > 0 else { return }
    base.deinitialize(count: count)
    base.deallocate()
  }

  /// What it holds in memory.
  var bytes: Int { capacity * MemoryLayout<Element>.stride }

  /// Whether the next element makes it grow.
  @inline(__always)
  var isFull: Bool { count == capacity }

  @inline(__always)
  subscript(place: Int) -> Element {
    get {
      assert(place >= 0 && place < count, "place \(place) of \(count)")
      return base[place]
    }
    nonmutating set {
      assert(place >= 0 && place < count, "place \(place) of \(count)")
      base[place] = newValue
    }
  }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow() }
    (base + count).initialize(to: element)
    count += 1
  }

  @inline(__always)
  mutating func popLast() -> Element? {
    guard count > 0 else { return nil }
    count -= 1
    return (base + count).move()
  }

  mutating func append(repeating element: Element, count more: Int) {
    while count + more > capacity { grow() }
    (base + count).initialize(repeating: element, count: more)
    count += more
  }

  mutating func removeLast(_ fewer: Int) {
    count -= fewer
    (base + count).deinitialize(count: fewer)
  }

  mutating func removeAll() {
    base.deinitialize(count: count)
    count = 0
  }

  @inline(never)
  private mutating func grow() {
    let wider = capacity > 0 ? capacity * 2 : 16
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: wider)
    if capacity > 0 {
      moved.moveInitialize(from: base, count: count)
      base.deallocate()
    }
    base = moved
    capacity = wider
  }
}
