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
    /// A crash that waited for an event long enough.
    case crash
    /// A process that was resumed takes what was held back.
    case drain
    /// A disk that stalls ends an operation.
    case stalled
    /// All chance comes from another seed.
    case reseed
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
  /// The number of the last event; those below `firstSequence` come before all others of a time.
  @usableFromInline var sequence = EventQueue.firstSequence
  private var nextSequence: UInt64 = 0

  @usableFromInline static let firstSequence: UInt64 = 1 << 40

  @usableFromInline
  init() {}

  @inlinable
  mutating func schedule(
    _ kind: Scheduled.Kind, at time: Nanoseconds, node: Int32, slot: Int32 = 0,
    generation: UInt32 = 0
  ) {
    sequence += 1
    insert(
      Scheduled(
        time: time, sequence: sequence, kind: kind, node: node, slot: slot,
        generation: generation))
  }

  /// Schedules an event before all others of its time but those that were scheduled so.
  mutating func scheduleNext(_ kind: Scheduled.Kind, at time: Nanoseconds, node: Int32) {
    nextSequence += 1
    insert(
      Scheduled(
        time: time, sequence: nextSequence, kind: kind, node: node, slot: 0, generation: 0))
  }

  @usableFromInline
  mutating func insert(_ event: Scheduled) {
    var place = heap.count
    heap.append(event)
    heap.withUnsafeMutableBufferPointer { heap in
      while place > 0 {
        let parent = (place - 1) / 4
        guard Scheduled.precedes(event, heap[parent]) else { break }
        heap[place] = heap[parent]
        place = parent
      }
      heap[place] = event
    }
  }

  /// Takes the earliest event, when it is not after `deadline`.
  @usableFromInline
  mutating func popFirst(until deadline: Nanoseconds) -> Scheduled? {
    guard let first = heap.first, first.time <= deadline else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty { sink(last) }
    return first
  }

  /// Puts an event in the place of the first, and lets it sink to where it belongs.
  private mutating func sink(_ event: Scheduled) {
    heap.withUnsafeMutableBufferPointer { heap in
      var place = 0
      while true {
        let firstChild = 4 * place + 1
        guard firstChild < heap.count else { break }
        var least = firstChild
        for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, heap.count))
        where Scheduled.precedes(heap[child], heap[least]) {
          least = child
        }
        guard Scheduled.precedes(heap[least], event) else { break }
        heap[place] = heap[least]
        place = least
      }
      heap[place] = event
    }
  }
}
