extension ElementSet {
  /// Decides a set without whole reads element by element, and one that only grows by its reads.
  ///
  /// Elements that no read sees together are independent: linearizability is local. An element
  /// that is added once and never removed is decided by one interval; others by the search, each
  /// alone, as a register of two values.
  ///
  /// - Complexity: O(*n*) but for elements that are added or removed several times; with reads
  ///   linear in their total length.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var kinds: (reads: Bool, removes: Bool, asks: Bool) = (false, false, false)
    for operation in history.operations {
      switch operation {
      case .add: break
      case .remove: kinds.removes = true
      case .contains: kinds.asks = true
      case .read: kinds.reads = true
      }
    }
    guard kinds.reads else { return ElementHistories(history).decision }
    guard !kinds.removes, !kinds.asks else { return nil }
    var growing = GrowingSet(history, sets)
    return growing.decision
  }
}

/// The operations on each element of a set that is never read as a whole.
private struct ElementHistories {
  private let history: ObjectHistory<ElementSet.Operation>
  private var times: EventTimes
  /// For each operation the number of its element.
  private var elements: [Int32] = []
  private var count = 0

  /// The most steps that the search of one element may take.
  private static let steps = 200_000

  init(_ history: ObjectHistory<ElementSet.Operation>) {
    self.history = history
    times = EventTimes(history)
    var numbers = DenseNumbers()
    elements.reserveCapacity(history.count)
    for operation in history.operations {
      switch operation {
      case .add(let element), .remove(let element), .contains(let element, _):
        elements.append(Int32(numbers.number(of: element)))
      case .read: elements.append(-1)
      }
    }
    count = numbers.count
  }

  var decision: Decision? {
    // For each element: how often it is changed, the interval in which it must have been added, and
    // the operations that give its ends.
    var adds = [Int32](repeating: -1, count: count)
    var isComplex = [Bool](repeating: false, count: count)
    var earliest = adds
    var latest = adds
    for number in history.operations.indices {
      let element = Int(elements[number])
      let operation = Int32(number)
      switch history.operations[number] {
      case .remove: isComplex[element] = true
      case .add:
        if adds[element] >= 0 { isComplex[element] = true }
        adds[element] = operation
        note(operation, &earliest[element], isLater: true)
        note(operation, &latest[element], isLater: false)
      // What never answered says nothing.
      case .contains where times.returned[number] == EventTimes.never: break
      case .contains(_, true): note(operation, &latest[element], isLater: false)
      case .contains(_, false): note(operation, &earliest[element], isLater: true)
      case .read: return nil
      }
    }
    for element in 0..<count where !isComplex[element] {
      let end = latest[element]
      guard adds[element] >= 0 else {
        // Never added: nobody may have seen it.
        if end >= 0, times.returned[Int(end)] != EventTimes.never {
          return .nonlinearizable(
            Certificate([end], reason: "an element is there that was never added"))
        }
        continue
      }
      let start = earliest[element]
      // An addition that never returned and that nobody saw need not have happened.
      guard times.returned[Int(end)] != EventTimes.never,
        times.invoked[Int(start)] > times.returned[Int(end)]
      else { continue }
      return .nonlinearizable(
        Certificate(
          Set([adds[element], start, end]).sorted(),
          reason: "an element is missing after it was there, or there before it was added"))
    }
    return search(isComplex)
  }

  /// Remembers the operation that was invoked last, or that returned first.
  private func note(_ operation: Int32, _ known: inout Int32, isLater: Bool) {
    guard known >= 0 else {
      known = operation
      return
    }
    if isLater {
      if times.invoked[Int(operation)] > times.invoked[Int(known)] { known = operation }
    } else if times.returned[Int(operation)] < times.returned[Int(known)] {
      known = operation
    }
  }

  /// Decides the elements that are changed several times, each by the general search.
  private func search(_ isComplex: [Bool]) -> Decision? {
    guard isComplex.contains(true) else { return .linearizable }
    var starts = [Int32](repeating: 0, count: count + 1)
    for element in elements where isComplex[Int(element)] { starts[Int(element) + 1] += 1 }
    for element in 0..<count { starts[element + 1] += starts[element] }
    var places = starts
    var members = [Int32](repeating: 0, count: Int(starts[count]))
    for (operation, element) in elements.enumerated() where isComplex[Int(element)] {
      members[Int(places[Int(element)])] = Int32(operation)
      places[Int(element)] += 1
    }
    for element in 0..<count where isComplex[element] {
      let operations = Array(members[Int(starts[element])..<Int(starts[element + 1])])
      let part = register(of: operations)
      let transitions = Transitions(initial: 0)
      let search = ResumableSearch(part.droppingInert(), transitions)
      switch search.run(steps: ElementHistories.steps, memory: 64 << 20) {
      case .valid: continue
      case .invalid: return .nonlinearizable(certificate(part, transitions))
      case .interrupted, .outOfMemory: return nil
      }
    }
    return .linearizable
  }

  /// An element as a register of two values; positions are the whole history's numbers.
  private func register(of operations: [Int32]) -> ObjectHistory<Action> {
    var events: [(time: Int32, event: Int32)] = []
    for (place, operation) in operations.enumerated() {
      events.append((times.invoked[Int(operation)], Int32(place) << 1))
      let end = times.returned[Int(operation)]
      if end != EventTimes.never { events.append((end, Int32(place) << 1 | 1)) }
    }
    events.sort { $0.time < $1.time }
    var part = ObjectHistory<Action>()
    for (_, event) in events {
      guard event & 1 == 0 else {
        part.complete(event >> 1)
        continue
      }
      let operation = Int(operations[Int(event >> 1)])
      let isDone = times.returned[operation] != EventTimes.never
      _ = part.invoke(
        action(history.operations[operation]), at: operation, completion: isDone ? operation : nil)
    }
    return part
  }

  private func action(_ operation: ElementSet.Operation) -> Action {
    switch operation {
    case .add: .set(1)
    case .remove: .set(0)
    case .contains(_, let isThere): .observe(isThere ? 1 : 0)
    case .read: .observe(2)
    }
  }

  private func certificate(
    _ part: ObjectHistory<Action>, _ transitions: Transitions
  ) -> Certificate {
    let shrunk = Shrinking.part(
      of: part, invalidAt: part.events.count - 1, transitions, steps: 200_000)
    let isRequired = shrunk.required
    var certificate = Certificate([], reason: "an element is there when it can't be, or missing")
    for number in 0..<shrunk.count {
      let operation = shrunk.invocations[number]
      if isRequired[number] {
        certificate.operations.append(operation)
      } else {
        certificate.weakened.append(operation)
      }
    }
    return certificate
  }
}
