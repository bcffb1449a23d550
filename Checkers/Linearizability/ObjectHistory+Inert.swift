extension ObjectHistory<Action> {
  /// The same history without crashed operations that can't matter: it has the same verdict.
  ///
  /// A crashed operation that never changes the state constrains nothing. One that leads to a
  /// state which no other operation sees is followed, in any linearization, by an operation that
  /// is possible everywhere and leads to the same state from everywhere, or by nothing: so it can
  /// be left out of that linearization. Leaving it out may make another one inert.
  ///
  /// - Complexity: O(*n*).
  package func droppingInert() -> ObjectHistory {
    let required = required
    guard required.contains(false) else { return self }
    var fates: [Fate] = (0..<count).map { operation in
      !required[operation] && actions[operation].isPure ? .dropped : .kept
    }
    let areTransparent = zip(actions, fates).allSatisfy { action, fate in
      if case .differ = action { return fate == .dropped }
      return fate == .dropped || !action.isOpaque
    }
    if areTransparent { dropUnseen(required, &fates) }
    return fates.contains(.dropped) ? part(fates) : self
  }

  private func dropUnseen(_ required: [Bool], _ fates: inout [Fate]) {
    // How many operations see a state; crashed operations by the state they lead to.
    var observers: [Int32: Int] = [:]
    var leading: [Int32: [Int]] = [:]
    for operation in actions.indices where fates[operation] == .kept {
      switch actions[operation] {
      case .observe(let state), .move(let state, _): observers[state, default: 0] += 1
      default: break
      }
      if !required[operation], let target = actions[operation].target {
        leading[target, default: []].append(operation)
      }
    }
    // In any order: the same operations end up dropped.
    var unseen = leading.keys.filter { observers[$0, default: 0] == 0 }
    while let state = unseen.popLast() {
      for operation in leading.removeValue(forKey: state) ?? [] {
        fates[operation] = .dropped
        guard case .move(let from, _) = actions[operation] else { continue }
        observers[from, default: 0] -= 1
        if observers[from] == 0 { unseen.append(from) }
      }
    }
  }
}
