extension Register {
  /// Decides a history in which every value is written at most once: the zones of Gibbons and
  /// Korach, *Testing shared memories*, SIAM Journal on Computing 26(4), 1997.
  ///
  /// The premise: no value is written twice (by a write or a successful compare-and-set), and the
  /// initial value is never written. Crashed writes of values that nothing saw may also be absent
  /// from any linearization, so they are ignored; other crashed writes must have taken effect.
  ///
  /// Then a compare-and-set from a to b is the only operation that can end a, so chains of them
  /// are blocks whose operations take effect without any from another block in between, and in an
  /// order that is known but for reads of one value: ``RegisterZones`` checks it. A block precedes
  /// another where one of its operations returned before one of the other's was invoked. There is
  /// a linearization exactly if no two blocks precede each other; longer circles need no search,
  /// for in a circle of blocks, each with a first return below the last invocation of the next,
  /// two neighbours precede each other, or each first return is below the one two places on,
  /// which can't be so all the way round.
  ///
  /// A failed compare-and-set that was observed is decided where the zones alone decide it.
  ///
  /// - Complexity: O(*n*); O(*n* log *n*) with observed failures.
  public func decide(_ history: ObjectHistory<Action>) -> Decision? {
    guard let zones = zones(of: history) else { return nil }
    if let violation = zones.violation {
      return .nonlinearizable(zones.certificate(for: violation))
    }
    return zones.areDenialsPossible ? .linearizable : nil
  }

  /// The zones of a history's values, or nothing where the premise doesn't hold.
  func zones(of history: ObjectHistory<Action>) -> RegisterZones? {
    let range = range(of: history)
    // A quick look at what is common: a few values, each written often.
    let span = Int(range.largest) - Int(range.smallest)
    if span < 64, history.operations.count(where: { !$0.isPure }) > span { return nil }
    if range.smallest >= 0, Int(range.largest) < 4 * history.count + 1024 {
      return RegisterZones(history, initial: initial, valueCount: Int(range.largest) + 1)
    }
    let (register, dense) = renumbered(history)
    return RegisterZones(
      dense, initial: register.initial, valueCount: 2 * dense.count + 1)
  }

  /// The smallest and the largest value, the initial one included.
  private func range(of history: ObjectHistory<Action>) -> (smallest: Int32, largest: Int32) {
    var (smallest, largest) = (initial, initial)
    for operation in history.operations {
      switch operation {
      case .observe(let value), .differ(let value), .set(let value):
        (smallest, largest) = (min(smallest, value), max(largest, value))
      case .move(let from, let to):
        (smallest, largest) = (min(smallest, from, to), max(largest, from, to))
      case .apply, .inspect: break
      }
    }
    return (smallest, largest)
  }

  /// The same history with values numbered from 0, the initial one, as they occur.
  func renumbered(
    _ history: ObjectHistory<Action>
  ) -> (register: Register, history: ObjectHistory<Action>) {
    let (smallest, largest) = range(of: history)
    var numbers = NumberTable(from: smallest, to: largest, count: 2 * history.count + 1)
    numbers[initial] = 0
    var next: Int32 = 1
    func number(_ value: Int32) -> Int32 {
      let known = numbers[value]
      if known != NumberTable.none { return known }
      numbers[value] = next
      next += 1
      return next - 1
    }
    let dense = history.map { action -> Action in
      switch action {
      case .observe(let value): .observe(number(value))
      case .differ(let value): .differ(number(value))
      case .set(let value): .set(number(value))
      case .move(let from, let to): .move(from: number(from), to: number(to))
      case .apply, .inspect: action
      }
    }
    return (Register(initial: 0), dense)
  }
}
