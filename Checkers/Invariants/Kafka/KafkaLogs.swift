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
  private(set) var keys: [Int] = []
  /// The slots of each key.
  private(set) var slotsOfKey: [Range<Int>]
  /// The first and the last slot that a message stands at, or -1, and at how many it stands.
  private(set) var first: [Int]
  private(set) var last: [Int]
  private(set) var count: [Int]
  /// All messages by slot; those of slot *s* from `starts[s]` up to `starts[s + 1]`.
  private(set) var messages: [Int] = []
  private(set) var starts: [Int] = []

  private struct Place: Comparable {
    var key: Int
    var offset: Int
    var message: Int

    static func < (left: Place, right: Place) -> Bool {
      (left.key, left.offset, left.message) < (right.key, right.offset, right.message)
    }
  }

  /// - Complexity: O(*n* log *n*) for *n* messages sent and polled.
  init(_ history: KafkaHistory) {
    var places: [Place] = []
    places.reserveCapacity(history.sends.count + history.offsets.count)
    for send in history.sends
    where send.offset != KafkaHistory.unknown && history.isCommitted(send.act) {
      places.append(Place(key: send.key, offset: send.offset, message: send.message))
    }
    for run in history.runs {
      for pair in run.pairs where history.offsets[pair] != KafkaHistory.unknown {
        places.append(
          Place(
            key: run.key, offset: history.offsets[pair], message: history.messages[pair]))
      }
    }
    places.sort()
    first = Array(repeating: -1, count: history.texts.count)
    last = first
    count = Array(repeating: 0, count: history.texts.count)
    slotsOfKey = Array(repeating: 0..<0, count: history.keys.count)
    for (number, place) in places.enumerated() where number == 0 || places[number - 1] != place {
      append(place)
    }
    starts.append(messages.count)
  }

  private mutating func append(_ place: Place) {
    let slot = offsets.count - 1
    if slot < 0 || keys[slot] != place.key || offsets[slot] != place.offset {
      if slot < 0 || keys[slot] != place.key {
        slotsOfKey[place.key] = offsets.count..<offsets.count
      }
      offsets.append(place.offset)
      keys.append(place.key)
      starts.append(messages.count)
      slotsOfKey[place.key] = slotsOfKey[place.key].lowerBound..<offsets.count
    }
    messages.append(place.message)
    if first[place.message] < 0 { first[place.message] = offsets.count - 1 }
    last[place.message] = offsets.count - 1
    count[place.message] += 1
  }

  /// The first slot of a key that is not before an offset; the end of its slots where none is.
  func slot(of key: Int, from offset: Int) -> Int {
    var low = slotsOfKey[key].lowerBound
    var high = slotsOfKey[key].upperBound
    while low < high {
      let middle = (low + high) / 2
      if offsets[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Where a message was seen: by its offset, without one by where it stands last; -1 if unknown.
  func slot(of key: Int, _ offset: Int, _ message: Int) -> Int {
    guard offset != KafkaHistory.unknown else { return last[message] }
    let slot = slot(of: key, from: offset)
    return slot < slotsOfKey[key].upperBound && offsets[slot] == offset ? slot : -1
  }

  func messages(at slot: Int) -> ArraySlice<Int> { messages[starts[slot]..<starts[slot + 1]] }

  /// All slots that a message stands at.
  func slots(of message: Int, in key: Int) -> [Int] {
    slotsOfKey[key].filter { messages(at: $0).contains(message) }
  }
}
