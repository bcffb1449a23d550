/// Why an object's history is not linearizable: a small part of it, and how far its orders get.
public struct Evidence {
  /// The part that is invalid already.
  public let part: ObjectHistory<Action>
  /// The operation that can't be placed, or nothing when the budget didn't suffice to say.
  public let misfit: Int?
  /// For each state possible before that operation must have taken effect, the first of the
  /// longest orders that lead to it.
  public let orders: [Order]
  /// What the general search says of the part that a certificate names; nothing where the search
  /// itself found the history invalid.
  public let confirmation: Confirmation?

  /// An order of operations that is possible as far as it goes.
  public struct Order {
    /// The operations that took effect, with the state after each.
    public var steps: [(operation: Int, state: Int32)]
    /// The state that they lead to.
    public var state: Int32
    /// What else could take effect by then, but for the misfit, each with the state that it would
    /// lead to, or nothing where it can't happen.
    public var pending: [(operation: Int, state: Int32?)]
  }

  public enum Confirmation: Hashable, Sendable {
    case confirmed
    /// The search used up its budget.
    case undecided
    /// The part has an order after all: the certificate proves nothing.
    case refuted
  }

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
    self.init(of: weakest, transitions, nil)
  }

  /// The part that a certificate names.
  public init(
    of history: ObjectHistory<Action>, _ certificate: Certificate, _ transitions: Transitions
  ) {
    let part = history.part(certificate.fates(count: history.count))
    let search = ResumableSearch(part, transitions)
    switch search.run(steps: 400_000, memory: 64 << 20) {
    case .invalid(let event):
      // What proves a theorem's case may be more than a person needs.
      let weakest = Shrinking.part(of: part, invalidAt: event, transitions)
      self.init(of: weakest, transitions, .confirmed)
    case .valid: self.init(of: part, transitions, .refuted)
    case .interrupted, .outOfMemory: self.init(of: part, transitions, .undecided)
    }
  }

  /// A part that is shown as it is, for what is wrong with it is no matter of real time.
  public init(part: ObjectHistory<Action>) {
    self.part = part
    misfit = nil
    orders = []
    confirmation = nil
  }

  private init(
    of weakest: ObjectHistory<Action>, _ transitions: Transitions, _ confirmation: Confirmation?
  ) {
    self.confirmation = confirmation
    // With their true completions operations are easier to follow, and the part is invalid a
    // fortiori.
    for part in [weakest.restored(), weakest] {
      let search = ResumableSearch(part, transitions, isRecording: true)
      guard case .invalid(let event) = search.run(steps: 400_000, memory: 64 << 20) else {
        continue
      }
      self.part = part
      misfit = Int(part.events[event] >> 1)
      orders = Evidence.longest(search.dead, transitions.initial).map { state, steps in
        let pending = Evidence.pending(part, by: event, after: steps, state, transitions)
        return Order(steps: steps, state: state, pending: pending)
      }
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

  /// What is open at an event and not in an order, with the state that each would lead to.
  private static func pending(
    _ part: ObjectHistory<Action>, by event: Int, after steps: [(operation: Int, state: Int32)],
    _ state: Int32, _ transitions: Transitions
  ) -> [(operation: Int, state: Int32?)] {
    let placed = Set(steps.map(\.operation))
    let misfit = Int(part.events[event] >> 1)
    return part.events[..<event].compactMap { event in
      let operation = Int(event >> 1)
      guard event & 1 == 0, !placed.contains(operation), operation != misfit
      else { return nil }
      return (operation, transitions.state(after: part.operations[operation], in: state))
    }
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
