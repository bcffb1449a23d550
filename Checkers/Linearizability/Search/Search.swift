/// Decides one object's history on integers, in steps that can be interrupted and resumed.
///
/// Wing and Gong's search (*Testing and verifying concurrent objects*, 1993) with Lowe's memory of
/// configurations and just-in-time linearization (*Testing for linearizability*, CCPE 2017): the
/// search branches only where an operation returns that has not taken effect yet. A configuration
/// holds the operations that are open at an event, not all operations, so it stays small however
/// long the history. Operations that never change the state take effect as soon as they can, which
/// loses nothing: it leaves the state alone and only lifts a duty. Crashed operations may take
/// effect at any later time; of those that do the same only the first unused may be next.
struct Search<M: Mask> {
  /// One step of the record of a search: an operation took effect after another step.
  private struct Step {
    var operation: Int32
    var previous: Int32
    var state: Int32
  }

  private let events: [Int32]
  private let places: [Placement.Place]
  private let transitions: Transitions
  private let isRecording: Bool

  // Where the search stands among the events, and what is open there.
  private var position = 0
  private var occupants: [Int32]
  private var crashed: [Int32]
  private var openPure: M
  private var openChanging: M
  private var available: M

  private var stack: [Configuration<M>]
  private var seen: ConfigurationTable<M>
  private var furthest = -1
  /// The calls of the model's step function so far.
  private(set) var steps = 0
  /// How operations took effect, when that is recorded.
  private var record: [Step] = []
  /// The configurations that got stuck at the furthest event, when that is recorded.
  private var stuck: [Configuration<M>] = []

  init(_ placement: Placement, _ transitions: Transitions, isRecording: Bool) {
    self.transitions = transitions
    self.isRecording = isRecording
    events = placement.events
    places = placement.places
    occupants = [Int32](repeating: -1, count: placement.slots)
    crashed = placement.crashed
    let empty = M(bits: placement.bits)
    (openPure, openChanging, available) = (empty, empty, empty)
    seen = ConfigurationTable(bits: placement.bits)
    stack = [
      Configuration(
        event: 0, state: transitions.initial, required: empty, optional: empty, step: -1)
    ]
  }

  /// What the search holds in memory, beside the history.
  var bytes: Int { seen.bytes + stackBytes }

  private var stackBytes: Int {
    stack.count * (MemoryLayout<Configuration<M>>.stride + 2 * available.bytes)
      + record.count * MemoryLayout<Step>.stride
  }

  /// The ways to the furthest event, when they are recorded.
  ///
  /// Each is the operations that took effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] {
    stuck.map { configuration in
      var order: [(operation: Int, state: Int32)] = []
      var next = configuration.step
      while next >= 0 {
        let step = record[Int(next)]
        order.append((Int(step.operation), step.state))
        next = step.previous
      }
      return order.reversed()
    }
  }

  /// Searches on for about `limit` steps, within `memory` bytes.
  mutating func run(steps limit: Int, memory: Int) -> SearchOutcome {
    let end = steps + limit
    while var configuration = stack.popLast() {
      rewind(to: Int(configuration.event))
      guard advance(&configuration) else { return .valid }
      if seen.needsGrowth {
        guard seen.bytesGrown + stackBytes <= memory else {
          stack.append(configuration)
          return .outOfMemory
        }
        seen.grow()
      }
      if seen.insert(configuration) {
        note(configuration)
        branch(configuration)
      }
      if steps >= end {
        if stack.isEmpty { break }
        return seen.bytes + stackBytes <= memory ? .interrupted : .outOfMemory
      }
    }
    return .invalid(event: furthest)
  }
}

extension Search {
  /// Goes back to an earlier event.
  private mutating func rewind(to event: Int) {
    while position > event {
      position -= 1
      let operation = Int(events[position] >> 1)
      let place = places[operation]
      let slot = Int(place.slot)
      if !place.isRequired {
        available.remove(slot)
      } else if events[position] & 1 == 1 {
        if place.isPure { openPure.insert(slot) } else { openChanging.insert(slot) }
      } else {
        occupants[slot] = place.previous
        if place.isPure { openPure.remove(slot) } else { openChanging.remove(slot) }
      }
    }
  }

  /// Goes on to the first return of an operation that has not taken effect.
  ///
  /// - Returns: Whether there is such a return; else everything has found its place.
  private mutating func advance(_ configuration: inout Configuration<M>) -> Bool {
    while position < events.count {
      let event = events[position]
      let operation = event >> 1
      let place = places[Int(operation)]
      let slot = Int(place.slot)
      if event & 1 == 1 {
        guard configuration.required.contains(slot) else {
          configuration.event = Int32(position)
          return true
        }
        configuration.required.remove(slot)
        if place.isPure { openPure.remove(slot) } else { openChanging.remove(slot) }
      } else if place.isRequired {
        occupants[slot] = operation
        if place.isPure {
          openPure.insert(slot)
          effectuate(operation, place, &configuration)
        } else {
          openChanging.insert(slot)
        }
      } else {
        available.insert(slot)
      }
      position += 1
    }
    return false
  }

  /// Lets an operation that never changes the state take effect if it can.
  private mutating func effectuate(
    _ operation: Int32, _ place: Placement.Place, _ configuration: inout Configuration<M>
  ) {
    steps += 1
    guard successor(configuration.state, place.action) >= 0 else { return }
    configuration.required.insert(Int(place.slot))
    append(operation, &configuration)
  }

  /// Puts every configuration that differs by one operation's effect on the stack.
  ///
  /// What comes last is tried first: the operation that returns, and before it those that lead to
  /// the state that it needs.
  private mutating func branch(_ configuration: Configuration<M>) {
    branchOnCrashed(configuration)
    let returning = events[position] >> 1
    let action = places[Int(returning)].action
    let first = stack.count
    var slot = openChanging.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      if occupants[slot] != returning { branch(configuration, on: occupants[slot]) }
      slot = openChanging.first(from: slot + 1, excluding: configuration.required)
    }
    var last = stack.count
    for place in (first..<stack.count).reversed() where action.sees(stack[place].state) {
      last -= 1
      stack.swapAt(place, last)
    }
    // A pure one would have taken effect already if it could.
    if !action.isPure { branch(configuration, on: returning) }
  }

  private mutating func branch(_ configuration: Configuration<M>, on operation: Int32) {
    let place = places[Int(operation)]
    steps += 1
    let state = successor(configuration.state, place.action)
    guard state >= 0 else { return }
    var next = configuration
    next.required.insert(Int(place.slot))
    push(next, operation, state)
  }

  private mutating func branchOnCrashed(_ configuration: Configuration<M>) {
    var slot = available.first(from: 0, excluding: configuration.optional)
    while slot >= 0 {
      let operation = crashed[slot]
      let place = places[Int(operation)]
      if place.previous < 0 || configuration.optional.contains(Int(place.previous)) {
        steps += 1
        let state = successor(configuration.state, place.action)
        // One that changes nothing need not happen.
        if state >= 0 && state != configuration.state {
          var next = configuration
          next.optional.insert(slot)
          push(next, operation, state)
        }
      }
      slot = available.first(from: slot + 1, excluding: configuration.optional)
    }
  }

  private mutating func push(_ configuration: Configuration<M>, _ operation: Int32, _ state: Int32)
  {
    var configuration = configuration
    configuration.state = state
    append(operation, &configuration)
    var slot = openPure.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      let operation = occupants[slot]
      effectuate(operation, places[Int(operation)], &configuration)
      slot = openPure.first(from: slot + 1, excluding: configuration.required)
    }
    stack.append(configuration)
  }

  /// The state after an action, or a negative number where it can't happen.
  @inline(__always)
  private mutating func successor(_ state: Int32, _ action: Action) -> Int32 {
    switch action {
    case .observe(let seen): seen == state ? state : -1
    case .differ(let other): other != state ? state : -1
    case .set(let new): new
    case .move(let from, let to): from == state ? to : -1
    case .apply(let operation): transitions.apply(operation, state)
    case .inspect(let operation): transitions.apply(operation, state) == state ? state : -1
    }
  }

  @inline(__always)
  private mutating func append(_ operation: Int32, _ configuration: inout Configuration<M>) {
    guard isRecording else { return }
    record.append(
      Step(operation: operation, previous: configuration.step, state: configuration.state))
    configuration.step = Int32(record.count - 1)
  }

  @inline(__always)
  private mutating func note(_ configuration: Configuration<M>) {
    if position > furthest {
      furthest = position
      if isRecording { stuck.removeAll(keepingCapacity: true) }
    }
    if isRecording && position == furthest { stuck.append(configuration) }
  }
}
