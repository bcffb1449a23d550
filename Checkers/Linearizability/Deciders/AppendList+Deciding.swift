extension AppendList {
  /// Decides a history by the order that the longest answer shows.
  ///
  /// A list only grows at its end, so of two lists read one is a prefix of the other, and the
  /// longest holds the order of all elements that were read. The premise: of those, each is
  /// appended by one operation. Then operations must take effect in a known order but for reads of
  /// one list, which may change places, and for appends of elements that nobody read: those come
  /// last, or, where they crashed, not at all. ``ForcedOrder`` checks it against time.
  ///
  /// - Complexity: O(*n*) for operations and the elements of the different lists read.
  public func decide(_ history: ObjectHistory<Operation>) -> Decision? {
    AppendOrder(self, history).decision
  }
}

/// The order of a list's elements that reads show.
private struct AppendOrder {
  let object: AppendList
  let history: ObjectHistory<AppendList.Operation>
  let required: [Bool]
  /// For each element the operation that appends it, or that there are several.
  var appenders: NumberTable
  /// A completed read of the longest list.
  var longest: Int?

  static let several = Int32.max

  init(_ object: AppendList, _ history: ObjectHistory<AppendList.Operation>) {
    self.object = object
    self.history = history
    required = history.required
    var (smallest, largest) = (Int32.max, Int32.min)
    var count = 0
    for case .append(let element) in history.operations {
      (smallest, largest) = (min(smallest, element), max(largest, element))
      count += 1
    }
    if count == 0 { (smallest, largest) = (0, 0) }
    appenders = NumberTable(from: smallest, to: largest, count: count)
    for (number, operation) in history.operations.enumerated() {
      switch operation {
      case .append(let element):
        let isFirst = appenders[element] == NumberTable.none
        appenders[element] = isFirst ? Int32(number) : AppendOrder.several
      case .read(let list):
        let length = longest.map { elements(readBy: $0).count } ?? -1
        if required[number], object.lists[Int(list)].count > length { longest = number }
      }
    }
  }

  /// The elements that a read answered; none for an append.
  func elements(readBy operation: Int) -> [Int32] {
    guard case .read(let list) = history.operations[operation] else { return [] }
    return object.lists[Int(list)]
  }

  var decision: Decision? {
    if let certificate = incomparable { return .nonlinearizable(certificate) }
    let order = longest.map(elements(readBy:)) ?? object.initial
    // For each operation that appends an element of the longest list the element's place there.
    var places = [Int32](repeating: -1, count: history.count)
    var certificate: Certificate?
    for (place, element) in order.enumerated().dropFirst(object.initial.count) {
      let appender = appenders[element]
      if appender == AppendOrder.several { return nil }
      guard certificate == nil, let longest else { continue }
      if appender == NumberTable.none {
        certificate = Certificate(
          [Int32(longest)], reason: "an element was read that was never appended")
      } else if places[Int(appender)] >= 0 {
        certificate = Certificate(
          [Int32(longest), appender].sorted(),
          reason: "an element was read twice that was appended once")
      } else {
        places[Int(appender)] = Int32(place)
      }
    }
    certificate = certificate ?? disorder(places, length: order.count)
    return certificate.map(Decision.nonlinearizable) ?? .linearizable
  }

  /// A read of a list that doesn't begin like the initial one, or that the longest doesn't begin
  /// like.
  private var incomparable: Certificate? {
    guard let longest else { return nil }
    let order = elements(readBy: longest)
    var isChecked = [Bool](repeating: false, count: object.lists.count)
    for (number, operation) in history.operations.enumerated() where required[number] {
      guard case .read(let list) = operation, !isChecked[Int(list)] else { continue }
      isChecked[Int(list)] = true
      let elements = object.lists[Int(list)]
      if !elements.starts(with: object.initial) {
        return Certificate(
          [Int32(number)], reason: "a list was read that doesn't begin like the initial one")
      }
      if !order.starts(with: elements) {
        return Certificate(
          closure([number, longest]),
          reason: "of two lists that were read neither is a prefix of the other")
      }
    }
    return nil
  }

  /// The reads and appends against the order of time.
  private func disorder(_ places: [Int32], length: Int) -> Certificate? {
    let base = object.initial.count
    var forced = ForcedOrder(groupCount: 2 * (length - base) + 2)
    for (time, event) in history.events.enumerated() {
      let operation = Int(event >> 1)
      let group: Int
      switch history.operations[operation] {
      case .read(let list):
        guard required[operation] else { continue }
        group = 2 * (object.lists[Int(list)].count - base)
      case .append:
        let place = Int(places[operation])
        guard place >= 0 || required[operation] else { continue }
        group = 2 * ((place < 0 ? length : place) - base) + 1
      }
      forced.add(isReturn: event & 1 == 1, at: Int32(truncatingIfNeeded: time), group: group)
    }
    guard let (returned, invoked) = forced.conflict() else { return nil }
    let early = Int(history.events[Int(returned)] >> 1)
    let late = Int(history.events[Int(invoked)] >> 1)
    var operations = [early, late]
    if case .append = history.operations[early], case .append = history.operations[late],
      let witness = shortestRead(beyond: Int(places[late]))
    {
      operations.append(witness)
    }
    return Certificate(
      closure(operations),
      reason: "an operation returned before one was invoked that must precede it")
  }

  /// The completed read of the shortest list that has an element at a place.
  private func shortestRead(beyond place: Int) -> Int? {
    history.operations.indices.filter {
      required[$0] && elements(readBy: $0).count > place
    }.min { elements(readBy: $0).count < elements(readBy: $1).count }
  }

  /// Operations with the appends of all elements that the reads among them answered.
  private func closure(_ operations: [Int]) -> [Int32] {
    var read = Set<Int32>()
    for operation in operations { read.formUnion(elements(readBy: operation)) }
    return history.operations.indices.filter { number in
      if operations.contains(number) { return true }
      guard case .append(let element) = history.operations[number] else { return false }
      return read.contains(element)
    }.map { Int32($0) }
  }
}
