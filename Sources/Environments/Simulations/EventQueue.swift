public import Values

/// Something that will happen at a time; what it carries is in one of the simulation's slabs.
@frozen
@usableFromInline
struct Scheduled: Sendable {
  @usableFromInline
  enum Kind: UInt8, Sendable {
    case message
    case request
    case reply
    case timer
    case sync
    case read
    case serviceRequest
    case serviceReply
    case boot
  }

  @usableFromInline var time: Nanoseconds
  /// Orders events of one time as they were scheduled.
  @usableFromInline var sequence: UInt64
  @usableFromInline var kind: Kind
  @usableFromInline var node: Int32
  /// The payload's place in its slab, or the timer.
  @usableFromInline var slot: Int32
  /// The incarnation or generation that it belongs to; it is void for any other.
  @usableFromInline var generation: UInt32

  @inlinable
  init(
    time: Nanoseconds, sequence: UInt64, kind: Kind, node: Int32, slot: Int32, generation: UInt32
  ) {
    self.time = time
    self.sequence = sequence
    self.kind = kind
    self.node = node
    self.slot = slot
    self.generation = generation
  }

  @inlinable
  static func precedes(_ left: Scheduled, _ right: Scheduled) -> Bool {
    left.time < right.time || (left.time == right.time && left.sequence < right.sequence)
  }
}

/// What will happen, by time: a heap of four children a node, which is shallow and cache-friendly.
@usableFromInline
struct EventQueue: Sendable {
  @usableFromInline var heap: [Scheduled] = []
  @usableFromInline var sequence: UInt64 = 0

  @inlinable
  init() {}

  @inlinable
  var first: Scheduled? { heap.first }

  @inlinable
  mutating func schedule(
    _ kind: Scheduled.Kind, at time: Nanoseconds, node: Int32, slot: Int32 = 0,
    generation: UInt32 = 0
  ) {
    sequence += 1
    let event = Scheduled(
      time: time, sequence: sequence, kind: kind, node: node, slot: slot, generation: generation)
    var place = heap.count
    heap.append(event)
    while place > 0 {
      let parent = (place - 1) / 4
      guard Scheduled.precedes(event, heap[parent]) else { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = event
  }

  /// Takes the earliest event, when it is not after `deadline`.
  @inlinable
  mutating func popFirst(until deadline: Nanoseconds) -> Scheduled? {
    guard let first = heap.first, first.time <= deadline else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    var place = 0
    while true {
      let firstChild = 4 * place + 1
      guard firstChild < heap.count else { break }
      var least = firstChild
      for child in firstChild + 1..<max(firstChild + 1, min(firstChild + 4, heap.count))
      where Scheduled.precedes(heap[child], heap[least]) {
        least = child
      }
      guard Scheduled.precedes(heap[least], last) else { break }
      heap[place] = heap[least]
      place = least
    }
    heap[place] = last
    return first
  }
}

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
