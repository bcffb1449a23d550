/// Reduces an invalid history of an object to a small part that is invalid for the same reason.
///
/// Every step takes a history to a weaker one: if the one were linearizable, so would be the
/// other. So when the part is not, the whole is not.
///
/// - A prefix: what is open at its end may have taken effect or not, and is weakened.
/// - An operation that never changes the state is left out: a linearization without it is one
///   still.
/// - An operation is weakened, which means that it need not return: its place in a linearization
///   stays allowed. A crashed operation whose effect nothing sees is inert, and is left out.
/// - A completed operation is left out when what it leaves can't be seen: each operation that sees
///   that state either returned before it was invoked, or was invoked after a third operation of
///   known target, invoked after it returned, has returned. What directly follows it in a
///   linearization is then a write, or nothing.
struct Shrinking {
  /// The part that is left.
  private(set) var history: ObjectHistory
  private let model: any Model
  private var steps: Int
  /// Steps that one part may take; a part that is not decided by then counts as valid.
  private let stepsEach: Int

  /// Shrinks a history that is invalid at the return with the number `event`.
  static func part(
    of history: ObjectHistory, invalidAt event: Int, _ model: any Model, steps: Int = 4_000_000
  ) -> ObjectHistory {
    var shrinking = Shrinking(
      history: history.prefix(through: event).droppingInert(), model: model, steps: steps,
      stepsEach: steps / 8)
    shrinking.run()
    return shrinking.history
  }

  private mutating func run() {
    var previous = -1
    var weight = history.events.count
    while weight != previous && steps > 0 {
      previous = weight
      pass { $0.actions[$1].isPure ? .dropped : .kept }
      passHidden()
      pass { history, operation in history.actions[operation].isPure ? .kept : .weakened }
      weight = history.events.count
    }
  }

  /// Tries to change the operations as `fate` says, in blocks of halving size, the latest first.
  private mutating func pass(_ fate: (ObjectHistory, Int) -> ObjectHistory.Fate) {
    var size = max(history.count / 2, 1)
    while true {
      var end = history.count
      while end > 0 && steps > 0 {
        let start = max(end - size, 0)
        var fates = [ObjectHistory.Fate](repeating: .kept, count: history.count)
        for operation in start..<end { fates[operation] = fate(history, operation) }
        _ = accept(fates)
        end = min(start, history.count)
      }
      if size == 1 || steps <= 0 { return }
      size /= 2
    }
  }

  /// Leaves out completed operations that can't be seen.
  private mutating func passHidden() {
    var size = max(history.count / 2, 1)
    while true {
      var start = 0
      while start < history.count && steps > 0 {
        let count = history.count
        let part = history.droppingHidden(from: start, to: min(start + size, count))
        if part.count < count, isInvalid(part) {
          history = part
        } else {
          start += size
        }
      }
      if size == 1 || steps <= 0 { return }
      size /= 2
    }
  }

  private mutating func accept(_ fates: [ObjectHistory.Fate]) -> Bool {
    guard fates.contains(where: { $0 != .kept }) else { return false }
    let part = history.part(fates).droppingInert()
    guard part.events.count < history.events.count, isInvalid(part) else { return false }
    history = part
    return true
  }

  private mutating func isInvalid(_ part: ObjectHistory) -> Bool {
    // Setting up costs time too, so that many useless attempts at a long history end as well.
    steps -= part.events.count
    guard steps > 0 else { return false }
    let search = ResumableSearch(part, model)
    let outcome = search.run(steps: min(steps, stepsEach), memory: 256 << 20)
    steps -= search.steps
    if case .invalid = outcome { return true }
    return false
  }
}

extension ObjectHistory {
  /// The history without those operations from `start` to before `end` that can't be seen.
  func droppingHidden(from start: Int, to end: Int) -> ObjectHistory {
    guard !actions.contains(where: \.isOpaque) else { return self }
    // Places of invocations and returns among the events.
    var invoked = [Int](repeating: 0, count: count)
    var returned = [Int](repeating: .max, count: count)
    for (place, event) in events.enumerated() {
      if event & 1 == 0 {
        invoked[Int(event >> 1)] = place
      } else {
        returned[Int(event >> 1)] = place
      }
    }
    var observers: [Int32: [Int]] = [:]
    for (operation, action) in actions.enumerated() {
      switch action {
      case .observe(let state), .move(let state, _): observers[state, default: []].append(operation)
      case .differ, .set, .apply, .inspect: break
      }
    }
    let differing = actions.indices.filter {
      if case .differ = actions[$0] { true } else { false }
    }
    // Oldest first: what hides an operation stays, unless something later hides it in its turn.
    var fates = [Fate](repeating: .kept, count: count)
    for operation in start..<end where returned[operation] != .max {
      guard let target = actions[operation].target else { continue }
      let hider = (operation + 1..<count).lazy.filter {
        fates[$0] == .kept && invoked[$0] > returned[operation] && !actions[$0].isPure
      }.prefix(64).map { returned[$0] }.min()
      guard let hider, hider != .max else { continue }
      // Whoever sees its state keeps it, even where it can't be the one that is seen: a person who
      // reads of a value wants to know where it came from, and what took its place.
      let isSeen = [observers[target] ?? [], differing].joined().contains { other in
        other != operation && fates[other] == .kept && actions[other].sees(target)
      }
      if !isSeen { fates[operation] = .dropped }
    }
    return fates.contains(.dropped) ? part(fates) : self
  }
}
