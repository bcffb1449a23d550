/// Why an object's history is not linearizable: a small part of it, and how far its orders get.
public struct Evidence {
  /// The part that is invalid already.
  public let part: ObjectHistory<Action>
  /// The operation that can't be placed, or nothing when the budget didn't suffice to say.
  public let misfit: Int?
  /// For each state possible before that operation must have taken effect, the first of the
  /// longest orders that lead to it.
  public let orders: [(state: Int32, order: [(operation: Int, state: Int32)])]

  /// Finds evidence, within bounded effort.
  ///
  /// - Parameter line: The position of a return that no order of the operations passes.
  public init(
    of history: ObjectHistory<Action>, stuckAt line: Int, _ transitions: Transitions
  ) {
    let event =
      history.events.firstIndex {
        $0 & 1 == 1 && history.completions[Int($0 >> 1)] == line
      } ?? history.events.count - 1
    let weakest = Shrinking.part(of: history, invalidAt: event, transitions)
    self.init(of: weakest, transitions)
  }

  /// The part that a certificate names.
  public init(
    of history: ObjectHistory<Action>, _ certificate: Certificate, _ transitions: Transitions
  ) {
    let part = history.part(certificate.fates(count: history.count))
    let search = ResumableSearch(part, transitions)
    guard case .invalid(let event) = search.run(steps: 400_000, memory: 64 << 20) else {
      self.init(of: part, transitions)
      return
    }
    // What proves a theorem's case may be more than a person needs.
    self.init(of: Shrinking.part(of: part, invalidAt: event, transitions), transitions)
  }

  private init(of weakest: ObjectHistory<Action>, _ transitions: Transitions) {
    // With their true completions operations are easier to follow, and the part is invalid a
    // fortiori.
    for part in [weakest.restored(), weakest] {
      let search = ResumableSearch(part, transitions, isRecording: true)
      guard case .invalid(let event) = search.run(steps: 400_000, memory: 64 << 20) else {
        continue
      }
      self.part = part
      misfit = Int(part.events[event] >> 1)
      orders = Evidence.longest(search.dead, transitions.initial)
      return
    }
    part = weakest
    misfit = nil
    orders = []
  }

  private static func longest(
    _ dead: [[(operation: Int, state: Int32)]], _ initial: Int32
  ) -> [(state: Int32, order: [(operation: Int, state: Int32)])] {
    var orders: [(state: Int32, order: [(operation: Int, state: Int32)])] = []
    for order in dead {
      let state = order.last?.state ?? initial
      if let place = orders.firstIndex(where: { $0.state == state }) {
        if order.count > orders[place].order.count { orders[place].order = order }
      } else {
        orders.append((state, order))
      }
    }
    // The longest first; of equal ones the first found.
    return orders.enumerated().sorted { a, b in
      (-a.element.order.count, a.offset) < (-b.element.order.count, b.offset)
    }.map(\.element)
  }

  /// The `index` positions of the part's lines among the history's, in ascending order.
  public var lines: [Int] {
    let required = part.required
    var lines: [Int] = []
    for operation in 0..<part.count {
      lines.append(Int(part.invocations[operation]))
      if required[operation] { lines.append(Int(part.completions[operation])) }
    }
    return lines.sorted()
  }
}
