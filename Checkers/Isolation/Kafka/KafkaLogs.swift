/// The order of messages in each key's log, as sends and polls tell it.
///
/// An offset that something is known to stand at is a *slot*. The slots of all keys are numbered, key
/// by key in ascending order of their offsets, so that offsets may be as sparse as they like, and
/// slots that follow each other differ by one. What a send says counts only when it took effect, what
/// a poll says counts always.
struct KafkaLogs {
  /// The offset of each slot.
  private(set) var offsets: [Int] = []
  /// The key of each slot.
  private(set) var keys: [Int32] = []
  /// The first slot of each key, and of one more behind the last.
  private(set) var firstSlots: [Int32] = []
  /// The first and the last slot that a message stands at, or -1, and at how many it stands.
  private(set) var first: [Int32]
  private(set) var last: [Int32]
  private(set) var count: [Int32]
  /// All messages by slot; those of slot *s* from `starts[s]` up to `starts[s + 1]`.
  private(set) var messages: [Int32] = []
  private(set) var starts: [Int32] = []
  /// Where each send's message, and each polled pair, was seen: by its offset, without one by where
  /// the message stands last; -1 if unknown.
  private(set) var slotsOfSends: [Int32]
  private(set) var slotsOfPairs: [Int32]

  /// What a send, or a pair after all sends, says.
  private struct Place: Comparable {
    var offset: Int
    var message: Int32
    var source: Int32

    static func < (left: Place, right: Place) -> Bool {
      left.offset != right.offset ? left.offset < right.offset : left.message < right.message
    }
  }

  /// - Complexity: O(*n* log *n*) for *n* messages sent and polled.
  init(_ history: KafkaHistory) {
    first = Array(repeating: -1, count: history.messageCount)
    last = first
    count = Array(repeating: 0, count: history.messageCount)
    slotsOfSends = Array(repeating: -1, count: history.sends.count)
    slotsOfPairs = Array(repeating: -1, count: history.offsets.count)
    var places: [[Place]] = Array(repeating: [], count: history.keys.count)
    for (number, send) in history.sends.enumerated()
    where send.offset != KafkaHistory.unknown && history.isCommitted(Int(send.act)) {
      places[Int(send.key)].append(
        Place(
          offset: send.offset, message: send.message, source: Int32(truncatingIfNeeded: number)))
    }
    for run in history.runs.indices {
      let key = Int(history.runs[run].key)
      for pair in history.pairs(of: run) where history.offsets[pair] != KafkaHistory.unknown {
        places[key].append(
          Place(
            offset: history.offsets[pair], message: history.messages[pair],
            source: Int32(truncatingIfNeeded: history.sends.count + pair)))
      }
    }
    for key in places.indices {
      firstSlots.append(Int32(truncatingIfNeeded: offsets.count))
      // What clients see grows, so that there is little to sort.
      places[key].sort()
      for number in places[key].indices {
        append(
          places[key][number], after: number == 0 ? nil : places[key][number - 1],
          Int32(truncatingIfNeeded: key))
      }
      places[key] = []
    }
    firstSlots.append(Int32(truncatingIfNeeded: offsets.count))
    starts.append(Int32(truncatingIfNeeded: messages.count))
    addOtherSlots(history)
  }

  private mutating func append(_ place: Place, after previous: Place?, _ key: Int32) {
    if previous?.offset != place.offset {
      offsets.append(place.offset)
      keys.append(key)
      starts.append(Int32(truncatingIfNeeded: messages.count))
    }
    let slot = Int32(truncatingIfNeeded: offsets.count - 1)
    let source = Int(place.source)
    if source < slotsOfSends.count {
      slotsOfSends[source] = slot
    } else {
      slotsOfPairs[source - slotsOfSends.count] = slot
    }
    guard previous?.offset != place.offset || previous?.message != place.message else { return }
    let message = Int(place.message)
    messages.append(place.message)
    if first[message] < 0 { first[message] = slot }
    last[message] = slot
    count[message] += 1
  }

  /// Adds where those were seen that say nothing of the order.
  private mutating func addOtherSlots(_ history: KafkaHistory) {
    for (number, send) in history.sends.enumerated() where slotsOfSends[number] < 0 {
      guard send.offset != KafkaHistory.unknown else {
        slotsOfSends[number] = last[Int(send.message)]
        continue
      }
      let slot = slot(of: send.key, from: send.offset)
      if slot < slots(of: send.key).upperBound, offsets[slot] == send.offset {
        slotsOfSends[number] = Int32(truncatingIfNeeded: slot)
      }
    }
    for pair in slotsOfPairs.indices where slotsOfPairs[pair] < 0 {
      slotsOfPairs[pair] = last[Int(history.messages[pair])]
    }
  }

  /// The slots of a key.
  func slots(of key: Int32) -> Range<Int> {
    Int(firstSlots[Int(key)])..<Int(firstSlots[Int(key) + 1])
  }

  /// The first slot of a key that is not before an offset; the end of its slots where none is.
  func slot(of key: Int32, from offset: Int) -> Int {
    var (low, high) = (slots(of: key).lowerBound, slots(of: key).upperBound)
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func messages(at slot: Int) -> ArraySlice<Int32> {
    messages[Int(starts[slot])..<Int(starts[slot + 1])]
  }

  /// All slots that a message stands at.
  func slots(of message: Int32, in key: Int32) -> [Int] {
    slots(of: key).filter { messages(at: $0).contains(message) }
  }
}
