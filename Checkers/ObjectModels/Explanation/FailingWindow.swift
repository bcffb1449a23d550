internal import Histories
internal import Linearizability
public import Values
internal import Verdicts

/// The smallest part of a history that was found to have no order, with how far its orders get:
/// what texts, pictures and machines are told of it.
///
/// Its size is bounded, whatever the history's.
public struct FailingWindow: Hashable, Sendable {
  public struct Operation: Hashable, Sendable {
    public var process: String
    public var f: String
    /// What was answered, where that is known, and what was asked for otherwise.
    public var value: Value
    /// The operation as people read it: `read -> 3`.
    public var label: String
    /// The `index` of the line of its invocation, by which the window speaks of it.
    public var start: Int
    /// That of its completion; nothing where it may take effect at any later time, or never.
    public var end: Int?
    /// Where it starts and ends among the starts and ends of the window's operations.
    var startRank: Int
    var endRank: Int?
  }

  /// One of the longest orders that are possible.
  public struct Order: Hashable, Sendable {
    /// The operations that took effect, by `start`, with the state after each.
    public var steps: [Step]
    /// How many steps came before those.
    public var omitted: Int
    /// The state in which the misfit can't take effect.
    public var state: String
    /// What else could have taken effect by then, and why that does not help.
    public var pending: [Pending]
  }

  public struct Step: Hashable, Sendable {
    public var operation: Int
    public var label: String
    public var state: String
  }

  public struct Pending: Hashable, Sendable {
    public var operation: Int
    public var label: String
    /// `can't happen there, for it needs 3`, `leads to 4`.
    public var reason: String
  }

  /// What the object is called; nothing where there is one object only.
  public var object: String?
  /// How many operations of the object were judged.
  public var total: Int
  /// The operations in the order of their invocations; of very many the latest.
  public var operations: [Operation]
  /// How many there are beside those.
  public var omitted: Int
  /// The operation that can't be placed, by `start`; nothing where the budget didn't suffice.
  public var misfit: Int?
  /// What the misfit would need: `needs 3`.
  public var need: String?
  public var orders: [Order]
  public var omittedOrders: Int
  /// Why there is no order, where a theorem says it, as a sentence without its full stop.
  public var reason: String?
  /// Whether the general search says the same of what the theorem names.
  public var isConfirmed: Bool?

  static let operationsMax = 60
  static let ordersMax = 8
  static let stepsMax = 20
  static let pendingMax = 8
}

extension FailingWindow {
  init(
    _ evidence: Evidence, _ history: HistoryColumns, object: String?, total: Int, reason: String?,
    state: @escaping (Int32) -> String
  ) {
    let source = WindowSource(evidence: evidence, history: history, state: state)
    let shown = source.shown
    self.object = object
    self.total = total
    operations = source.operations(shown)
    omitted = evidence.part.count - shown.count
    misfit = evidence.misfit.map(source.start)
    need = evidence.misfit.flatMap(source.need)
    orders = evidence.orders.prefix(FailingWindow.ordersMax).map(source.order)
    omittedOrders = evidence.orders.count - orders.count
    self.reason = reason
    isConfirmed = evidence.confirmation.map { $0 == .confirmed }
  }
}

/// Evidence with the history that it is of.
private struct WindowSource {
  let evidence: Evidence
  let history: HistoryColumns
  let state: (Int32) -> String

  private var part: ObjectHistory<Action> { evidence.part }

  /// The latest operations, the misfit among them.
  var shown: [Int] {
    var shown = Array(max(0, part.count - FailingWindow.operationsMax)..<part.count)
    if let misfit = evidence.misfit, !shown.contains(misfit) { shown[0] = misfit }
    return shown
  }

  /// The `index` of the line of an operation's invocation.
  func start(_ operation: Int) -> Int { history.index(at: Int(part.invocations[operation])) }

  func operations(_ shown: [Int]) -> [FailingWindow.Operation] {
    let required = part.required
    let isShown = Set(shown)
    var ranks: [Int32: Int] = [:]
    for event in part.events where isShown.contains(Int(event >> 1)) { ranks[event] = ranks.count }
    return shown.map { operation in
      let invocation = history.operation(at: Int(part.invocations[operation]))
      let end = required[operation] ? Int(part.completions[operation]) : nil
      let completion = end.map { history.operation(at: $0) }
      return FailingWindow.Operation(
        process: invocation.process.description, f: invocation.f,
        value: bounded(completion?.type == .ok ? completion?.value : invocation.value),
        label: label(operation), start: invocation.index, end: completion?.index,
        startRank: ranks[Int32(operation) << 1] ?? 0, endRank: ranks[Int32(operation) << 1 | 1])
    }
  }

  /// A value, or its beginning as a text where it is long.
  private func bounded(_ value: Value?) -> Value {
    guard let value else { return .null }
    let text = value.text(limit: 400)
    return text.hasSuffix("…") ? .string(text) : value
  }

  func order(_ order: Evidence.Order) -> FailingWindow.Order {
    let steps = order.steps.suffix(FailingWindow.stepsMax)
    return FailingWindow.Order(
      steps: steps.map {
        .init(operation: start($0.operation), label: label($0.operation), state: state($0.state))
      },
      omitted: order.steps.count - steps.count, state: state(order.state),
      pending: order.pending.prefix(FailingWindow.pendingMax).map { operation, after in
        .init(
          operation: start(operation), label: label(operation),
          reason: reason(operation, order.state, after))
      })
  }

  /// Why it does not help that an operation takes effect in a state.
  private func reason(_ operation: Int, _ before: Int32, _ after: Int32?) -> String {
    guard let after else {
      return need(operation).map { "can't happen there, for it \($0)" } ?? "can't happen there"
    }
    return after == before ? "changes nothing" : "leads to \(state(after))"
  }

  /// What an operation needs, where that is one state or any but one.
  func need(_ operation: Int) -> String? {
    switch part.operations[operation] {
    case .observe(let seen), .move(let seen, _): "needs \(state(seen))"
    case .differ(let other): "needs anything but \(state(other))"
    case .set, .apply, .inspect: nil
    }
  }

  func label(_ operation: Int) -> String {
    let invocation = history.operation(at: Int(part.invocations[operation]))
    let end = Int(part.completions[operation])
    let asked = invocation.value == .null ? "" : " \(invocation.value.text(limit: 24))"
    guard end >= 0 else { return "\(invocation.f)\(asked)" }
    let completion = history.operation(at: end)
    if completion.type == .fail { return "\(invocation.f)\(asked) failed" }
    let answer = completion.type == .ok ? completion.value : .null
    guard answers(operation, invocation.f) || (answer != .null && answer != invocation.value) else {
      return "\(invocation.f)\(asked)"
    }
    return "\(invocation.f)\(asked) -> \(answer.text(limit: 24))"
  }

  /// Whether an operation tells something even by an answer of null.
  private func answers(_ operation: Int, _ f: String) -> Bool {
    if case .observe = part.operations[operation] { return true }
    return ["dequeue", "pop", "remove-min"].contains(f)
  }
}
