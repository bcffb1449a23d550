import Nodes
import Values

/// What a node has for others, each of whom gets all of it, again and again until it says that it
/// has it: a stubborn link to each (Cachin, Guerraoui, Rodrigues, 2011, section 2.4.3).
///
/// Items are numbered from 0 in the order in which they were added. One that is added again after a
/// restart, in the same order, has the same number; who has it then has to be told anew.
struct Outbox<Item: StablyCodable & Hashable & Sendable>: Hashable, Sendable, StablyEncodable {
  /// An item on its way.
  struct Parcel: Hashable, Sendable, StablyCodable {
    var number: Int
    var item: Item

    init(number: Int, item: Item) {
      self.number = number
      self.item = item
    }

    func encode(into sink: inout some ByteSink) {
      sink.put(number)
      item.encode(into: &sink)
    }

    init?(from source: inout ByteSource) {
      guard let number = source.integer(), let item = Item(from: &source) else { return nil }
      self.init(number: number, item: item)
    }
  }

  /// What is known of a receiver.
  private struct Receiver: Hashable, Sendable {
    var id: NodeID
    /// The numbers of the items that it has not acknowledged, in ascending order.
    var missing: [Int] = []
    /// Items from this number on were added since overdue ones were looked for.
    var fresh = 0
  }

  /// The most items in one message.
  private static var batchLimit: Int { 500 }

  private(set) var items: [Item] = []
  private var receivers: [Receiver]

  init(to receivers: [NodeID]) { self.receivers = receivers.map { Receiver(id: $0) } }

  /// Whether all have all.
  var isEmpty: Bool { receivers.allSatisfy(\.missing.isEmpty) }

  /// Takes in an item, for all but one.
  @discardableResult
  mutating func add(_ item: Item, except excluded: NodeID? = nil) -> Parcel {
    let number = items.count
    items.append(item)
    for place in receivers.indices where receivers[place].id != excluded {
      receivers[place].missing.append(number)
    }
    return Parcel(number: number, item: item)
  }

  /// Who is to get what is added.
  func receivers(except excluded: NodeID?) -> [NodeID] {
    receivers.map(\.id).filter { $0 != excluded }
  }

  /// Notes that a receiver has some items.
  mutating func acknowledge(_ numbers: [Int], by id: NodeID) {
    guard let place = receivers.firstIndex(where: { $0.id == id }) else { return }
    let had = Set(numbers)
    receivers[place].missing.removeAll { had.contains($0) }
  }

  /// What is to be sent again, to whom: all that was not acknowledged since this was asked last.
  mutating func overdue() -> [(to: NodeID, parcels: [Parcel])] {
    var due: [(to: NodeID, parcels: [Parcel])] = []
    for place in receivers.indices {
      let numbers = receivers[place].missing.prefix { $0 < receivers[place].fresh }
      let parcels = numbers.prefix(Outbox.batchLimit).map { number in
        Parcel(number: number, item: items[number])
      }
      if !parcels.isEmpty { due.append((receivers[place].id, parcels)) }
      receivers[place].fresh = items.count
    }
    return due
  }

  /// What anyone lacks, to be sent at once after a restart.
  mutating func everythingMissing() -> [(to: NodeID, parcels: [Parcel])] {
    for place in receivers.indices { receivers[place].fresh = items.count }
    return overdue()
  }

  func encode(into sink: inout some ByteSink) {
    sink.put(items)
    sink.put(receivers.count)
    for receiver in receivers {
      sink.put(receiver.id)
      sink.put(receiver.missing)
      sink.put(receiver.fresh)
    }
  }
}
