/// What a search has found so far.
enum SearchOutcome: Equatable {
  case valid
  /// No order of the operations passes this event, which is a return.
  case invalid(event: Int)
  /// The steps are used up; the search can go on.
  case interrupted
  case outOfMemory
}

/// The search of one object's history, with masks as narrow as will do.
///
/// It names both widths, for the compiler makes fast code of what is concrete only.
final class ResumableSearch {
  private var narrow: Search<NarrowMask>?
  private var wide: Search<WideMask>?

  init(_ history: ObjectHistory<Action>, _ transitions: Transitions, isRecording: Bool = false) {
    let placement = Placement(history)
    if placement.bits <= 64 {
      narrow = Search(placement, transitions, isRecording: isRecording)
    } else {
      wide = Search(placement, transitions, isRecording: isRecording)
    }
  }

  var steps: Int { narrow?.steps ?? wide?.steps ?? 0 }
  var bytes: Int { narrow?.bytes ?? wide?.bytes ?? 0 }

  /// Searches on for about `steps` steps of the transitions, within `memory` bytes.
  func run(steps: Int, memory: Int) -> SearchOutcome {
    narrow?.run(steps: steps, memory: memory) ?? wide?.run(steps: steps, memory: memory)
      ?? .interrupted
  }

  /// The ways to the furthest event, when they are recorded.
  ///
  /// Each is the operations that took effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] { narrow?.dead ?? wide?.dead ?? [] }
}
