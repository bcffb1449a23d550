import Values

/// Messages under way, in the order in which they are due: a binary heap.
struct DeliveryQueue<Message> {
  private struct Entry {
    var due: Nanoseconds
    /// Messages that are due at one time arrive in the order in which they were sent.
    var number: UInt64
    var message: Message

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private var entries: [Entry] = []
  private var number: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  /// When the first message is due.
  var firstDue: Nanoseconds? { entries.first?.due }

  /// - Complexity: O(log *n*).
  mutating func insert(_ message: Message, due: Nanoseconds) {
    number += 1
    entries.append(Entry(due: due, number: number, message: message))
    var child = entries.count - 1
    while child > 0, case let parent = (child - 1) / 2, entries[child] < entries[parent] {
      entries.swapAt(child, parent)
      child = parent
    }
  }

  /// The next message that is due at `now`, if any.
  ///
  /// - Complexity: O(log *n*).
  mutating func removeFirst(dueAt now: Nanoseconds) -> Message? {
    guard let first = entries.first, first.due <= now else { return nil }
    return popFirst()?.message
  }

  /// The next message, and when it is due.
  ///
  /// - Complexity: O(log *n*).
  mutating func popFirst() -> (message: Message, due: Nanoseconds)? {
    guard let first = entries.first else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2
      where child < entries.count && entries[child] < entries[least] { least = child }
      guard least != parent else { return (first.message, first.due) }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  mutating func removeAll() { entries.removeAll() }
}
