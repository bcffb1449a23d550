internal import Histories
internal import Linearizability
internal import Values
internal import Verdicts

/// The evidence that a history is not linearizable as text that a person can follow by hand.
struct Explanation {
  let evidence: Evidence
  let history: HistoryColumns
  /// A state as people read it.
  let stateText: (Int32) -> String
  /// What the object is called: `key 7`.
  let object: String?
  /// How many operations of the object were judged.
  let total: Int
  /// Why the part is invalid, where a theorem says it.
  let reason: String?

  private static let rows = 14
  private static let orders = 4
  private static let steps = 10

  var text: String {
    let subject = object.map { "\($0): " } ?? ""
    let count = evidence.part.count
    var lines = [
      count == 1
        ? "\(subject)one operation of \(total) can't have happened as it was answered:"
        : "\(subject)\(count) operations of \(total) have no order that real time allows:",
      "",
    ]
    lines += table
    lines.append("")
    lines += verdict
    if count < total {
      lines.append("")
      lines.append(
        "The other operations can't repair it: those that only look add demands, and nothing "
          + "above\ncan see what the rest did.")
    }
    return lines.joined(separator: "\n")
  }

  /// A row for each operation in the order of the invocations, with its extent in time.
  private var table: [String] {
    let part = evidence.part
    let shown = shownOperations
    let required = part.required
    let columns = bars(shown, required)
    var cells = [["process", "operation", "lines", "time"]]
    for (place, operation) in shown.enumerated() {
      let invocation = history.operation(at: Int(part.invocations[operation]))
      let end =
        required[operation]
        ? "\(history.operation(at: Int(part.completions[operation])).index)" : ""
      let mark = operation == evidence.misfit ? "  <- does not fit" : ""
      cells.append([
        invocation.process.description, label(operation), "\(invocation.index)..\(end)",
        columns[place] + mark,
      ])
    }
    let widths = (0..<3).map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      "  " + (0..<3).map { padded(row[$0], widths[$0]) }.joined(separator: "  ") + "  " + row[3]
    }
    if shown.count < part.count { lines.append("  (\(part.count - shown.count) more)") }
    return lines
  }

  /// The latest operations, the misfit among them.
  private var shownOperations: [Int] {
    let count = evidence.part.count
    var shown = Array(max(0, count - Explanation.rows)..<count)
    if let misfit = evidence.misfit, !shown.contains(misfit) { shown[0] = misfit }
    return shown
  }

  /// Each operation from invocation to completion on a common scale, one step an event.
  private func bars(_ shown: [Int], _ required: [Bool]) -> [String] {
    let part = evidence.part
    let events = part.events.filter { shown.contains(Int($0 >> 1)) }
    return shown.map { operation in
      let start = events.firstIndex(of: Int32(operation) << 1) ?? 0
      let end =
        events.firstIndex(of: Int32(operation) << 1 | 1).map { 2 * ($0 - start) }
        ?? 2 * (events.count - start)
      return String(repeating: "  ", count: start) + "|"
        + String(repeating: "-", count: max(end - 1, 0)) + (required[operation] ? "|" : ">")
    }
  }

  private var verdict: [String] {
    guard let misfit = evidence.misfit else {
      return ["Every order fails; the budget did not suffice to show the longest."]
    }
    let completion = history.operation(at: Int(evidence.part.completions[misfit]))
    var lines = [
      "\(label(misfit)) must take effect by line \(completion.index), but it "
        + "\(need(of: misfit)):"
    ]
    for (state, order) in evidence.orders.prefix(Explanation.orders) {
      lines.append("  \(stateText(state))  (\(path(order)))")
    }
    let more = evidence.orders.count - Explanation.orders
    if more > 0 { lines.append("  and \(more) other states") }
    return lines
  }

  private func path(_ order: [(operation: Int, state: Int32)]) -> String {
    guard !order.isEmpty else { return "from the beginning" }
    let shown = order.suffix(Explanation.steps).map { label($0.operation) }
    return (order.count > shown.count ? "…, " : "") + shown.joined(separator: ", ")
  }

  private func need(of operation: Int) -> String {
    let needed: String
    switch evidence.part.operations[operation] {
    case .observe(let state), .move(let state, _): needed = stateText(state)
    case .differ(let state): needed = "anything but \(stateText(state))"
    case .set: needed = "nothing"
    case .apply, .inspect: return "can't happen in any state that can be there"
    }
    return "needs \(needed). All that can be there instead"
  }

  private func label(_ operation: Int) -> String {
    let part = evidence.part
    let invocation = history.operation(at: Int(part.invocations[operation]))
    let end = Int(part.completions[operation])
    let asked = invocation.value == .null ? "" : " \(invocation.value.text(limit: 24))"
    let answer =
      end >= 0 && history.operation(at: end).type == .ok ? history.operation(at: end).value : .null
    if end >= 0, history.operation(at: end).type == .fail {
      return "\(invocation.f)\(asked) failed"
    }
    let isRead = if case .observe = part.operations[operation] { true } else { false }
    guard isRead || (answer != .null && answer != invocation.value) else {
      return "\(invocation.f)\(asked)"
    }
    return "\(invocation.f)\(asked) -> \(answer.text(limit: 24))"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
