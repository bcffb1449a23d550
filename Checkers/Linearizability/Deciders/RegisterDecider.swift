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
    if let span = span(of: history) {
      return RegisterZones(history, initial: initial, valueCount: span)
    }
    let (register, dense) = renumbered(history)
    return RegisterZones(
      dense, initial: register.initial, valueCount: 2 * dense.count + 1)
  }

  /// How many values there are at most, or nothing where a table of that size would be mostly
  /// empty.
  private func span(of history: ObjectHistory<Action>) -> Int? {
    var all: Int32 = initial
    var largest: Int32 = initial
    for operation in history.operations {
      switch operation {
      case .observe(let value), .differ(let value), .set(let value):
        largest = max(largest, value)
        all |= value
      case .move(let from, let to):
        largest = max(largest, max(from, to))
        all |= from | to
      case .apply, .inspect: break
      }
    }
    // Negative exactly if one of them is.
    return all >= 0 && Int(largest) < 4 * history.count + 1024 ? Int(largest) + 1 : nil
  }

  /// The same history with values numbered from 0, the initial one, as they occur.
  func renumbered(
    _ history: ObjectHistory<Action>
  ) -> (register: Register, history: ObjectHistory<Action>) {
    var numbers: [Int32: Int32] = [initial: 0]
    func number(_ value: Int32) -> Int32 {
      if let known = numbers[value] { return known }
      let next = Int32(numbers.count)
      numbers[value] = next
      return next
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
