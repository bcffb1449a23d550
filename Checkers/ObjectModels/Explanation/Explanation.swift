/// The evidence that a history is not linearizable as text that a person can follow by hand.
struct Explanation {
  let window: FailingWindow

  private static let rows = 14
  private static let orders = 4
  private static let steps = 10
  private static let pending = 4

  var text: String {
    let subject = window.object.map { "\($0): " } ?? ""
    let count = window.operations.count + window.omitted
    var lines = [
      count == 1
        ? "\(subject)one operation of \(window.total) can't have happened as it was answered:"
        : "\(subject)\(count) operations of \(window.total) have no order that "
          + (isOfRealTime ? "real time allows:" : "is allowed:"),
      "",
    ]
    lines += table
    if isOfRealTime { lines += [""] + verdict }
    if let theorem { lines += ["", theorem] }
    if count < window.total, isOfRealTime {
      lines.append("")
      lines.append(
        "The other operations can't repair it: those that only look add demands, and nothing "
          + "above\ncan see what the rest did.")
    }
    return lines.joined(separator: "\n")
  }

  /// Whether it is by real time that the operations have no order; a weaker level has a reason only.
  private var isOfRealTime: Bool {
    window.misfit != nil || window.isConfirmed != nil || window.reason == nil
  }

  /// A row for each operation in the order of the invocations, with its extent in time.
  private var table: [String] {
    let shown = shownOperations
    let bars = bars(shown)
    var cells = [["process", "operation", "lines", "time"]]
    for (operation, bar) in zip(shown, bars) {
      let mark = operation.start == window.misfit ? "  <- does not fit" : ""
      cells.append([
        operation.process, operation.label,
        "\(operation.start)..\(operation.end.map(String.init) ?? "")", bar + mark,
      ])
    }
    let widths = (0..<3).map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      "  " + (0..<3).map { padded(row[$0], widths[$0]) }.joined(separator: "  ") + "  " + row[3]
    }
    let more = window.operations.count + window.omitted - shown.count
    if more > 0 { lines.append("  (\(more) more)") }
    return lines
  }

  /// The latest operations, the misfit among them.
  private var shownOperations: [FailingWindow.Operation] {
    var shown = Array(window.operations.suffix(Explanation.rows))
    let misfit = window.operations.first { $0.start == window.misfit }
    if let misfit, !shown.contains(misfit) { shown[0] = misfit }
    return shown
  }

  /// Each operation from invocation to completion on a common scale, one step an event.
  private func bars(_ shown: [FailingWindow.Operation]) -> [String] {
    let ranks = shown.flatMap { [$0.startRank, $0.endRank].compactMap(\.self) }.sorted()
    return shown.map { operation in
      let start = ranks.firstIndex(of: operation.startRank) ?? 0
      let end = operation.endRank.flatMap { ranks.firstIndex(of: $0) } ?? ranks.count
      return String(repeating: "  ", count: start) + "|"
        + String(repeating: "-", count: max(2 * (end - start) - 1, 0))
        + (operation.endRank == nil ? ">" : "|")
    }
  }

  private var verdict: [String] {
    guard let misfit = window.operations.first(where: { $0.start == window.misfit }) else {
      return ["Every order fails; the budget did not suffice to show the longest."]
    }
    let need =
      window.need.map { "\($0). All that can be there instead" }
      ?? "can't happen in any state that can be there"
    var lines = ["\(misfit.label) must take effect by line \(misfit.end ?? 0), but it \(need):"]
    for order in window.orders.prefix(Explanation.orders) {
      lines.append("  \(order.state)  (\(path(order)))")
      for pending in order.pending.prefix(Explanation.pending) {
        lines.append("    and there \(pending.label) \(pending.reason)")
      }
    }
    let more = window.orders.count + window.omittedOrders - Explanation.orders
    if more > 0 { lines.append("  and \(more) other states") }
    return lines
  }

  private func path(_ order: FailingWindow.Order) -> String {
    guard !order.steps.isEmpty else { return "from the beginning" }
    let shown = order.steps.suffix(Explanation.steps)
    let isCut = order.omitted + order.steps.count > shown.count
    return (isCut ? "…, " : "") + shown.map(\.label).joined(separator: ", ")
  }

  private var theorem: String? {
    guard let reason = window.reason else { return nil }
    guard let isConfirmed = window.isConfirmed else { return "Why: \(reason)." }
    let agreement =
      isConfirmed
      ? "The general search agrees." : "The general search could not tell within its budget."
    return "By theorem: \(reason).\n\(agreement)"
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(width - text.count, 0))
  }
}
