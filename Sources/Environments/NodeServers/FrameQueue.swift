import NIOCore

/// Messages that wait, the oldest of which make room for new ones.
package struct FrameQueue {
  private var messages = CircularBuffer<[UInt8]>()
  private var count = 0
  private let countMax: Int
  /// How many messages made room.
  package var droppedCount = 0

  /// - Parameter countMax: How many bytes wait at most.
  package init(countMax: Int) { self.countMax = countMax }

  package var isEmpty: Bool { messages.isEmpty }

  /// - Returns: Whether the first message was dropped now.
  package mutating func append(_ message: [UInt8]) -> Bool {
    let before = droppedCount
    messages.append(message)
    count += message.count
    while count > countMax, let dropped = messages.popFirst() {
      count -= dropped.count
      droppedCount += 1
    }
    return before == 0 && droppedCount > 0
  }

  package mutating func removeFirst() -> [UInt8]? {
    guard let message = messages.popFirst() else { return nil }
    count -= message.count
    return message
  }
}
