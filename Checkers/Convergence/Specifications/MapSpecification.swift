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
  /// The slots at each place and below it.
  private var slotsBelow: [[Int32]] = []
  /// The places in the map of each place, and last those in the outermost map, by key and type.
  private var children: [[Int32]] = []
  /// For each place the value that was last made, if anything was left of it.
  private var values: [Value?] = []
  private var isStale: [Bool] = []
  /// The outermost map, while nothing has changed it.
  private var whole: Value?

  init(_ history: ReplicaHistory) {
    self.history = history
    contributions = LiveContributions(history, slotCount: 0)
    for update in 0..<history.updateCount { actions.append(action(of: update)) }
    contributions = LiveContributions(history, slotCount: slotPlaces.count)
    slotsBelow = Array(repeating: [], count: places.count)
    for (slot, innermost) in slotPlaces.enumerated() {
      var place = innermost
      while place >= 0 {
        slotsBelow[Int(place)].append(Int32(truncatingIfNeeded: slot))
        place = places[Int(place)].parent
      }
    }
    arrange()
    reset()
  }

  /// Sorts the places of each map as reads show them.
  private mutating func arrange() {
    let table = history.table
    let names = places.map { place -> Value in
      [table.value(of: place.key), table.value(of: place.type)]
    }
    children = Array(repeating: [], count: places.count + 1)
    for place in places.indices.sorted(by: { names[$0] < names[$1] }) {
      let parent = places[place].parent
      children[parent < 0 ? places.count : Int(parent)].append(Int32(truncatingIfNeeded: place))
    }
  }

  mutating func reset() {
    contributions.reset()
    values = Array(repeating: nil, count: places.count)
    isStale = Array(repeating: false, count: places.count)
    whole = nil
  }

  /// Notes that what is at a place may have changed.
  private mutating func touch(_ innermost: Int32) {
    whole = nil
    var place = innermost
    while place >= 0, !isStale[Int(place)] {
      isStale[Int(place)] = true
      place = places[Int(place)].parent
    }
  }

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
    case .add(let slot, let amount):
      contributions.contribute(amount, to: slot, by: update)
      touch(slotPlaces[Int(slot)])
    case .take(let slot):
      contributions.take(slot, by: update)
      touch(slotPlaces[Int(slot)])
    case .write(let slot, let value):
      contributions.take(slot, by: update)
      contributions.contribute(Int(value.raw), to: slot, by: update)
      touch(slotPlaces[Int(slot)])
    case .remove(let place):
      for slot in slotsBelow[Int(place)] {
        contributions.take(slot, by: update)
        touch(slotPlaces[Int(slot)])
      }
    }
  }

  mutating func allows(_ answer: ValueCode) -> Bool { history.table.value(of: answer) == value }

  var value: Value {
    mutating get {
      if let whole { return whole }
      let value = map(at: Int32(truncatingIfNeeded: places.count))
      whole = value
      return value
    }
  }

  /// The map at a place, or, at the place behind all, the outermost one; what is stale is made anew.
  private mutating func map(at place: Int32) -> Value {
    var entries: [Value] = []
    for child in children[Int(place)] {
      if isStale[Int(child)] {
        isStale[Int(child)] = false
        values[Int(child)] = object(child)
      }
      guard let value = values[Int(child)] else { continue }
      let entry = places[Int(child)]
      entries.append(
        [history.table.value(of: entry.key), history.table.value(of: entry.type), value])
    }
    return .list(entries)
  }

  /// The value of an object, or nothing where nothing is left of it.
  private mutating func object(_ place: Int32) -> Value? {
    let live = slots[Int(place)].filter { !contributions[$0.value].isEmpty }
    switch history.table.value(of: places[Int(place)].type).name {
    case "or-map":
      let value = map(at: place)
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
