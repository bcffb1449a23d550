/// Searches of several objects' histories, taken in turn.
///
/// Each round gives every undecided object more steps than the last, so that a hopeless one keeps
/// none from showing that it is invalid, and the first invalid one ends them all.
package struct Portfolio {
  /// What became of all of them.
  package struct Judgement {
    /// The first object found invalid, and the return that no order passes.
    package internal(set) var invalid: (object: Int, event: Int)?
    /// The objects left undecided, each with the reason.
    package internal(set) var undecided: [(object: Int, reason: Exhaustion)] = []
    var steps = 0
  }

  private let budget: Budget
  private var judgement = Judgement()

  package static func judge(
    _ histories: [(history: ObjectHistory<Action>, transitions: Transitions)], within budget: Budget
  ) -> Judgement {
    var portfolio = Portfolio(budget: budget)
    portfolio.run(histories)
    return portfolio.judgement
  }

  private mutating func run(
    _ histories: [(history: ObjectHistory<Action>, transitions: Transitions)]
  ) {
    var slice = 1 << 12
    var held = 0
    var waiting: [(object: Int, search: ResumableSearch)] = []
    for (object, (history, transitions)) in histories.enumerated() {
      let search = ResumableSearch(history, transitions)
      guard turn(object, search, slice, &held) else { continue }
      if judgement.invalid != nil { return }
      waiting.append((object, search))
    }
    while !waiting.isEmpty {
      slice = min(slice * 4, 1 << 22)
      var rest: [(object: Int, search: ResumableSearch)] = []
      for (object, search) in waiting {
        held -= search.bytes
        guard turn(object, search, slice, &held) else { continue }
        if judgement.invalid != nil { return }
        rest.append((object, search))
      }
      waiting = rest
    }
  }

  /// Gives a search its turn.
  ///
  /// - Returns: Whether it is worth another turn, or has ended everything.
  private mutating func turn(
    _ object: Int, _ search: ResumableSearch, _ slice: Int, _ held: inout Int
  ) -> Bool {
    let slice = min(slice, budget.steps - judgement.steps)
    guard slice > 0 else { return give(up: object, for: .steps) }
    guard !budget.isExpired() else { return give(up: object, for: .time) }
    let before = search.steps
    let outcome = search.run(steps: slice, memory: budget.memory - held)
    judgement.steps += search.steps - before
    switch outcome {
    case .valid: return false
    case .outOfMemory: return give(up: object, for: .memory)
    case .invalid(let event): judgement.invalid = (object, event)
    case .interrupted: held += search.bytes
    }
    return true
  }

  private mutating func give(up object: Int, for reason: Exhaustion) -> Bool {
    judgement.undecided.append((object, reason))
    return false
  }
}
