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
  private var narrow: Box<NarrowMask>?
  private var double: Box<PairMask<NarrowMask>>?
  private var quadruple: Box<PairMask<PairMask<NarrowMask>>>?
  private var wide: Box<WideMask>?

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
    case ...64: narrow = Box(Search(placement, transitions, isRecording: isRecording))
    case ...128: double = Box(Search(placement, transitions, isRecording: isRecording))
    case ...256: quadruple = Box(Search(placement, transitions, isRecording: isRecording))
    default:
      wide = Box(Search(placement, transitions, isRecording: isRecording))
    }
    guard isByLevels else { return }
    narrow?.search.level.isUsed = true
    double?.search.level.isUsed = true
    quadruple?.search.level.isUsed = true
    wide?.search.level.isUsed = true
  }

  /// Whether it has taken many more steps than the history has events.
  var isHard: Bool { steps > 64 * history.events.count }

  package var steps: Int {
    narrow?.search.steps ?? double?.search.steps ?? quadruple?.search.steps ?? wide?.search.steps
      ?? 0
  }
  package var bytes: Int {
    narrow?.search.bytes ?? double?.search.bytes ?? quadruple?.search.bytes ?? wide?.search.bytes
      ?? 0
  }

  /// Searches on for about `steps` steps of the transitions, within `memory` bytes.
  package func run(steps: Int, memory: Int) -> SearchOutcome {
    let outcome =
      narrow?.search.run(steps: steps, memory: memory) ?? double?.search.run(
        steps: steps, memory: memory)
      ?? quadruple?.search.run(steps: steps, memory: memory) ?? wide?.search.run(
        steps: steps, memory: memory)
      ?? .interrupted
    guard case .invalid(let event) = outcome else { return outcome }
    let operation =
      narrow?.search.operation(at: event) ?? double?.search.operation(at: event)
      ?? quadruple?.search.operation(at: event) ?? wide?.search.operation(at: event) ?? 0
    return .invalid(event: history.events.firstIndex(of: operation << 1 | 1) ?? event)
  }

  /// The ways to the furthest event, when they are recorded.
  ///
  /// Each is the operations that took effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] {
    narrow?.search.dead ?? double?.search.dead ?? quadruple?.search.dead ?? wide?.search.dead ?? []
  }
}

private final class Box<M: Mask> {
  var search: Search<M>

  init(_ search: consuming Search<M>) { self.search = search }
}
