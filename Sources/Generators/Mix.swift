public import Values

/// Each operation from a child chosen uniformly at random; an exhausted child leaves.
///
/// Which child is next is settled by the draws alone. Only where that one is pending do the others
/// get their turn, since a child that waits must not hold up the rest. Updates are ignored.
public struct Mix: Generator {
  private var children: [any Generator]
  private var draws: Draws

  public init(_ draws: Draws, _ children: [any Generator]) {
    self.children = children
    self.draws = draws
  }

  public init(_ draws: Draws, _ children: any Generator...) { self.init(draws, children) }

  public mutating func next(_ context: GeneratorContext) -> Offer {
    while !children.isEmpty {
      var drawn = draws
      let choice = drawn.below(children.count)
      let offer = children[choice].next(context)
      switch offer {
      case .invocation:
        draws = drawn
        return offer
      case .pending:
        guard let instead = firstInvocation(after: choice, context) else { return .pending }
        draws = drawn
        return .invocation(instead)
      case .exhausted:
        draws = drawn
        children.remove(at: choice)
      }
    }
    return .exhausted
  }

  /// The operation of the first child after one place that has any.
  ///
  /// Those that are exhausted stay, so that the choices to come don't depend on who was pending when.
  private mutating func firstInvocation(
    after choice: Int, _ context: GeneratorContext
  ) -> Invocation? {
    guard context.hasFreeThread else { return nil }
    for step in 1..<max(children.count, 1) {
      let place = (choice + step) % children.count
      if case .invocation(let invocation) = children[place].next(context) { return invocation }
    }
    return nil
  }
}
