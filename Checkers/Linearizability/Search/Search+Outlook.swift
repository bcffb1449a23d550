/// What lets a search turn back before it is stuck, or go on without a choice.
///
/// Each rule looks at operations that return by some event at the latest; ``Search/furthest``
/// keeps the latest of these, so that the history up to there has no order either.
extension Search {
  /// Whether some operation that returns later can't take effect any more.
  ///
  /// Something must happen before the return at which the configuration stands, so its state will
  /// be left: an operation that must see a state, now or later, needs one that leads there.
  @inline(__always)
  mutating func isHopeless(_ configuration: Configuration<M>) -> Bool {
    guard placement.isTransparent && !isRecording else { return false }
    let places = placement.places.base
    let next = placement.states[Int(configuration.state)].nextDemand
    if next >= 0 {
      let event = places[Int(next)].returned
      if !isProducible(configuration.state, by: event, configuration) { return blame(event) }
    }
    var slot = openPure.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      let place = places + Int(occupants[slot])
      if place.pointee.kind == .observe
        && !isProducible(place.pointee.seen, by: place.pointee.returned, configuration)
      {
        return blame(place.pointee.returned)
      }
      slot = openPure.first(from: slot + 1, excluding: configuration.required)
    }
    return false
  }

  private mutating func blame(_ event: Int32) -> Bool {
    furthest = max(furthest, position, Int(event))
    return true
  }

  /// Whether something may still lead to a state, by an event.
  @inline(__always)
  private func isProducible(
    _ state: Int32, by event: Int32, _ configuration: Configuration<M>
  ) -> Bool {
    let places = placement.places.base
    let source = placement.states[Int(state)].nextSource
    if source >= 0 && places[Int(source)].invoked < event { return true }
    var slot = openChanging.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      if places[Int(occupants[slot])].target == state { return true }
      slot = openChanging.first(from: slot + 1, excluding: configuration.required)
    }
    slot = available.first(from: 0, excluding: configuration.optional)
    while slot >= 0 {
      if places[Int(placement.crashed[slot])].target == state { return true }
      slot = available.first(from: slot + 1, excluding: configuration.optional)
    }
    return false
  }

  /// Whether an operation that may be next would see a state.
  ///
  /// A crashed operation need not happen before one does: what is next would take its place.
  func isSought(_ state: Int32, _ configuration: Configuration<M>) -> Bool {
    let places = placement.places.base
    var slot = openPure.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      if places[Int(occupants[slot])].sees(state) { return true }
      slot = openPure.first(from: slot + 1, excluding: configuration.required)
    }
    return isMoved(from: state, configuration)
  }

  /// Whether an operation that may be next needs a state and leads to another.
  private func isMoved(from state: Int32, _ configuration: Configuration<M>) -> Bool {
    let places = placement.places.base
    var slot = openChanging.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      let place = places + Int(occupants[slot])
      if place.pointee.kind == .move && place.pointee.seen == state { return true }
      slot = openChanging.first(from: slot + 1, excluding: configuration.required)
    }
    slot = available.first(from: 0, excluding: configuration.optional)
    while slot >= 0 {
      let place = places + Int(placement.crashed[slot])
      if place.pointee.kind == .move && place.pointee.seen == state { return true }
      slot = available.first(from: slot + 1, excluding: configuration.optional)
    }
    return false
  }

  /// Whether no operation can tell a state from others any more, once what sees it there and
  /// leaves it has taken effect.
  @inline(__always)
  private func isForgotten(_ state: Int32, _ configuration: Configuration<M>) -> Bool {
    placement.states[Int(state)].lastMention < position && !isMoved(from: state, configuration)
  }

  /// Does what costs nothing where no operation can tell the state from others any more.
  ///
  /// All such states are one. An open operation that leads to another such state can take effect
  /// at once, together with those that see what it leaves: where they stand in an order of the
  /// rest, they can be taken out, for nothing sees them. Operations that are possible in all
  /// states but one would see them: where there are such, nothing is done.
  ///
  /// - Returns: Whether the operation that returns has taken effect.
  @inline(__always)
  mutating func tidy(_ configuration: inout Configuration<M>) -> Bool {
    guard placement.isTransparent && !placement.hasDiffering && !isRecording else { return false }
    if configuration.state != 0 {
      guard isForgotten(configuration.state, configuration) else { return false }
      configuration.state = 0
    }
    let places = placement.places.base
    var slot = openChanging.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      let place = places + Int(occupants[slot])
      if place.pointee.kind == .set && isForgotten(place.pointee.target, configuration) {
        configuration.required.insert(slot)
        effectuateReads(of: place.pointee.target, &configuration)
      }
      slot = openChanging.first(from: slot + 1, excluding: configuration.required)
    }
    let returning = placement.events[position] >> 1
    return configuration.required.contains(Int(places[Int(returning)].slot))
  }

  private func effectuateReads(of state: Int32, _ configuration: inout Configuration<M>) {
    var slot = openPure.first(from: 0, excluding: configuration.required)
    while slot >= 0 {
      if placement.places[Int(occupants[slot])].seen == state {
        configuration.required.insert(slot)
      }
      slot = openPure.first(from: slot + 1, excluding: configuration.required)
    }
  }
}

/// The same for objects whose state has parts.
extension Search {
  /// The parts that matter to the operation that returns: those it touches, those that open
  /// operations touch together with them, and so on.
  ///
  /// Other open operations commute with all that can happen there before the return, so they can
  /// as well take effect after it.
  func connectedParts(_ configuration: Configuration<M>) -> UInt64 {
    let masks = footprints.masks.base
    var parts = masks[Int(placement.events[position] >> 1)]
    var before: UInt64 = 0
    while parts != before {
      before = parts
      for open in [openChanging, openPure] {
        var slot = open.first(from: 0, excluding: configuration.required)
        while slot >= 0 {
          let mask = masks[Int(occupants[slot])]
          if mask & parts != 0 { parts |= mask }
          slot = open.first(from: slot + 1, excluding: configuration.required)
        }
      }
      var slot = available.first(from: 0, excluding: configuration.optional)
      while slot >= 0 {
        let mask = masks[Int(placement.crashed[slot])]
        if mask & parts != 0 { parts |= mask }
        slot = available.first(from: slot + 1, excluding: configuration.optional)
      }
    }
    return parts
  }

  /// Whether what an operation left lets those that look at it later take effect.
  mutating func isPromising(_ child: Configuration<M>, after operation: Int32) -> Bool {
    guard let event = obstacle(child, operation) else { return true }
    furthest = max(furthest, position, Int(event))
    return false
  }

  /// The return of an operation that can't take effect any more after another.
  private func obstacle(_ child: Configuration<M>, _ operation: Int32) -> Int32? {
    for number in footprints.links(of: operation) {
      let (part, name) = (footprints.links[number].part, footprints.links[number].name)
      if isSettable(part, child) { continue }
      let links = footprints.parts[Int(part)]
      let set = links.nextSet < 0 ? Int32.max : placement.places[Int(links.nextSet)].invoked
      for open in [openPure, openChanging] {
        var slot = open.first(from: 0, excluding: child.required)
        while slot >= 0 {
          let looker = occupants[slot]
          slot = open.first(from: slot + 1, excluding: child.required)
          guard let link = footprints.link(looker, to: part), link.looks else { continue }
          let event = misfit(child.state, looker, name, before: set)
          if event != nil { return event }
        }
      }
      if links.nextLook >= 0, let event = misfit(child.state, links.nextLook, name, before: set) {
        return event
      }
    }
    return nil
  }

  /// The return of an operation, if it comes before an event and nothing leads to what it must
  /// see.
  private func misfit(
    _ state: Int32, _ operation: Int32, _ part: Int32, before event: Int32
  ) -> Int32? {
    let place = placement.places.base + Int(operation)
    guard place.pointee.returned < event else { return nil }
    return machine.mayLead(state, to: place.pointee.seen, part) ? nil : place.pointee.returned
  }

  /// Whether an operation that may be next sets a part anew.
  private func isSettable(
    _ part: Int32, _ configuration: Configuration<M>
  ) -> Bool {
    for open in [openChanging, openPure] {
      var slot = open.first(from: 0, excluding: configuration.required)
      while slot >= 0 {
        if let link = footprints.link(occupants[slot], to: part), link.sets { return true }
        slot = open.first(from: slot + 1, excluding: configuration.required)
      }
    }
    var slot = available.first(from: 0, excluding: configuration.optional)
    while slot >= 0 {
      let operation = placement.crashed[slot]
      if let link = footprints.link(operation, to: part), link.sets { return true }
      slot = available.first(from: slot + 1, excluding: configuration.optional)
    }
    return false
  }
}
