/// All configurations that are possible at one event.
struct Level<M: Mask>: ~Copyable {
  /// Whether the search goes by levels.
  var isUsed = false
  var configurations = Column<Configuration<M>>()
  /// How many of them have been led past the event.
  var done = 0
  /// Those that are past the event.
  var next = Column<Configuration<M>>()

  var count: Int { configurations.count + next.count }

  var bytes: Int { configurations.bytes + next.bytes }
}

/// A search breadth first, as Lowe's just-in-time graph search: all configurations at an event
/// before any at the next.
///
/// It tries what a search depth first would never come to where some order exists, but needs
/// memory for two levels only; where few operations are open, that is next to none.
extension Search {
  mutating func runLevels(steps limit: Int, memory: Int) -> SearchOutcome {
    let end = steps + limit
    var rest = min(steps + Self.stretch, end)
    seen.raise(limit: max(memory - restBytes, 0))
    if let first = current {
      level.configurations.append(first)
      current = nil
      passInvocations()
    }
    while position < placement.events.count {
      let returning = placement.places.base + Int(placement.events[position] >> 1)
      let slot = Int(returning.pointee.slot)
      while frames.count > 0 || level.done < level.configurations.count {
        if frames.count > 0 {
          if let child = nextChild() { lead(child, past: slot) }
        } else {
          level.done += 1
          lead(level.configurations[level.done - 1], past: slot)
        }
        // Also configurations that pass without a step take time.
        steps &+= 1
        if steps >= rest {
          if bytes > memory { return .outOfMemory }
          if steps >= end { return .interrupted }
          rest = min(steps + Self.stretch, end)
        }
      }
      if level.next.count == 0 { return .invalid(event: furthest) }
      pass(returnOf: returning)
      turnLevel()
      passInvocations()
    }
    return .valid
  }

  /// Leads a configuration past the return of the operation in a slot, if it can pass.
  @inline(__always)
  private mutating func lead(_ configuration: Configuration<M>, past slot: Int) {
    var configuration = configuration
    configuration.event = Int32(truncatingIfNeeded: position)
    if !configuration.required.contains(slot) && !tidy(&configuration) {
      enter(configuration)
      return
    }
    configuration.required.remove(slot)
    // Apart from those that stand at events.
    configuration.event = -2 - configuration.event
    makeRoom()
    if seen.insert(configuration) { level.next.append(configuration) }
  }

  private mutating func makeRoom() {
    if seen.isCrowded { seen.makeRoom() }
  }

  /// Begins the next level.
  private mutating func turnLevel() {
    swap(&level.configurations, &level.next)
    level.next.removeAll()
    level.done = 0
    // What was seen at earlier events will not be seen again.
    if seen.isCrowded || seen.isForgetting || seen.isHalfFull { seen.removeAll() }
  }

  /// Leads the configurations past the invocations before the next return.
  private mutating func passInvocations() {
    while position < placement.events.count && placement.events[position] & 1 == 0 {
      let operation = placement.events[position] >> 1
      let place = placement.places.base + Int(operation)
      pass(invocationOf: operation, place)
      guard place.pointee.isRequired && place.pointee.isPure else { continue }
      for number in 0..<level.configurations.count {
        effectuate(operation, place, &(level.configurations.base + number).pointee)
      }
    }
  }
}
