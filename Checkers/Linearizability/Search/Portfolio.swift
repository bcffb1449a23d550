import Synchronization

/// Searches of several objects' histories, taken in turn.
///
/// Each round gives every undecided object more steps than the last, so that a hopeless one keeps
/// none from showing that it is invalid, and the first invalid one ends them all. What takes long
/// goes to two threads: different objects to each, or to a last object that is hard a second search
/// by levels, in competition.
final class Portfolio: Sendable {
  /// What became of all of them.
  struct Judgement: Sendable {
    /// The first object found invalid, and the return that no order passes.
    var invalid: (object: Int, event: Int)?
    /// The objects left undecided, each with the reason.
    var undecided: [(object: Int, reason: Exhaustion)] = []
    var steps = 0
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
  /// Whether an object was found invalid.
  private let isOver = Atomic<Bool>(false)

  private init(_ budget: Budget) {
    self.budget = budget
    state = Mutex(State())
  }

  /// Judges objects 0 and up.
  ///
  /// - Parameter search: Begins the search of an object; it may be called twice for one.
  static func judge(
    _ count: Int, within budget: Budget,
    search: (_ object: Int, _ isByLevels: Bool) -> ResumableSearch
  ) -> Judgement {
    let portfolio = Portfolio(budget)
    portfolio.run(count, search)
    return portfolio.state.withLock { state in
      state.judgement.steps = portfolio.steps.load(ordering: .relaxed)
      state.judgement.undecided.sort { $0.object < $1.object }
      return state.judgement
    }
  }

  /// The steps of a search's first turn, most searches' last.
  private static let firstSlice = 1 << 8
  private static let lastSlice = 1 << 22
  /// The steps between looks at the clock and at what the other thread found.
  private static let stretch = 1 << 16
  /// The steps after which it is worth while to begin a thread.
  private static let patience = 1 << 17

  private func run(_ count: Int, _ search: (Int, Bool) -> ResumableSearch) {
    var slice = Self.firstSlice
    for object in 0..<count where !isOver.load(ordering: .relaxed) {
      let entry = Entry(object: object, search: search(object, false))
      take(turn: entry, slice, memory: budget.memory / max(count - object, 1))
    }
    while !isOver.load(ordering: .relaxed) {
      let entries = state.withLock { exchange(&$0.waiting, with: []) }
      if entries.isEmpty { return }
      slice = min(slice * 4, Self.lastSlice)
      let isLong = steps.load(ordering: .relaxed) > Self.patience
      if let entry = entries.first, entries.count == 1, isLong, entry.search.isHard {
        return compete(entry, Entry(object: entry.object, search: search(entry.object, true)))
      }
      share(entries.sorted { $0.object < $1.object }, slice, isLong: isLong)
    }
  }

  /// Gives each search a turn, on two threads if the turns are long.
  private func share(_ entries: [Entry], _ slice: Int, isLong: Bool) {
    let next = Counter()
    let memory = budget.memory / entries.count
    let work: @Sendable () -> Void = {
      while !self.isOver.load(ordering: .relaxed) {
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
    switch turn(of: entry, slice, memory: memory, isOver) {
    case .decided: break
    case .ended(let reason):
      state.withLock { $0.judgement.undecided.append((entry.object, reason)) }
    case .unfinished:
      if !isOver.load(ordering: .relaxed) { state.withLock { $0.waiting.append(entry) } }
    }
  }

  private func turn(
    of entry: Entry, _ slice: Int, memory: Int, _ isStopped: borrowing Atomic<Bool>
  ) -> Turn {
    var left = slice
    while left > 0 && !isStopped.load(ordering: .relaxed) {
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
        state.withLock { state in
          if state.judgement.invalid == nil { state.judgement.invalid = (entry.object, event) }
        }
        isOver.store(true, ordering: .relaxed)
        return .decided
      case .interrupted: break
      }
    }
    return .unfinished
  }

  /// Searches one object in two orders at once; the first to decide ends both.
  private func compete(_ depthFirst: Entry, _ byLevels: Entry) {
    let isDecided = Flag()
    let reasons = Mutex<[Exhaustion]>([])
    let race: @Sendable (Entry) -> Void = { entry in
      switch self.turn(of: entry, .max, memory: self.budget.memory / 2, isDecided.isSet) {
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
