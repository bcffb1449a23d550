internal import Histories
internal import Values

/// The stamps of updates that decide about one thing: all of a register or of a tree, those of one
/// element of a set.
struct StampOrders {
  private struct Key: Hashable {
    var subject: ValueCode
    var origin: Int32
  }

  private let history: ReplicaHistory
  /// Of each subject and replica its updates by their numbers, each with the one up to it that has the
  /// greatest stamp.
  private var orders: [Key: [(number: Int32, greatest: Int32)]] = [:]

  /// - Complexity: O(*n*) for *n* updates.
  init(_ history: ReplicaHistory) {
    self.history = history
    for (origin, named) in history.named.enumerated() {
      for update in named where update >= 0 {
        guard let stamp = history.stamps[Int(update)] else { continue }
        let key = Key(subject: subject(of: Int(update)), origin: Int32(truncatingIfNeeded: origin))
        var greatest = update
        if let last = orders[key]?.last?.greatest, let other = history.stamps[Int(last)],
          stamp < other
        {
          greatest = last
        }
        orders[key, default: []].append((history.numbers[Int(update)], greatest))
      }
    }
  }

  private func subject(of update: Int) -> ValueCode {
    history.type == .lastWriterSet ? history.operands[update] : .null
  }

  /// Whether the stamps of two updates decide between them.
  func areOrdered(_ update: Int, _ other: Int) -> Bool { subject(of: update) == subject(of: other) }

  /// An update that another one had seen, and whose stamp is greater.
  ///
  /// - Complexity: O(*r* log *n*) for *r* replicas and *n* updates.
  func later(thanSeenBy update: Int) -> Int? {
    guard let stamp = history.stamps[update] else { return nil }
    for origin in 0..<Int32(truncatingIfNeeded: history.width) {
      var count = history.count(of: origin, in: history.rows[update])
      if origin == history.origins[update] { count = history.numbers[update] - 1 }
      guard count > 0, let order = orders[Key(subject: subject(of: update), origin: origin)] else {
        continue
      }
      var (low, high) = (0, order.count)
      while low < high {
        let middle = (low + high) / 2
        if order[middle].number <= count { low = middle + 1 } else { high = middle }
      }
      guard low > 0, case let seen = Int(order[low - 1].greatest), let other = history.stamps[seen],
        stamp < other
      else { continue }
      return seen
    }
    return nil
  }
}
