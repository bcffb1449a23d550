/// A history's operations in their places in a search's masks.
///
/// Operations that must take effect have slots that are used again once they returned, so the
/// masks are as wide as the history is concurrent; crashed operations never return and are
/// numbered.
struct Placement {
  /// An operation as the search needs it.
  struct Place {
    var action: Action
    /// The slot among the open operations, or the number among the crashed ones.
    var slot: Int32
    var isRequired: Bool
    var isPure: Bool
    /// The operation that had the slot before, or -1.
    ///
    /// For a crashed operation: the slot of the last crashed one before it that does the same.
    var previous: Int32
  }

  let events: [Int32]
  private(set) var places: [Place] = []
  /// How many slots there are.
  private(set) var slots = 0
  /// The crashed operations.
  private(set) var crashed: [Int32] = []

  /// How wide the masks must be.
  var bits: Int { max(slots, crashed.count, 1) }

  /// - Complexity: O(*n*).
  init(_ history: ObjectHistory<Action>) {
    events = history.events
    places.reserveCapacity(history.count)
    let required = history.required
    var free: [Int32] = []
    var occupants: [Int32] = []
    var alike: [Action: Int32] = [:]
    for event in history.events {
      let operation = Int(event >> 1)
      if event & 1 == 1 {
        free.append(places[operation].slot)
        continue
      }
      let action = history.actions[operation]
      var place = Place(
        action: action, slot: 0, isRequired: required[operation], isPure: action.isPure,
        previous: -1)
      if place.isRequired {
        place.slot = free.popLast() ?? Int32(occupants.count)
        if Int(place.slot) == occupants.count { occupants.append(-1) }
        place.previous = occupants[Int(place.slot)]
        occupants[Int(place.slot)] = Int32(operation)
      } else {
        place.slot = Int32(crashed.count)
        place.previous = alike.updateValue(place.slot, forKey: action) ?? -1
        crashed.append(Int32(operation))
      }
      places.append(place)
    }
    slots = occupants.count
  }
}
