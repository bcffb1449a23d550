import Values

/// How one of Maelstrom's receiving threads takes messages in.
///
/// It takes up the one that is due first, looks whether its link is cut, and sleeps until it is due.
/// Whatever comes meanwhile waits, even what is due before.
struct SleepingReceiver {
  private var queue = DeliveryQueue<MessageUnderWay>()
  private var held: (message: MessageUnderWay, due: Nanoseconds)?

  var isIdle: Bool { held == nil && queue.isEmpty }

  /// When it will have something to deliver.
  var nextWake: Nanoseconds? { held?.due ?? queue.firstDue }

  mutating func insert(_ message: MessageUnderWay, due: Nanoseconds) {
    queue.insert(message, due: due)
  }

  /// The next message that it delivers now, if any; then the next is taken up.
  ///
  /// - Parameter loses: Whether a message that is taken up now is lost.
  mutating func take(
    at now: Nanoseconds, loses: (MessageUnderWay) -> Bool
  ) -> MessageUnderWay? {
    while held == nil, let first = queue.popFirst() {
      if !loses(first.message) { held = first }
    }
    guard let ready = held, ready.due <= now else { return nil }
    held = nil
    return ready.message
  }

  mutating func clear() {
    queue.removeAll()
    held = nil
  }
}
