import Histories
import Isolation
import Values

/// Tries all serial orders of a small history's transactions: the definition of serializability.
struct SerialSearch {
  /// What an order must respect beside the transactions' reads.
  enum Precedence { case none, sessions, realtime }

  private struct Step {
    var isRead: Bool
    var key: Value
    var value: Value
  }

  private let kind: TransactionKind
  private let calls: [Call]
  private let steps: [[Step]]
  private let before: [[Int]]

  init(_ history: History, _ kind: TransactionKind, _ precedence: Precedence) {
    self.kind = kind
    let calls = history.calls.filter { $0.outcome != .fail }
    self.calls = calls
    steps = calls.map { call in
      (call.value.elements ?? []).map { step in
        let parts = step.elements ?? []
        return Step(isRead: parts[0].name == "r", key: parts[1], value: parts[2])
      }
    }
    before = calls.indices.map { later in
      calls.indices.filter { earlier in
        guard earlier != later, calls[earlier].outcome == .ok, let end = calls[earlier].end else {
          return false
        }
        switch precedence {
        case .none: return false
        case .sessions:
          return calls[earlier].process == calls[later].process
            && calls[earlier].position < calls[later].position
        case .realtime: return end < calls[later].position
        }
      }
    }
  }

  /// Whether some order of the committed transactions, and of some of the indeterminate ones,
  /// explains every read.
  var succeeds: Bool {
    search(done: Array(repeating: false, count: calls.count), state: [:])
  }

  private func search(done: [Bool], state: [Value: [Value]]) -> Bool {
    if calls.indices.allSatisfy({ done[$0] || calls[$0].outcome == .info }) { return true }
    for next in calls.indices where !done[next] {
      // An indeterminate one may be left out, and then precedes nothing; but it must not overtake.
      guard before[next].allSatisfy({ done[$0] }) else { continue }
      guard let after = apply(next, to: state) else { continue }
      var done = done
      done[next] = true
      if search(done: done, state: after) { return true }
    }
    return false
  }

  /// The state after a transaction; nothing where one of its reads is wrong.
  private func apply(_ call: Int, to state: [Value: [Value]]) -> [Value: [Value]]? {
    var state = state
    for step in steps[call] {
      let current = state[step.key] ?? []
      if step.isRead {
        guard calls[call].outcome == .ok else { continue }
        let observed =
          switch (kind, step.value) {
          case (_, .null): [Value]()
          case (.listAppend, .list(let list)): list
          default: [step.value]
          }
        if observed != current { return nil }
      } else {
        state[step.key] = kind == .listAppend ? current + [step.value] : [step.value]
      }
    }
    return state
  }
}
