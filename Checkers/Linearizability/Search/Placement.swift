/// A history's operations in their places in a search's masks, ready to be searched.
///
/// Operations that must take effect have slots that are used again once they returned, so the
/// masks are as wide as the history is concurrent; crashed operations never return and are
/// numbered.
struct Placement: ~Copyable {
  /// An operation as the search needs it.
  struct Place {
    enum Kind: UInt8 {
      case observe, differ, set, move, apply, inspect
    }

    var kind: Kind
    var isRequired = false
    var isPure: Bool
    /// Whether it can't matter, and is left out.
    var isDropped = false
    /// The state that it sees, or differs from; the number of an operation of the model.
    var seen: Int32
    /// The state that it leads to.
    var target: Int32
    /// The slot among the open operations, or the number among the crashed ones.
    var slot: Int32 = 0
    /// The operation that had the slot before, or -1.
    ///
    /// For a crashed operation: the slot of the last crashed one before it that does the same.
    var previous: Int32 = -1
    var invoked: Int32
    /// The event at which it returns, or a greater number than any.
    var returned: Int32 = .max
    /// The next operation that must see the same state as this one.
    var nextDemand: Int32 = -1
    /// The next operation that leads to the same state as this one.
    var nextSource: Int32 = -1

    init(_ action: Action, invoked: Int32) {
      self.invoked = invoked
      isPure = action.isPure
      switch action {
      case .observe(let state): (kind, seen, target) = (.observe, state, state)
      case .differ(let state): (kind, seen, target) = (.differ, state, state)
      case .set(let state): (kind, seen, target) = (.set, state, state)
      case .move(let from, let to): (kind, seen, target) = (.move, from, to)
      case .apply(let number): (kind, seen, target) = (.apply, number, -1)
      case .inspect(let number): (kind, seen, target) = (.inspect, number, -1)
      }
    }

    /// Whether only one state lets it happen.
    var isBound: Bool { kind == .observe || kind == .move }
    /// Whether it always leads to the same state.
    var leads: Bool { kind == .set || kind == .move }

    /// Whether it is possible in a state for a reason that lies in that state.
    @inline(__always)
    func sees(_ state: Int32) -> Bool {
      switch kind {
      case .observe, .move: seen == state
      case .differ: seen != state
      case .set: false
      case .apply, .inspect: true
      }
    }
  }

  /// The events of the operations that matter: an operation × 2, + 1 for its return.
  private(set) var events: Column<Int32>
  /// All operations.
  private(set) var places: Column<Place>
  /// How many slots there are.
  private(set) var slots = 0
  /// The crashed operations that matter.
  private(set) var crashed = Column<Int32>()
  /// Whether the actions say all there is to know of the states, which are then numbered from 0.
  let isTransparent: Bool
  /// Whether some operation is possible in all states but one.
  private(set) var hasDiffering = false
  /// The state that the object begins in.
  private(set) var initial: Int32
  /// What is known of each state, where the operations are transparent.
  private(set) var states = Column<StateLinks>()

  /// What the states' numbers stand for, where the operations are transparent.
  private var codes: [Int32] = []

  /// What a state's number stands for.
  func code(of state: Int32) -> Int32 { isTransparent ? codes[Int(state)] : state }

  /// How wide the masks must be.
  var bits: Int { max(slots, crashed.count, 1) }

  /// - Parameter keepsInert: Whether operations that can't matter are searched all the same.
  /// - Complexity: O(*n*).
  init(_ history: ObjectHistory<Action>, initial: Int32, keepsInert: Bool) {
    events = Column(capacity: history.events.count)
    places = Column(capacity: history.count)
    self.initial = initial
    var isTransparent = true
    for action in history.operations {
      let place = Place(action, invoked: 0)
      if place.kind == .apply || place.kind == .inspect { isTransparent = false }
      if place.kind == .differ { hasDiffering = true }
      places.append(place)
    }
    self.isTransparent = isTransparent
    findReturns(history)
    if isTransparent {
      numberStates(keepsCodes: keepsInert)
      if !keepsInert { dropInert() }
    }
    place(history)
    if isTransparent { link() }
  }
}

extension Placement {
  private func findReturns(_ history: ObjectHistory<Action>) {
    var position: Int32 = 0
    for event in history.events {
      let place = places.base + Int(event >> 1)
      if event & 1 == 0 {
        place.pointee.invoked = position
      } else {
        place.pointee.returned = position
        place.pointee.isRequired = true
      }
      position += 1
    }
  }

  /// Gives the states numbers from 0; 0 is for one that no operation leads to.
  private mutating func numberStates(keepsCodes: Bool) {
    var numbering = DenseNumbering(capacity: places.count * 2 + 1)
    initial = numbering.number(of: initial)
    for operation in 0..<places.count {
      let place = places.base + operation
      place.pointee.seen = numbering.number(of: place.pointee.seen)
      place.pointee.target = numbering.number(of: place.pointee.target)
    }
    states = Column(repeating: StateLinks(), count: numbering.count)
    if keepsCodes { codes = numbering.codes }
  }

  /// Leaves out crashed operations that can't matter: the verdict stays the same.
  ///
  /// One that never changes the state constrains nothing. One that leads to a state which no
  /// other operation sees is followed, in any linearization, by an operation that is possible
  /// everywhere and leads to the same state from everywhere, or by nothing: so it can be left out
  /// of that linearization. Leaving it out may make another one inert.
  private func dropInert() {
    var crashed = Column<Int32>()
    var differs = false
    for operation in 0..<places.count {
      let place = places.base + operation
      if place.pointee.isRequired {
        differs = differs || place.pointee.kind == .differ
      } else if place.pointee.isPure {
        place.pointee.isDropped = true
      } else {
        crashed.append(Int32(truncatingIfNeeded: operation))
      }
    }
    if differs || crashed.count == 0 { return }
    let observers = Column<Int32>(repeating: 0, count: states.count)
    for operation in 0..<places.count {
      let place = places.base + operation
      if place.pointee.isBound && !place.pointee.isDropped {
        observers[Int(place.pointee.seen)] += 1
      }
    }
    var unseen = true
    while unseen {
      unseen = false
      for number in (0..<crashed.count).reversed() {
        let place = places.base + Int(crashed[number])
        guard !place.pointee.isDropped && observers[Int(place.pointee.target)] == 0 else {
          continue
        }
        place.pointee.isDropped = true
        unseen = true
        if place.pointee.isBound { observers[Int(place.pointee.seen)] -= 1 }
      }
    }
  }

  private mutating func place(_ history: ObjectHistory<Action>) {
    var free = Column<Int32>()
    var occupants = Column<Int32>()
    var alike = Alike()
    for event in history.events {
      let operation = event >> 1
      let place = places.base + Int(operation)
      if place.pointee.isDropped { continue }
      let position = Int32(truncatingIfNeeded: events.count)
      events.append(event)
      if event & 1 == 1 {
        place.pointee.returned = position
        free.append(place.pointee.slot)
        continue
      }
      place.pointee.invoked = position
      guard place.pointee.isRequired else {
        place.pointee.slot = Int32(crashed.count)
        crashed.append(operation)
        place.pointee.previous = alike.add(operation, places)
        continue
      }
      let slot = free.popLast() ?? Int32(truncatingIfNeeded: occupants.count)
      if Int(slot) == occupants.count { occupants.append(-1) }
      place.pointee.slot = slot
      place.pointee.previous = occupants[Int(slot)]
      occupants[Int(slot)] = operation
    }
    slots = occupants.count
  }

  /// Strings together the operations that see a state, and those that lead to one.
  private func link() {
    for operation in (0..<places.count).reversed() {
      let place = places.base + operation
      if place.pointee.isDropped { continue }
      if place.pointee.kind != .set {
        let state = states.base + Int(place.pointee.seen)
        if state.pointee.lastMention < 0 { state.pointee.lastMention = place.pointee.invoked }
      }
      if place.pointee.isRequired && place.pointee.isBound {
        let state = states.base + Int(place.pointee.seen)
        place.pointee.nextDemand = state.pointee.nextDemand
        state.pointee.nextDemand = Int32(operation)
      }
      if place.pointee.leads {
        let state = states.base + Int(place.pointee.target)
        place.pointee.nextSource = state.pointee.nextSource
        state.pointee.nextSource = Int32(operation)
      }
    }
  }
}
