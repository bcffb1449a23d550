extension Search {
  /// Goes back to an earlier event.
  mutating func rewind(to event: Int) {
    while position > event {
      position -= 1
      let event = placement.events[position]
      let operation = event >> 1
      let place = placement.places.base + Int(operation)
      let slot = Int(place.pointee.slot)
      if event & 1 == 1 {
        if place.pointee.isPure { openPure.insert(slot) } else { openChanging.insert(slot) }
        continue
      }
      if !place.pointee.isRequired {
        available.remove(slot)
      } else {
        occupants[slot] = place.pointee.previous
        if place.pointee.isPure { openPure.remove(slot) } else { openChanging.remove(slot) }
      }
      if placement.isTransparent {
        if place.pointee.isRequired && place.pointee.isBound {
          (placement.states.base + Int(place.pointee.seen)).pointee.nextDemand = operation
        }
        if place.pointee.leads {
          (placement.states.base + Int(place.pointee.target)).pointee.nextSource = operation
        }
      } else if footprints.areKnown {
        footprints.goBack(before: operation, isRequired: place.pointee.isRequired)
      }
    }
  }

  /// Goes on to the first return of an operation that has not taken effect.
  ///
  /// - Returns: Whether there is such a return; else everything has found its place.
  mutating func advance(_ configuration: inout Configuration<M>) -> Bool {
    let count = placement.events.count
    while position < count {
      let event = placement.events[position]
      let operation = event >> 1
      let place = placement.places.base + Int(operation)
      if event & 1 == 1 {
        guard configuration.required.contains(Int(place.pointee.slot)) else {
          configuration.event = Int32(truncatingIfNeeded: position)
          return true
        }
        configuration.required.remove(Int(place.pointee.slot))
        pass(returnOf: place)
      } else {
        pass(invocationOf: operation, place)
        if place.pointee.isRequired && place.pointee.isPure {
          effectuate(operation, place, &configuration)
        }
      }
    }
    return false
  }

  /// Goes past a return.
  @inline(__always)
  mutating func pass(returnOf place: UnsafePointer<Placement.Place>) {
    let slot = Int(place.pointee.slot)
    if place.pointee.isPure { openPure.remove(slot) } else { openChanging.remove(slot) }
    position &+= 1
  }

  /// Goes past an invocation.
  @inline(__always)
  mutating func pass(invocationOf operation: Int32, _ place: UnsafePointer<Placement.Place>) {
    position &+= 1
    let slot = Int(place.pointee.slot)
    if placement.isTransparent {
      if place.pointee.isRequired && place.pointee.isBound {
        (placement.states.base + Int(place.pointee.seen)).pointee.nextDemand =
          place.pointee.nextDemand
      }
      if place.pointee.leads {
        (placement.states.base + Int(place.pointee.target)).pointee.nextSource =
          place.pointee.nextSource
      }
    } else if footprints.areKnown {
      footprints.pass(operation)
    }
    if place.pointee.isRequired {
      occupants[slot] = operation
      if place.pointee.isPure { openPure.insert(slot) } else { openChanging.insert(slot) }
    } else {
      available.insert(slot)
    }
  }

  /// Lets an operation that never changes the state take effect if it can.
  @inline(__always)
  mutating func effectuate(
    _ operation: Int32, _ place: UnsafePointer<Placement.Place>,
    _ configuration: inout Configuration<M>
  ) {
    steps &+= 1
    guard successor(configuration.state, place) >= 0 else { return }
    configuration.required.insert(Int(place.pointee.slot))
    append(operation, &configuration)
  }

  /// The next configuration to be tried: the first that the last frame has left.
  ///
  /// In a frame first comes the operation that returns, then those that lead to what it must see,
  /// then other open ones, then crashed ones.
  mutating func nextChild() -> Configuration<M>? {
    let frame = frames.base + (frames.count - 1)
    rewind(to: Int(frame.pointee.configuration.event))
    let returning = placement.events[position] >> 1
    let goal = placement.places.base + Int(returning)
    let slots = Int32(placement.slots)
    var cursor = frame.pointee.cursor
    if cursor == 0 {
      cursor = 1
      // A pure one would have taken effect already if it could.
      if !goal.pointee.isPure, let child = child(of: frame, by: returning) {
        frame.pointee.cursor = 1
        return child
      }
      if goal.pointee.kind == .set || !placement.isTransparent { cursor = slots + 1 }
    }
    while cursor <= 2 * slots {
      let isFirstRound = cursor <= slots
      let slot = openChanging.first(
        from: Int(isFirstRound ? cursor - 1 : cursor - 1 - slots),
        excluding: frame.pointee.configuration.required)
      guard slot >= 0 else {
        cursor = isFirstRound ? slots + 1 : 2 * slots + 1
        continue
      }
      cursor = Int32(slot) + 2 + (isFirstRound ? 0 : slots)
      let operation = occupants[slot]
      if operation == returning || !isWanted(operation, goal, isFirstRound, frame) { continue }
      if let child = child(of: frame, by: operation) {
        frame.pointee.cursor = cursor
        return child
      }
    }
    while true {
      let slot = available.first(
        from: Int(cursor - 1 - 2 * slots), excluding: frame.pointee.configuration.optional)
      guard slot >= 0 else { break }
      cursor = Int32(slot) + 2 + 2 * slots
      if let child = child(of: frame, byCrashed: slot) {
        frame.pointee.cursor = cursor
        return child
      }
    }
    _ = frames.popLast()
    return nil
  }

  /// Whether it is an open operation's turn: in the first round, if it leads to what the operation
  /// that returns must see; in the second, if it doesn't.
  @inline(__always)
  private func isWanted(
    _ operation: Int32, _ goal: UnsafePointer<Placement.Place>, _ isFirstRound: Bool,
    _ frame: UnsafePointer<Frame>
  ) -> Bool {
    if placement.isTransparent {
      let target = placement.places[Int(operation)].target
      return goal.pointee.sees(target) == isFirstRound
    }
    return !footprints.areKnown
      || footprints.masks[Int(operation)] & frame.pointee.parts != 0
  }

  @inline(__always)
  private mutating func child(
    of frame: UnsafePointer<Frame>, by operation: Int32
  ) -> Configuration<M>? {
    let place = placement.places.base + Int(operation)
    steps &+= 1
    let state = successor(frame.pointee.configuration.state, place)
    guard state >= 0 else { return nil }
    var child = frame.pointee.configuration
    child.required.insert(Int(place.pointee.slot))
    return settle(&child, operation, state) ? child : nil
  }

  private mutating func child(
    of frame: UnsafePointer<Frame>, byCrashed slot: Int
  ) -> Configuration<M>? {
    let operation = placement.crashed[slot]
    let place = placement.places.base + Int(operation)
    let previous = Int(place.pointee.previous)
    if previous >= 0 && !frame.pointee.configuration.optional.contains(previous) { return nil }
    if footprints.areKnown && footprints.masks[Int(operation)] & frame.pointee.parts == 0 {
      return nil
    }
    steps &+= 1
    let state = successor(frame.pointee.configuration.state, place)
    // One that changes nothing need not happen.
    if state < 0 || state == frame.pointee.configuration.state { return nil }
    if placement.isTransparent && !isSought(state, frame.pointee.configuration) { return nil }
    var child = frame.pointee.configuration
    child.optional.insert(slot)
    return settle(&child, operation, state) ? child : nil
  }

  /// Completes a child: its state, and what takes effect by itself there.
  ///
  /// - Returns: Whether it is worth trying.
  @inline(__always)
  private mutating func settle(
    _ child: inout Configuration<M>, _ operation: Int32, _ state: Int32
  ) -> Bool {
    child.state = state
    append(operation, &child)
    var slot = openPure.first(from: 0, excluding: child.required)
    while slot >= 0 {
      let operation = occupants[slot]
      effectuate(operation, placement.places.base + Int(operation), &child)
      slot = openPure.first(from: slot + 1, excluding: child.required)
    }
    return !footprints.areKnown || isPromising(child, after: operation)
  }

  /// The state after an operation, or a negative number where it can't happen.
  @inline(__always)
  private func successor(_ state: Int32, _ place: UnsafePointer<Placement.Place>) -> Int32 {
    switch place.pointee.kind {
    case .observe: place.pointee.seen == state ? state : -1
    case .differ: place.pointee.seen != state ? state : -1
    case .set: place.pointee.target
    case .move: place.pointee.seen == state ? place.pointee.target : -1
    case .apply: machine.apply(place.pointee.seen, state)
    case .inspect: machine.apply(place.pointee.seen, state) == state ? state : -1
    }
  }
}
