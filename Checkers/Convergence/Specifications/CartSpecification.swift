internal import Histories
internal import Values

/// A shopping cart: an item's quantity is the sum of what no change or remove of it had seen.
struct CartSpecification: Specification {
  private let history: ReplicaHistory
  private let items: Elements
  private var amounts: [Int]
  private var quantities: LiveContributions

  private static let remove: UInt8 = 2
  private static let add: UInt8 = 0

  init(_ history: ReplicaHistory) {
    self.history = history
    items = Elements(history) { update in
      history.functions[update] == CartSpecification.remove
        ? history.operands[update]
        : history.table.pair(of: history.operands[update])?.0 ?? history.operands[update]
    }
    amounts = (0..<history.updateCount).map { update in
      guard let pair = history.table.pair(of: history.operands[update]) else { return 0 }
      return history.table.value(of: pair.1).integer ?? 0
    }
    quantities = LiveContributions(history, slotCount: items.count)
  }

  mutating func reset() { quantities.reset() }

  mutating func see(_ update: Int) {
    let item = items.slots[update]
    if history.functions[update] != CartSpecification.add { quantities.take(item, by: update) }
    guard history.functions[update] != CartSpecification.remove else { return }
    quantities.contribute(amounts[update], to: item, by: update)
  }

  private func quantity(of item: Int32) -> Int { quantities[item].reduce(0) { $0 &+ $1.amount } }

  func allows(_ answer: ValueCode) -> Bool {
    guard let read = history.table.elements(of: answer), read.count == quantities.liveCount else {
      return false
    }
    var seen: Set<ValueCode> = []
    return read.allSatisfy { entry in
      guard let (item, quantity) = history.table.pair(of: entry), seen.insert(item).inserted,
        let slot = items.number(of: item), !quantities[slot].isEmpty
      else { return false }
      return history.table.value(of: quantity) == .integer(self.quantity(of: slot))
    }
  }

  var value: Value {
    .list(
      (0..<Int32(items.count)).filter { !quantities[$0].isEmpty }
        .map { [items.value(Int($0)), .integer(quantity(of: $0))] }.sorted())
  }
}
