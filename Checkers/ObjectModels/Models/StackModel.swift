public import Histories
internal import Linearizability
internal import Values

/// A stack, last in, first out: `push` v, `pop` null → v, or null when it is empty.
public struct StackModel: Model {
  public let name = "stack"

  public init() {}

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, StackReader(), isKeyed: terms.isKeyed).judge(history, terms)
  }
}

private struct StackReader: ObjectReader {
  private var values = ValueNumbers()

  func object() -> Stack { Stack() }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Stack.Operation? {
    switch reading.f {
    case "enqueue", "push":
      return reading.outcome == .fail ? nil : .push(values.number(of: reading.asked))
    case "dequeue", "pop":
      switch reading.outcome {
      case .fail, .invoke: return nil
      case .info: return .popUnknown
      case .ok:
        return reading.answered == .null
          ? .popEmpty : .pop(values.number(of: reading.answered))
      }
    default: throw reading.unknown
    }
  }

  func text(of state: [Int32], _ table: ValueTable) -> String { values.list(state, table) }
}
