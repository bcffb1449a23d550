import Synchronization

/// Searches of several objects' histories, taken in turn.
///
/// Each round gives every undecided object more steps than the last, so that a hopeless one keeps
/// none from showing that it is invalid, and an invalid one ends those behind it. What takes long
/// goes to two threads: different objects to each, or to a last object that is hard a second search
/// by levels, in competition. Which object is found invalid doesn't depend on the threads' luck.
package final class Portfolio: Sendable {
  /// When what is done.
  package struct Pace: Sendable {
    /// The steps of a search's first turn, most searches' last.
    package var firstSlice: Int
    /// The steps of all searches after which it is worth while to begin a thread.
    package var patience: Int
    /// The steps for each event after which a search is hard.
    package var hardness: Int

    package init(firstSlice: Int = 1 << 8, patience: Int = 1 << 17, hardness: Int = 64) {
      self.firstSlice = firstSlice
      self.patience = patience
      self.hardness = hardness
    }
  }

  /// What became of all of them.
  package struct Judgement: Sendable {
    /// The first object found invalid, and the return that no order passes.
    package var invalid: (object: Int, event: Int)?
    /// The objects left undecided, each with the reason.
    package var undecided: [(object: Int, reason: Exhaustion)] = []
    package var steps = 0
  }

  /// An object's search, which one thread at a time works on.
  private struct Entry: @unchecked Sendable {
    var object: Int
    var search: ResumableSearch
  }

  /// What became of a search's turn.
  private enum Turn {
    case decided
    case ended(Exhaustion)
    case unfinished
  }

  private struct State {
    var judgement = Judgement()
    /// Those that want another turn.
    var waiting: [Entry] = []
  }

  private let budget: Budget
  private let state: Mutex<State>
  private let steps = Atomic<Int>(0)
  /// The first object found invalid so far.
  private let firstInvalid = Atomic<Int>(.max)
  private let pace: Pace

  private init(_ budget: Budget, _ pace: Pace) {
    self.budget = budget
    self.pace = pace
    state = Mutex(State())
  }

  /// Judges objects 0 and up.
  ///
  /// - Parameter search: Begins the search of an object; it may be called twice for one.
  package static func judge(
    _ count: Int, within budget: Budget, pace: Pace = Pace(),
    search: (_ object: Int, _ isByLevels: Bool) -> ResumableSearch
  ) -> Judgement {
    let portfolio = Portfolio(budget, pace)
    portfolio.run(count, search)
    return portfolio.state.withLock { state in
      state.judgement.steps = portfolio.steps.load(ordering: .relaxed)
      state.judgement.undecided.sort { $0.object < $1.object }
      return state.judgement
    }
  }

  private static let lastSlice = 1 << 22
  /// The steps between looks at the clock and at what the other thread found.
  private static let stretch = 1 << 16

  private func run(_ count: Int, _ search: (Int, Bool) -> ResumableSearch) {
    var slice = pace.firstSlice
    for object in 0..<count where !isDone {
      let entry = Entry(object: object, search: search(object, false))
      take(turn: entry, slice, memory: budget.memory / max(count - object, 1))
    }
    while !isDone {
      let entries = state.withLock { exchange(&$0.waiting, with: []) }
      if entries.isEmpty { return }
      slice = min(slice * 4, Self.lastSlice)
      let isLong = steps.load(ordering: .relaxed) > pace.patience
      if let entry = entries.first, entries.count == 1, isLong,
        entry.search.stepsPerEvent > pace.hardness
      {
        return compete(entry, Entry(object: entry.object, search: search(entry.object, true)))
      }
      share(entries.sorted { $0.object < $1.object }, slice, isLong: isLong)
    }
  }

  /// Whether an object was found invalid.
  private var isDone: Bool { firstInvalid.load(ordering: .relaxed) != .max }

  /// Gives each search a turn, on two threads if the turns are long.
  private func share(_ entries: [Entry], _ slice: Int, isLong: Bool) {
    let next = Counter()
    let memory = budget.memory / entries.count
    let work: @Sendable () -> Void = {
      while true {
        let place = next.next()
        guard place < entries.count else { return }
        self.take(turn: entries[place], slice, memory: memory)
      }
    }
    if isLong && entries.count > 1 { inParallel(work, work) } else { work() }
  }

  /// A place in a list that several threads work off.
  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
  }

  /// Gives a search its turn.
  private func take(turn entry: Entry, _ slice: Int, memory: Int) {
    switch turn(of: entry, slice, memory: memory, nil) {
    case .decided: break
    case .ended(let reason):
      state.withLock { $0.judgement.undecided.append((entry.object, reason)) }
    case .unfinished: state.withLock { $0.waiting.append(entry) }
    }
  }

  /// - Parameter rival: What ends the turn when another search has decided the same object.
  private func turn(of entry: Entry, _ slice: Int, memory: Int, _ rival: Flag?) -> Turn {
    var left = slice
    while left > 0 && firstInvalid.load(ordering: .relaxed) > entry.object {
      if let rival, rival.isSet.load(ordering: .relaxed) { return .unfinished }
      let allowed = budget.steps - steps.load(ordering: .relaxed)
      guard allowed > 0 else { return .ended(.steps) }
      guard !budget.isExpired() else { return .ended(.time) }
      let before = entry.search.steps
      let outcome = entry.search.run(
        steps: min(left, Self.stretch, allowed), memory: memory)
      let taken = max(entry.search.steps - before, 1)
      steps.add(taken, ordering: .relaxed)
      left -= taken
      switch outcome {
      case .valid: return .decided
      case .outOfMemory: return .ended(.memory)
      case .invalid(let event):
        found(invalid: entry.object, event)
        return .decided
      case .interrupted: break
      }
    }
    return .unfinished
  }

  private func found(invalid object: Int, _ event: Int) {
    state.withLock { state in
      if let invalid = state.judgement.invalid, invalid.object <= object { return }
      state.judgement.invalid = (object, event)
      firstInvalid.store(object, ordering: .relaxed)
    }
  }

  /// Searches one object in two orders at once; the first to decide ends both.
  private func compete(_ depthFirst: Entry, _ byLevels: Entry) {
    let isDecided = Flag()
    let reasons = Mutex<[Exhaustion]>([])
    let race: @Sendable (Entry) -> Void = { entry in
      switch self.turn(of: entry, .max, memory: self.budget.memory / 2, isDecided) {
      case .decided: isDecided.isSet.store(true, ordering: .relaxed)
      case .ended(let reason): reasons.withLock { $0.append(reason) }
      case .unfinished: break
      }
    }
    inParallel({ race(depthFirst) }, { race(byLevels) })
    if isDecided.isSet.load(ordering: .relaxed) { return }
    // The one that could go on without memory says what else ran out.
    let reason = reasons.withLock { reasons in reasons.first { $0 != .memory } ?? .memory }
    state.withLock { $0.judgement.undecided.append((depthFirst.object, reason)) }
  }

  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }
}
