import Isolation
import Values

/// What a reply to a transaction must look like: the request, with its reads filled.
struct TransactionAnswer {
  private let asked: [Value]
  private let kind: TransactionKind

  init(asked: [Value], _ kind: TransactionKind) {
    self.asked = asked
    self.kind = kind
  }

  /// What was expected instead, where a reply does not answer the transaction: the first step that
  /// differs in more than what was read.
  func mismatch(with answered: [Value]) -> String? {
    for (place, (asked, answered)) in zip(asked, answered).enumerated()
    where !isAnswer(answered, to: asked) {
      return "a filled txn[\(place)]: asked \(asked.json), answered \(answered.json)"
    }
    guard asked.count != answered.count else { return nil }
    return "\(asked.count) micro-operations, not \(answered.count)"
  }

  private func isAnswer(_ answered: Value, to asked: Value) -> Bool {
    guard let asked = asked.elements, asked.count == 3, case .list(let answered) = answered,
      answered.count == 3
    else { return false }
    guard answered[0] == asked[0], answered[1] == asked[1] else { return false }
    guard asked[0] == "r" else { return answered[2] == asked[2] }
    switch (kind, answered[2]) {
    case (.register, _), (.listAppend, .null), (.listAppend, .list): return true
    default: return false
    }
  }
}
