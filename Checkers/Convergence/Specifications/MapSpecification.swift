internal import Histories
internal import Values

/// A map of nested objects, of which a remove takes away what it had seen.
///
/// A path of keys leads to an object of a plain type; a contribution counts until it is taken away at its
/// own object, or at any key on the way to it.
struct MapSpecification: Specification {
  /// A key with its type, in the map of a parent.
  private struct Place: Hashable {
    /// -1 for the outermost map.
    var parent: Int32
    var key: ValueCode
    var type: ValueCode
  }

  /// What an update does at the end of its path.
  private enum Action {
    case add(slot: Int32, amount: Int)
    case take(slot: Int32)
    case write(slot: Int32, value: ValueCode)
    case remove(place: Int32)
    case nothing
  }

  private let history: ReplicaHistory
  private var places: [Place] = []
  private var numbers: [Place: Int32] = [:]
  /// For each place its contributions by element: a counter and a register have one, null.
  private var slots: [[ValueCode: Int32]] = []
  private var slotPlaces: [Int32] = []
  private var actions: [Action] = []
  private var contributions: LiveContributions

  init(_ history: ReplicaHistory) {
    self.history = history
    contributions = LiveContributions(history, slotCount: 0)
    for update in 0..<history.updateCount { actions.append(action(of: update)) }
    contributions = LiveContributions(history, slotCount: slotPlaces.count)
  }

  mutating func reset() { contributions.reset() }

  private mutating func place(_ key: ValueCode, _ type: ValueCode, in parent: Int32) -> Int32 {
    let place = Place(parent: parent, key: key, type: type)
    if let known = numbers[place] { return known }
    let number = Int32(truncatingIfNeeded: places.count)
    numbers[place] = number
    places.append(place)
    slots.append([:])
    return number
  }

  private mutating func slot(_ element: ValueCode, at place: Int32) -> Int32 {
    if let known = slots[Int(place)][element] { return known }
    let number = Int32(truncatingIfNeeded: slotPlaces.count)
    slots[Int(place)][element] = number
    slotPlaces.append(place)
    return number
  }

  private mutating func action(of update: Int) -> Action {
    var f = history.type.updates[Int(history.functions[update])].f
    var operand = history.operands[update]
    var parent: Int32 = -1
    while true {
      guard let parts = history.table.elements(of: operand).map({ Array($0) }), parts.count >= 2
      else { return .nothing }
      let place = place(parts[0], parts[1], in: parent)
      if f == "remove" { return .remove(place: place) }
      guard parts.count == 4 else { return .nothing }
      let type = history.table.value(of: parts[1]).name ?? ""
      f = history.table.value(of: parts[2]).name ?? ""
      operand = parts[3]
      switch (type, f) {
      case ("or-map", "update"), ("or-map", "remove"): parent = place
      case ("pn-counter", "add"):
        let amount = history.table.value(of: operand).integer ?? 0
        return .add(slot: slot(.null, at: place), amount: amount)
      case ("or-set", "add"): return .add(slot: slot(operand, at: place), amount: 1)
      case ("or-set", "remove"): return .take(slot: slot(operand, at: place))
      case ("mv-register", "write"): return .write(slot: slot(.null, at: place), value: operand)
      default: return .nothing
      }
    }
  }

  mutating func see(_ update: Int) {
    switch actions[update] {
    case .nothing: return
    case .add(let slot, let amount): contributions.contribute(amount, to: slot, by: update)
    case .take(let slot): contributions.take(slot, by: update)
    case .write(let slot, let value):
      contributions.take(slot, by: update)
      contributions.contribute(Int(value.raw), to: slot, by: update)
    case .remove(let place):
      for slot in slotPlaces.indices where isWithin(slotPlaces[slot], place) {
        contributions.take(Int32(slot), by: update)
      }
    }
  }

  private func isWithin(_ place: Int32, _ outer: Int32) -> Bool {
    var place = place
    while place != outer {
      guard place >= 0 else { return false }
      place = places[Int(place)].parent
    }
    return true
  }

  func allows(_ answer: ValueCode) -> Bool { history.table.value(of: answer) == value }

  var value: Value { value(of: -1) }

  private func value(of map: Int32) -> Value {
    var entries: [Value] = []
    for (place, entry) in places.enumerated() where entry.parent == map {
      guard let value = object(Int32(place)) else { continue }
      entries.append(
        [history.table.value(of: entry.key), history.table.value(of: entry.type), value])
    }
    return .list(entries.sorted())
  }

  /// The value of an object, or nothing where nothing is left of it.
  private func object(_ place: Int32) -> Value? {
    let live = slots[Int(place)].filter { !contributions[$0.value].isEmpty }
    switch history.table.value(of: places[Int(place)].type).name {
    case "or-map":
      let value = value(of: place)
      guard value != [] else { return nil }
      return value
    case "pn-counter":
      return live[.null].map { slot in
        .integer(contributions[slot].reduce(0) { $0 &+ $1.amount })
      }
    case "or-set":
      guard !live.isEmpty else { return nil }
      return .list(live.keys.map { history.table.value(of: $0) }.sorted())
    case "mv-register":
      return live[.null].map { slot in
        .list(
          Set(contributions[slot].map(\.amount)).map {
            history.table.value(of: ValueCode(raw: Int32(truncatingIfNeeded: $0)))
          }.sorted())
      }
    default: return nil
    }
  }
}
