extension Counter {
  /// Decides a counter by what its reads bound, and tickets by the order that their answers give.
  ///
  /// - Where only fetch-and-adds of positive numbers change it, their answers are places in an order:
  ///   ``Tickets``.
  /// - Where only additions of one number change it, the reads divide them into phases:
  ///   ``CounterPhases``.
  /// - Else each read must lie between what is certainly added before it and what may be, a
  ///   necessary condition only: a history that keeps to it is left to the search.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var kinds: (adds: Bool, fetches: Bool) = (false, false)
    var deltas = Set<Int64>()
    for operation in history.operations {
      switch operation {
      case .add(let delta):
        kinds.adds = true
        if deltas.count < 3 { deltas.insert(delta) }
      case .fetchAdd(let delta, _):
        kinds.fetches = true
        if deltas.count < 3 { deltas.insert(delta) }
      case .read: break
      }
    }
    if kinds.fetches && !kinds.adds {
      return Tickets(history, initial: initial).decision
    }
    if !kinds.fetches, deltas.count <= 1, deltas.first ?? 1 != 0 {
      return CounterPhases(history, initial: initial, delta: deltas.first ?? 1).decision
    }
    return kinds.fetches ? nil : CounterBounds(history, initial: initial).violation
  }
}
