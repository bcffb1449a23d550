/// Completed operations that may be left out together, because nothing that stays can see them.
///
/// An operation that stays may see what a left-out one leaves only if it returned after that one
/// was invoked. If it was then invoked only after some third operation had returned that stays,
/// always leads to one state, and was invoked after the left-out one had returned, that third one
/// lies between them in every linearization. So in a linearization of the whole, the last change
/// before an operation that sees the state is one that stays: without the others it is still a
/// linearization.
package struct Hiding {
  private let history: ObjectHistory<Action>
  private var invoked: [Int]
  private var returned: [Int]
  private var fates: [Fate]
  /// For each event the earliest return of a hider that is invoked there or later.
  private var hidden: [Int] = []
  /// By the state that they see, the invocations of what stays, ascending, each with the latest
  /// return so far.
  private var observers: [Int32: [(invoked: Int, returned: Int)]] = [:]
  private var differing: [(invoked: Int, returned: Int)] = []

  private static let rounds = 64

  /// Which operations in a range can be left out together.
  ///
  /// - Complexity: O(*n* log *n*) for each of at most 64 rounds.
  package static func fates(in history: ObjectHistory<Action>, _ range: Range<Int>) -> [Fate] {
    var hiding = Hiding(history)
    return hiding.settle(range) ? hiding.fates : hiding.allKept
  }

  private init(_ history: ObjectHistory<Action>) {
    self.history = history
    invoked = [Int](repeating: 0, count: history.count)
    returned = [Int](repeating: .max, count: history.count)
    fates = [Fate](repeating: .kept, count: history.count)
    for (place, event) in history.events.enumerated() {
      if event & 1 == 0 {
        invoked[Int(event >> 1)] = place
      } else {
        returned[Int(event >> 1)] = place
      }
    }
  }

  private var allKept: [Fate] {
    [Fate](repeating: .kept, count: history.count)
  }

  /// Begins with all candidates left out, and brings back what is seen until nothing is.
  ///
  /// - Returns: Whether it came to an end.
  private mutating func settle(_ range: Range<Int>) -> Bool {
    guard !history.actions.contains(where: \.isOpaque) else { return false }
    let origins = origins
    for operation in range where returned[operation] != .max {
      guard let target = history.actions[operation].target else { continue }
      if origins[target] != operation { fates[operation] = .dropped }
    }
    for _ in 0..<Hiding.rounds {
      findHiders()
      findObservers()
      let seen = range.filter { fates[$0] == .dropped && isSeen($0) }
      if seen.isEmpty { return true }
      for operation in seen { fates[operation] = .kept }
    }
    return false
  }

  /// For each state that a read or the last operation needs, the latest operation that led to it.
  ///
  /// A person will ask for it, so it stays, though nothing can see it any more.
  private var origins: [Int32: Int] {
    var needed = Set<Int32>()
    let last = history.events.last.map { Int($0 >> 1) }
    for operation in history.actions.indices {
      switch history.actions[operation] {
      case .observe(let state): needed.insert(state)
      case .move(let state, _) where operation == last: needed.insert(state)
      case .move, .differ, .set, .apply, .inspect: continue
      }
    }
    var origins: [Int32: Int] = [:]
    for operation in history.actions.indices where operation != last {
      if let target = history.actions[operation].target, needed.contains(target) {
        origins[target] = operation
      }
    }
    return origins
  }

  private mutating func findHiders() {
    hidden = [Int](repeating: .max, count: history.events.count + 1)
    for operation in history.actions.indices
    where fates[operation] == .kept && history.actions[operation].target != nil {
      hidden[invoked[operation]] = returned[operation]
    }
    for place in history.events.indices.reversed() {
      hidden[place] = min(hidden[place], hidden[place + 1])
    }
  }

  private mutating func findObservers() {
    observers = [:]
    differing = []
    // Operations are in the order of their invocations.
    for operation in history.actions.indices where fates[operation] == .kept {
      let (start, end) = (invoked[operation], returned[operation])
      switch history.actions[operation] {
      case .observe(let state), .move(let state, _):
        let latest = max(observers[state]?.last?.returned ?? -1, end)
        observers[state, default: []].append((start, latest))
      case .differ: differing.append((start, max(differing.last?.returned ?? -1, end)))
      case .set, .apply, .inspect: break
      }
    }
  }

  /// Whether something that stays may see the state that an operation leaves.
  private func isSeen(_ operation: Int) -> Bool {
    guard let target = history.actions[operation].target else { return true }
    let end = hidden[returned[operation]]
    return [observers[target] ?? [], differing].contains { observers in
      // The last of those that are invoked before the state is certainly gone.
      var (low, high) = (0, observers.count)
      while low < high {
        let middle = (low + high) / 2
        if observers[middle].invoked < end { low = middle + 1 } else { high = middle }
      }
      return low > 0 && observers[low - 1].returned > invoked[operation]
    }
  }
}
