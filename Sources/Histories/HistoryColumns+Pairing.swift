import Values

extension HistoryColumns {
  /// Pairs the lines as ``History`` does, and brings them into another order if asked to.
  ///
  /// - Complexity: O(*n*), by time O(*n* log *n*).
  mutating func pair(_ order: History.Order) throws(HistoryError) {
    guard order == .time else { return try pairInOrder() }
    let times = times ?? Array(repeating: -1, count: count)
    if let position = times.firstIndex(where: { $0 < 0 }) {
      throw HistoryError(position: position, index: index(at: position), problem: .withoutTime)
    }
    let byTime = (0..<Int32(count)).sorted { (times[Int($0)], $0) < (times[Int($1)], $1) }
    try pairInOrder(byTime)
    func key(_ position: Int32) -> (Nanoseconds, Int, Int32) {
      (times[Int(position)], types[Int(position)] == .invoke ? 0 : 1, position)
    }
    reorder(byTime.sorted { key($0) < key($1) })
  }

  /// Whether the clients' operations are transactions of which only the completions were kept.
  var holdsCompletionsOnly: Bool {
    guard let first = processes.firstIndex(where: { $0 >= 0 }) else { return false }
    return (first..<count).allSatisfy {
      processes[$0] < 0 || types[$0] != .invoke && f(at: $0) == History.transaction
    }
  }

  private mutating func pairInOrder(_ order: [Int32]? = nil) throws(HistoryError) {
    if holdsCompletionsOnly {
      isTimed = false
      partners = [Int32](repeating: -1, count: count)
      return
    }
    var pending = PendingCalls(processes: processes)
    var partners = [Int32](repeating: -1, count: count)
    let problem = partners.withUnsafeMutableBufferPointer { partners in
      types.withUnsafeBufferPointer { types in
        processes.withUnsafeBufferPointer { processes in
          functions.withUnsafeBufferPointer { functions in
            pair(types, processes, functions, order, &pending, partners)
          }
        }
      }
    }
    if let problem { throw problem }
    self.partners = partners
  }

  /// - Returns: What makes the lines no history.
  private func pair(
    _ types: UnsafeBufferPointer<Operation.Kind>, _ processes: UnsafeBufferPointer<Int32>,
    _ functions: UnsafeBufferPointer<UInt16>, _ order: [Int32]?, _ pending: inout PendingCalls,
    _ partners: UnsafeMutableBufferPointer<Int32>
  ) -> HistoryError? {
    for step in 0..<types.count {
      let position = order.map { Int($0[step]) } ?? step
      let process = processes[position]
      guard process >= 0 else { continue }
      let isInvocation = types[position] == .invoke
      let first = pending.replace(
        process, with: isInvocation ? Int32(truncatingIfNeeded: position) : -1)
      if isInvocation {
        if first < 0 { continue }
        return error(
          position,
          .overlappingInvocations(process: client(process), first: index(at: Int(first))))
      }
      guard first >= 0 else {
        // Crashed operations may be reported long after: an info without an invocation says nothing.
        if types[position] == .info { continue }
        return error(position, .completionWithoutInvocation(process: client(process)))
      }
      // Names that differ in their bytes may still be equal as texts.
      guard
        functions[Int(first)] == functions[position] || f(at: Int(first)) == f(at: position)
      else {
        return error(
          position,
          .mismatchedCompletion(
            process: client(process), invoked: f(at: Int(first)), completed: f(at: position)))
      }
      partners[position] = first
      partners[Int(first)] = Int32(truncatingIfNeeded: position)
    }
    return nil
  }

  private func error(_ position: Int, _ problem: HistoryError.Problem) -> HistoryError {
    HistoryError(position: position, index: index(at: position), problem: problem)
  }

  /// Puts at each place the line that an order names there.
  mutating func reorder(_ order: [Int32]) {
    func moved<Element>(_ column: [Element]) -> [Element] { order.map { column[Int($0)] } }
    indices = moved(indices ?? Array(0..<count))
    types = moved(types)
    functions = moved(functions)
    processes = moved(processes)
    values = moved(values)
    times = times.map { moved($0) }
    guard !partners.isEmpty || !remarks.isEmpty else { return }
    var places = [Int32](repeating: 0, count: order.count)
    for (place, position) in order.enumerated() { places[Int(position)] = Int32(place) }
    partners = partners.isEmpty ? [] : moved(partners).map { $0 < 0 ? -1 : places[Int($0)] }
    for number in remarks.indices {
      remarks[number].position = places[Int(remarks[number].position)]
    }
    remarks.sort { $0.position < $1.position }
  }
}

/// For each process the position of its pending invocation, or -1.
private struct PendingCalls {
  private var dense: [Int32]
  /// Of the processes whose numbers are too high to have a place each.
  private var sparse: [Int32: Int32] = [:]

  init(processes: [Int32]) {
    // Numbers are as a rule no more than the invocations.
    let bound = 4 * processes.count + 1_024
    let highest = processes.lazy.filter { Int($0) < bound }.max() ?? 0
    dense = [Int32](repeating: -1, count: Int(max(highest, 0)) + 1)
  }

  /// - Returns: What was there.
  @inline(__always)
  mutating func replace(_ process: Int32, with position: Int32) -> Int32 {
    guard Int(process) < dense.count else {
      return sparse.updateValue(position, forKey: process) ?? -1
    }
    let last = dense[Int(process)]
    dense[Int(process)] = position
    return last
  }
}
