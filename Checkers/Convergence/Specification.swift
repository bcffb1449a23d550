internal import Histories
internal import Values

/// What reads of a replicated data type must answer, given the updates that they have seen.
///
/// It takes in the updates of one context after the other, each larger than the one before; what it
/// says depends on which updates it has taken in, and not on their order: that is the function of
/// Burckhardt et al., *Replicated data types: specification, verification, optimality* (2014).
protocol Specification {
  init(_ history: ReplicaHistory)

  /// Forgets all updates.
  mutating func reset()

  /// Takes in an update that was not visible yet.
  mutating func see(_ update: Int)

  /// Whether a read must have this answer.
  mutating func allows(_ answer: ValueCode) -> Bool

  /// What a read must answer.
  var value: Value { mutating get }
}

/// Contributions of updates to slots of an object (elements, items, flags), each of which counts until an
/// update that had seen it takes the slot away.
///
/// A slot remembers, for each replica, up to which of its updates contributions are taken away, so that
/// the order in which updates come does not matter.
struct LiveContributions {
  struct Contribution: Hashable {
    var origin: Int32
    var number: Int32
    /// What it contributes.
    var amount: Int
  }

  private let history: ReplicaHistory
  private let width: Int
  /// For each slot its row of `taken`, or -1.
  private var takenRows: [Int32] = []
  private var taken: [Int32] = []
  private var live: [[Contribution]] = []
  /// How many slots something is left of.
  private(set) var liveCount = 0

  init(_ history: ReplicaHistory, slotCount: Int) {
    self.history = history
    width = history.width
    takenRows = Array(repeating: -1, count: slotCount)
    live = Array(repeating: [], count: slotCount)
  }

  mutating func reset() {
    for slot in live.indices {
      takenRows[slot] = -1
      live[slot] = []
    }
    taken = []
    liveCount = 0
  }

  subscript(slot: Int32) -> [Contribution] { live[Int(slot)] }

  var slotCount: Int { live.count }

  /// Takes away all contributions to a slot that an update had seen before it was made.
  mutating func take(_ slot: Int32, by update: Int) {
    if takenRows[Int(slot)] < 0 {
      takenRows[Int(slot)] = Int32(truncatingIfNeeded: taken.count / max(width, 1))
      taken.append(contentsOf: repeatElement(0, count: width))
    }
    let start = Int(takenRows[Int(slot)]) * width
    let row = history.rows[update]
    for replica in 0..<width {
      var seen = history.count(of: Int32(truncatingIfNeeded: replica), in: row)
      if replica == Int(history.origins[update]) { seen = history.numbers[update] - 1 }
      taken[start + replica] = max(taken[start + replica], seen)
    }
    guard !live[Int(slot)].isEmpty else { return }
    live[Int(slot)].removeAll { $0.number <= taken[start + Int($0.origin)] }
    if live[Int(slot)].isEmpty { liveCount -= 1 }
  }

  /// Adds what an update contributes to a slot, unless it was taken away already.
  mutating func contribute(_ amount: Int, to slot: Int32, by update: Int) {
    let (origin, number) = (history.origins[update], history.numbers[update])
    let row = takenRows[Int(slot)]
    if row >= 0, number <= taken[Int(row) * width + Int(origin)] { return }
    if live[Int(slot)].isEmpty { liveCount += 1 }
    live[Int(slot)].append(Contribution(origin: origin, number: number, amount: amount))
  }
}
