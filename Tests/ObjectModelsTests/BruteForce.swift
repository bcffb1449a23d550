import Histories
import Values

/// Linearizability of a register straight from the definition: some sequence of operations, each
/// after all that precede it in real time, is legal and holds every completed one.
///
/// It shares nothing with the checker but the history's pairing of lines.
struct BruteForce {
  private struct Item {
    var f: String
    var value: Value
    var start: Int
    /// Where it returned; crashed operations never do.
    var end: Int
  }

  private var items: [Item] = []

  /// - Parameter failedCasSaw: Whether a failed compare-and-set saw another value.
  static func isLinearizable(
    _ history: History, isKeyed: Bool = false, failedCasSaw: Bool = false
  ) -> Bool {
    var byKey: [Value: BruteForce] = [:]
    for call in history.calls where failedCasSaw || call.outcome != .fail {
      var value = call.value
      var key = Value.null
      if isKeyed, let pair = value.elements {
        key = pair[0]
        value = pair[1]
      }
      byKey[key, default: BruteForce()].items.append(
        Item(
          f: call.outcome == .fail ? "differs" : call.f, value: value, start: call.position,
          end: call.outcome != .info ? (call.end ?? .max) : .max))
    }
    return byKey.values.allSatisfy { object in
      var used = [Bool](repeating: false, count: object.items.count)
      return object.canFinish(.null, &used)
    }
  }

  private func canFinish(_ state: Value, _ used: inout [Bool]) -> Bool {
    let isDone = items.indices.allSatisfy { used[$0] || items[$0].end == .max }
    if isDone { return true }
    for next in items.indices where !used[next] {
      let isPreceded = items.indices.contains {
        !used[$0] && $0 != next && items[$0].end < items[next].start
      }
      if isPreceded { continue }
      guard let after = result(of: items[next], in: state) else { continue }
      used[next] = true
      if canFinish(after, &used) { return true }
      used[next] = false
    }
    return false
  }

  private func result(of item: Item, in state: Value) -> Value? {
    switch item.f {
    // Not `?:`, in which `nil` would be the value null.
    case "read":
      if item.end != .max && item.value != state { return nil }
      return state
    case "write": return item.value
    case "differs":
      if item.value.elements?.first == state { return nil }
      return state
    default:
      guard let pair = item.value.elements, pair[0] == state else { return nil }
      return pair[1]
    }
  }
}
