extension Transitions {
  /// The state after an action, or nothing where it can't happen in that state.
  func state(after action: Action, in state: Int32) -> Int32? {
    switch action {
    case .observe(let seen): return seen == state ? state : nil
    case .differ(let other): return other != state ? state : nil
    case .set(let target): return target
    case .move(let from, let to): return from == state ? to : nil
    case .apply(let operation), .inspect(let operation):
      guard let after = machine?.apply(operation, state), after >= 0 else { return nil }
      return after
    }
  }
}
