extension VersionedRegister {
  /// Decides a history by the order of the versions: Gibbons and Korach, *Testing shared memories*,
  /// SIAM Journal on Computing 26(4), 1997, theorem 4.13.
  ///
  /// The premise: every change that completed answered its version, and where a version was seen
  /// that none of them made, one crashed change can have made it. Crashed changes whose versions
  /// nobody saw are left out; that loses nothing, unless a compare-and-set needs their value, which
  /// is left to the search.
  ///
  /// Then the versions give the order of all operations but for reads of one version, which may
  /// change places: each change must fit what the one before it left, and ``ForcedOrder`` checks
  /// the order against time.
  ///
  /// - Complexity: O(*n*) where versions lie close together, else O(*n* log *n*).
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    var order = VersionOrder(self, history)
    do throws(Obstacle) {
      try order.placeChanges()
      try order.placeCrashed()
      try order.checkChain()
      try order.checkTime()
      return .linearizable
    } catch {
      switch error {
      case .undecided: return nil
      case .violated(let operations, let reason):
        return .nonlinearizable(Certificate(order.closure(operations), reason: reason))
      }
    }
  }
}

/// Who made and who saw each version.
private struct VersionOrder {
  let object: VersionedRegister
  let history: ObjectHistory<VersionedRegister.Operation>
  let required: [Bool]
  let table: VersionTable
  /// By the place of the version: the change that made it, or -1.
  var makers: [Int32]
  /// By the place of the version: an operation that completed and saw it, a read if there is one.
  var witnesses: [Int32]
  /// For each operation the place of the version that it read or made, or -1.
  var places: [Int32]
  /// Crashed changes that are in no linearization unless a compare-and-set needs their value.
  var idle: [Int32] = []

  init(_ object: VersionedRegister, _ history: ObjectHistory<VersionedRegister.Operation>) {
    self.object = object
    self.history = history
    required = history.required
    var versions = [object.initial.version]
    versions.reserveCapacity(history.count + 1)
    for operation in history.operations {
      if let version = operation.version { versions.append(version) }
      if case .casVersion(let from, _, _) = operation { versions.append(from) }
    }
    table = VersionTable(versions)
    makers = [Int32](repeating: -1, count: table.count)
    witnesses = makers
    places = [Int32](repeating: -1, count: history.count)
  }

  /// Gives each operation that completed its place, and each version its maker.
  mutating func placeChanges() throws(Obstacle) {
    let first = table.place(of: object.initial.version)
    var violation: Obstacle?
    for (number, operation) in history.operations.enumerated() where required[number] {
      guard let version = operation.version else { throw .undecided }
      let place = table.place(of: version)
      places[number] = Int32(place)
      if case .casVersion(let from, _, _) = operation {
        let seen = table.place(of: from)
        if witnesses[seen] < 0 { witnesses[seen] = Int32(number) }
      }
      if case .read = operation {
        witnesses[place] = Int32(number)
        if place < first {
          violation =
            violation
            ?? .violated(
              [Int32(number)], reason: "a version was read that is below the initial one")
        }
        continue
      }
      if place <= first {
        violation =
          violation
          ?? .violated(
            [Int32(number)], reason: "a change made no version above the initial one")
      } else if makers[place] >= 0 {
        violation =
          violation
          ?? .violated(
            [makers[place], Int32(number)], reason: "two changes made the same version")
      } else {
        makers[place] = Int32(number)
      }
    }
    if let violation { throw violation }
  }

  /// Finds the crashed changes that made the versions which were seen, but that no other made.
  mutating func placeCrashed() throws(Obstacle) {
    let first = table.place(of: object.initial.version)
    var crashed: [Int32] = []
    var byTarget: [Int32: [Int32]] = [:]
    for (number, operation) in history.operations.enumerated() where !required[number] {
      guard let target = operation.target else { continue }
      crashed.append(Int32(number))
      byTarget[target, default: []].append(Int32(number))
    }
    for place in witnesses.indices where witnesses[place] >= 0 && makers[place] < 0 {
      if place == first { continue }
      let witness = witnesses[place]
      let seen: Int32? =
        if case .read(let value, _) = history.operations[Int(witness)] { value } else { nil }
      let candidates = (seen.map { byTarget[$0, default: []] } ?? crashed).filter { candidate in
        history.operations[Int(candidate)].version.map { table.place(of: $0) == place } ?? true
      }
      guard let maker = candidates.first else {
        throw .violated([witness], reason: "a version was seen that no change can have made")
      }
      guard candidates.count == 1, seen != nil else { throw .undecided }
      if places[Int(maker)] >= 0 {
        throw .violated(
          [maker, witness, witnesses[Int(places[Int(maker)])]],
          reason: "two versions were seen that only one and the same change can have made")
      }
      makers[place] = maker
      places[Int(maker)] = Int32(place)
    }
    idle = crashed.filter { places[Int($0)] < 0 }
  }

  /// Checks each version's reads, and each change against what the one before it left.
  func checkChain() throws(Obstacle) {
    let first = table.place(of: object.initial.version)
    for (number, operation) in history.operations.enumerated() where required[number] {
      guard case .read(let value, _) = operation else { continue }
      let place = Int(places[number])
      let maker = makers[place]
      let made = maker < 0 ? object.initial.value : history.operations[Int(maker)].target
      if value == made { continue }
      let other = maker < 0 ? [] : required[Int(maker)] ? [maker] : [witnesses[place]]
      throw .violated(
        [Int32(number)] + other, reason: "a version was read with a value that it never had")
    }
    var before = first
    for place in makers.indices.dropFirst(first + 1) where makers[place] >= 0 {
      let change = makers[place]
      switch history.operations[Int(change)] {
      case .cas(let from, _, _):
        if value(at: before) != from {
          guard required[Int(change)], !idle.contains(where: { isIdle($0, making: from) }) else {
            throw .undecided
          }
          throw .violated(
            [change] + maker(at: before),
            reason: "a compare-and-set changed another value than it expected")
        }
      case .casVersion(let from, _, _):
        let seen = table.place(of: from)
        if seen != before {
          guard required[Int(change)] else { throw .undecided }
          throw .violated(
            seen < place && seen >= first ? [change] + maker(at: before) : [change],
            reason: "a compare-and-set changed another version than it expected")
        }
      case .read, .write: break
      }
      before = place
    }
  }

  private func isIdle(_ operation: Int32, making value: Int32) -> Bool {
    history.operations[Int(operation)].target == value
  }

  private func value(at place: Int) -> Int32? {
    makers[place] < 0 ? object.initial.value : history.operations[Int(makers[place])].target
  }

  private func maker(at place: Int) -> [Int32] { makers[place] < 0 ? [] : [makers[place]] }

  /// Checks the order of the versions against time.
  func checkTime() throws(Obstacle) {
    var forced = ForcedOrder(groupCount: 2 * table.count)
    for (time, event) in history.events.enumerated() {
      let operation = Int(event >> 1)
      let place = Int(places[operation])
      guard place >= 0 else { continue }
      let isRead = if case .read = history.operations[operation] { 1 } else { 0 }
      forced.add(
        isReturn: event & 1 == 1, at: Int32(truncatingIfNeeded: time), group: 2 * place + isRead)
    }
    guard let (returned, invoked) = forced.conflict() else { return }
    throw .violated(
      [history.events[Int(returned)] >> 1, history.events[Int(invoked)] >> 1],
      reason: "an operation returned before one on a lower version was invoked")
  }

  /// Operations with all that explains their answers, in ascending order.
  func closure(_ operations: [Int32]) -> [Int32] {
    var found = Set(operations)
    var pending = operations
    func add(_ operation: Int32) {
      if operation >= 0, found.insert(operation).inserted { pending.append(operation) }
    }
    while let operation = pending.popLast() {
      let place = Int(places[Int(operation)])
      switch history.operations[Int(operation)] {
      case .read: if place >= 0 { add(makers[place]) }
      case .casVersion(let from, _, _): add(makers[table.place(of: from)])
      case .cas:
        if let before = makers[..<max(place, 0)].lastIndex(where: { $0 >= 0 }) {
          add(makers[before])
        }
      case .write: break
      }
      if place >= 0, !required[Int(operation)] { add(witnesses[place]) }
    }
    return found.sorted()
  }
}

extension VersionedRegister.Operation {
  /// The version that it read or made, where it is known.
  fileprivate var version: Int64? {
    switch self {
    case .read(_, let version): version
    case .write(_, let version), .cas(_, _, let version), .casVersion(_, _, let version): version
    }
  }

  /// The value that it leaves where it changes the register.
  fileprivate var target: Int32? {
    switch self {
    case .read: nil
    case .write(let value, _), .cas(_, let value, _), .casVersion(_, let value, _): value
    }
  }
}
