/// Values that events refer to by number, whose places are used again.
@usableFromInline
struct Slab<Element> {
  @usableFromInline var elements: [Element?] = []
  @usableFromInline var free: [Int32] = []

  @inlinable
  init() {}

  @inlinable
  mutating func insert(_ element: Element) -> Int32 {
    if let slot = free.popLast() {
      elements[Int(slot)] = element
      return slot
    }
    elements.append(element)
    return Int32(elements.count - 1)
  }

  /// The element at a place that is taken.
  @inlinable
  subscript(slot: Int32) -> Element {
    guard let element = elements[Int(slot)] else {
      preconditionFailure("slot \(slot) of a slab holds nothing")
    }
    return element
  }

  /// Takes an element out; its place is free afterwards.
  @inlinable
  mutating func remove(_ slot: Int32) -> Element {
    guard let element = elements[Int(slot)].take() else {
      preconditionFailure("slot \(slot) of a slab holds nothing")
    }
    free.append(slot)
    return element
  }
}
