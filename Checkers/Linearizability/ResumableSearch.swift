/// What a search has found so far.
enum SearchOutcome: Equatable {
  case valid
  /// No order of the operations passes this event, which is a return.
  case invalid(event: Int)
  /// The steps are used up; the search can go on.
  case interrupted
  case outOfMemory
}

/// A search whose masks' width doesn't show.
protocol ResumableSearch: AnyObject {
  var steps: Int { get }
  var bytes: Int { get }
  func run(steps: Int, memory: Int) -> SearchOutcome
  /// The ways to the furthest event, when they are recorded: each as the operations that took
  /// effect, with the state after each.
  var dead: [[(operation: Int, state: Int32)]] { get }
}

/// The search of one object's history, with masks as narrow as will do.
func resumableSearch(
  _ history: ObjectHistory, _ model: any Model, isRecording: Bool = false
) -> any ResumableSearch {
  let placement = Placement(history)
  return placement.bits <= 64
    ? SearchBox(Search<NarrowMask>(placement, model, isRecording: isRecording))
    : SearchBox(Search<WideMask>(placement, model, isRecording: isRecording))
}

private final class SearchBox<M: Mask>: ResumableSearch {
  private var search: Search<M>

  init(_ search: Search<M>) { self.search = search }

  var steps: Int { search.steps }
  var bytes: Int { search.bytes }

  func run(steps: Int, memory: Int) -> SearchOutcome { search.run(steps: steps, memory: memory) }

  var dead: [[(operation: Int, state: Int32)]] {
    search.stuck.map { configuration in
      var order: [(operation: Int, state: Int32)] = []
      var next = configuration.step
      while next >= 0 {
        let step = search.record[Int(next)]
        order.append((Int(step.operation), step.state))
        next = step.previous
      }
      return order.reversed()
    }
  }
}
