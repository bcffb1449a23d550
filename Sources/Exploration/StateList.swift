/// States in full, one after the other: what is to be expanded.
///
/// A state is an array of numbers: ``Layout``'s fields, a number for each node, and one for each
/// message on its way. The order of the messages is that of their sending, which only a FIFO network
/// looks at.
final class StateList {
  enum Layout {
    static let clients = 0
    static let memory = 1
    /// What went wrong so far: crashes, drops, duplicates and timeouts, a byte each.
    static let budgets = 2
    static let marks = 3
    static let processes = 4
  }

  struct State {
    var words: UnsafeMutablePointer<UInt32>
    var count: Int
    var fingerprint: Fingerprint
  }

  @exclusivity(unchecked) private var words = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private var ends = GrowingBuffer<Int>()
  @exclusivity(unchecked) private var fingerprints = GrowingBuffer<Fingerprint>()

  deinit {
    words.deallocate()
    ends.deallocate()
    fingerprints.deallocate()
  }

  var count: Int { ends.count }
  var bytes: Int { words.bytes + ends.bytes + fingerprints.bytes }

  /// Valid until something is added.
  @inline(__always)
  subscript(place: Int) -> State {
    let start = place == 0 ? 0 : ends[place - 1]
    return State(
      words: words.base + start, count: ends[place] - start, fingerprint: fingerprints[place])
  }

  /// Adds a state of which at most so many words will be written.
  @inline(__always)
  func begin(_ limit: Int) -> UnsafeMutablePointer<UInt32> { words.extend(by: limit) }

  /// Ends the state that was begun.
  @inline(__always)
  func end(_ count: Int, of limit: Int, _ fingerprint: Fingerprint) {
    words.removeLast(limit - count)
    ends.append(words.count)
    fingerprints.append(fingerprint)
  }

  func append(_ state: State) {
    begin(state.count).update(from: state.words, count: state.count)
    end(state.count, of: state.count, state.fingerprint)
  }

  func append(_ words: [UInt32], _ fingerprint: Fingerprint) {
    let target = begin(words.count)
    for (place, word) in words.enumerated() { target[place] = word }
    end(words.count, of: words.count, fingerprint)
  }

  func removeLast() {
    let start = count == 1 ? 0 : ends[count - 2]
    words.removeLast(words.count - start)
    ends.removeLast(1)
    fingerprints.removeLast(1)
  }

  func removeAll() {
    words.removeAll()
    ends.removeAll()
    fingerprints.removeAll()
    words.shrink()
    ends.shrink()
    fingerprints.shrink()
  }
}
