public import Histories
internal import Linearizability
internal import Values

/// A queue, first in, first out: `enqueue` v, `dequeue` null → v, or null when it is empty.
public struct QueueModel: Model {
  public let name = "queue"

  public init() {}

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, QueueReader(), isKeyed: terms.isKeyed).judge(history, terms)
  }
}

private struct QueueReader: ObjectReader {
  private var values = ValueNumbers()

  func object() -> Queue { Queue() }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Queue.Operation? {
    switch reading.f {
    case "enqueue", "push":
      return reading.outcome == .fail ? nil : .enqueue(values.number(of: reading.asked))
    case "dequeue", "pop":
      switch reading.outcome {
      case .fail, .invoke: return nil
      case .info: return .dequeueUnknown
      case .ok:
        return reading.answered == .null
          ? .dequeueEmpty : .dequeue(values.number(of: reading.answered))
      }
    default: throw reading.unknown
    }
  }

  func text(of state: [Int32], _ table: ValueTable) -> String { values.list(state, table) }
}

extension ValueNumbers {
  /// Values in order, as people read them.
  func list(_ numbers: [Int32], _ table: ValueTable) -> String {
    let shown = numbers.prefix(8).map { text($0, table) }
    return "[\(shown.joined(separator: ", "))\(numbers.count > 8 ? ", …" : "")]"
  }
}
