/// What a search has found so far.
package enum SearchOutcome: Equatable {
  case valid
  /// No order of the operations passes this event, which is a return.
  case invalid(event: Int)
  /// The steps are used up; the search can go on.
  case interrupted
  case outOfMemory
}

/// The search of one object's history, with masks as narrow as will do.
///
/// It names all widths, for the compiler makes fast code of what is concrete only.
package final class ResumableSearch {
  private let history: ObjectHistory<Action>
  private var narrow: Search<NarrowMask>?
  private var double: Search<PairMask<NarrowMask>>?
  private var quadruple: Search<PairMask<PairMask<NarrowMask>>>?
  private var wide: Search<WideMask>?

  /// - Parameters:
  ///   - isRecording: Whether it keeps the orders that get stuck, and then takes no short cut.
  ///   - isByLevels: Whether it finds all configurations at an event before it goes on to the next.
  ///   - bits: How wide the masks are at least.
  package init(
    _ history: ObjectHistory<Action>, _ transitions: Transitions, isRecording: Bool = false,
    isByLevels: Bool = false, bits: Int = 1
  ) {
    self.history = history
    let placement = Placement(history, initial: transitions.initial, keepsInert: isRecording)
    switch max(bits, placement.bits) {
    case ...64: narrow = Search(placement, transitions, isRecording: isRecording)
    case ...128: double = Search(placement, transitions, isRecording: isRecording)
    case ...256: quadruple = Search(placement, transitions, isRecording: isRecording)
    default:
      wide = Search(placement, transitions, isRecording: isRecording)
    }
    guard isByLevels else { return }
    narrow?.level.isUsed = true
    double?.level.isUsed = true
    quadruple?.level.isUsed = true
    wide?.level.isUsed = true
  }

  /// How hard the history is so far.
  var stepsPerEvent: Int { steps / max(history.events.count, 1) }

  /// Whether it forgets configurations for want of memory.
  package var isForgetting: Bool {
    narrow?.seen.isForgetting ?? double?.seen.isForgetting ?? quadruple?.seen.isForgetting
      ?? wide?.seen.isForgetting ?? false
  }

  package var steps: Int {
    narrow?.steps ?? double?.steps ?? quadruple?.steps ?? wide?.steps
      ?? 0
  }
  package var bytes: Int {
    narrow?.bytes ?? double?.bytes ?? quadruple?.bytes ?? wide?.bytes
      ?? 0
  }

  /// Searches on for about `steps` steps of the transitions, within `memory` bytes.
  package func run(steps: Int, memory: Int) -> SearchOutcome {
    let outcome =
      narrow?.run(steps: steps, memory: memory) ?? double?.run(
        steps: steps, memory: memory)
      ?? quadruple?.run(steps: steps, memory: memory) ?? wide?.run(
        steps: steps, memory: memory)
      ?? .interrupted
    guard case .invalid(let event) = outcome else { return outcome }
    let operation =
      narrow?.operation(at: event) ?? double?.operation(at: event)
      ?? quadruple?.operation(at: event) ?? wide?.operation(at: event) ?? 0
    return .invalid(event: history.events.firstIndex(of: operation << 1 | 1) ?? event)
  }

  /// The ways to the furthest event, when they are recorded.
  ///
  /// Each is the operations that took effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] {
    narrow?.dead ?? double?.dead ?? quadruple?.dead ?? wide?.dead ?? []
  }
}
