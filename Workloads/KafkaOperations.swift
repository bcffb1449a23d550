import Generators
import Histories
import Values

/// Sends, polls and assignments of Kafka-style logs, on keys that rotate.
///
/// `send` ["k", v], `poll` null and `assign` ["k", …]. A few keys are in use at a time, each twice as
/// popular as the one in the slot before; the messages of a key are 1, 2, 3 and so on, and after a
/// bounded number of them a fresh key takes its slot. Sends and polls are equally likely. One
/// operation in 64 is an assignment of the key that it would have been about, and a third of the
/// assignments also has all keys of which something is known to be sent and not polled yet.
///
/// A client that has nothing assigned would poll nothing: unless told otherwise it assigns itself
/// the key in place of polling.
struct KafkaOperations: Generator {
  private struct Slot: Sendable {
    var key: Int
    var sent = 0
  }

  /// The most keys whose popularity may double from one to the next.
  static let slotsMax = 32

  private var draws: Draws
  private var slots: [Slot]
  private var fresh: Int
  private let writesPerKey: Int
  private let assignsFirst: Bool
  private var progress = KafkaProgress()
  /// The threads whose process has something assigned.
  private var assigned: Set<Int> = []

  /// - Parameter assignsFirst: Whether a client without an assignment makes one before it polls.
  init(seed: UInt64, keyCount: Int, writesPerKey: Int, assignsFirst: Bool) {
    draws = Draws(seed: seed)
    slots = (0..<keyCount).map { Slot(key: $0) }
    fresh = keyCount
    self.writesPerKey = writesPerKey
    self.assignsFirst = assignsFirst
  }

  mutating func next(_ context: GeneratorContext) -> Offer {
    guard context.hasFreeThread else { return .pending }
    var invocation = Invocation(f: "poll", in: context)
    // Always the same number of draws, so that what happened shifts none of those to come.
    let slot = drawSlot()
    let isSend = draws.below(2) == 0
    let isAssignment = draws.below(64) == 0
    let hasUnpolled = draws.below(3) == 0
    let key = slots[slot].key
    if isAssignment || (!isSend && assignsFirst && !assigned.contains(invocation.thread)) {
      invocation.f = "assign"
      var keys = hasUnpolled ? progress.unpolled : []
      if !keys.contains(key) { keys.append(key) }
      invocation.value = .list(keys.map { .string("\($0)") })
    } else if isSend {
      slots[slot].sent += 1
      invocation.f = "send"
      invocation.value = [.string("\(key)"), .integer(slots[slot].sent)]
      if slots[slot].sent >= writesPerKey {
        slots[slot] = Slot(key: fresh)
        fresh += 1
      }
    }
    return .invocation(invocation)
  }

  /// A slot, each twice as likely as the one before it.
  private mutating func drawSlot() -> Int {
    let last = slots.count - 1
    let weights = min(slots.count, KafkaOperations.slotsMax)
    let drawn = draws.below((1 << weights) - 1) + 1
    // A number from 2^i up to 2^(i+1) stands for slot i of the most popular ones.
    return last - (weights - 1) + (Int.bitWidth - 1 - drawn.leadingZeroBitCount)
  }

  mutating func update(_ event: Operation, thread: Int, _ context: GeneratorContext) {
    switch event.type {
    case .ok where event.f == "assign": assigned.insert(thread)
    case .ok: progress.note(event)
    // The next process of this thread begins without an assignment.
    case .info: assigned.remove(thread)
    case .invoke, .fail: break
    }
  }
}

/// The highest offsets of each key that were sent and polled, where there is a difference.
struct KafkaProgress: Sendable {
  private var sent: [Int: Int] = [:]
  private var polled: [Int: Int] = [:]

  /// The keys of which more is known to be sent than polled, in ascending order.
  var unpolled: [Int] { sent.keys.sorted() }

  mutating func note(_ event: Operation) {
    for (text, offset) in event.highestOffsets {
      guard let key = Int(text) else { continue }
      if event.f == "send" {
        sent[key] = max(sent[key] ?? offset, offset)
      } else {
        polled[key] = max(polled[key] ?? offset, offset)
      }
      if polled[key] ?? -1 >= sent[key] ?? -1 {
        sent[key] = nil
        polled[key] = nil
      }
    }
  }
}

extension Operation {
  /// The highest offset of each key that a send or poll that succeeded has to do with.
  var highestOffsets: [(key: String, offset: Int)] {
    switch (f, value) {
    case ("send", .list(let pair)):
      guard pair.count == 2, let key = pair[0].name, let offset = pair[1].elements?.first?.integer
      else { return [] }
      return [(key, offset)]
    case ("poll", .map(let messages)):
      return messages.entries.compactMap { entry in
        guard let key = entry.key.name,
          let offset = entry.value.elements?.compactMap({ $0.elements?.first?.integer }).max()
        else { return nil }
        return (key, offset)
      }
    default: return []
    }
  }
}
