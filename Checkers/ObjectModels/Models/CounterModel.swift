public import Histories
internal import Linearizability
internal import Values

/// A number: `add` d, `read` null → n, `fetch-add` d → [d, the number before].
public struct CounterModel: Model {
  public let name: String
  private let initial: Int

  /// - Parameter name: `counter` or `fetch-add`: the same operations.
  public init(name: String = "counter", initial: Int = 0) {
    self.name = name
    self.initial = initial
  }

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, CounterReader(initial: Int64(initial)), isKeyed: terms.isKeyed)
      .judge(history, terms)
  }
}

private struct CounterReader: ObjectReader {
  let initial: Int64

  func object() -> Counter { Counter(initial: initial) }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Counter.Operation? {
    switch reading.f {
    case "add":
      let delta = try reading.integer(reading.asked, "a number", table)
      return reading.outcome == .fail ? nil : .add(delta)
    case "read":
      guard reading.outcome == .ok else { return nil }
      return .read(try reading.integer(reading.answered, "a number", table))
    case "fetch-add":
      guard reading.outcome == .ok else {
        let delta = try reading.integer(reading.asked, "a number", table)
        return reading.outcome == .fail ? nil : .fetchAdd(delta, before: nil)
      }
      let expected = "[added, the number before]"
      guard let (delta, before) = table.pair(of: reading.answered) else {
        throw reading.misshapen(expected, table)
      }
      return .fetchAdd(
        try reading.integer(delta, expected, table),
        before: try reading.integer(before, expected, table))
    default: throw reading.unknown
    }
  }

  func text(of state: Int64, _ table: ValueTable) -> String { "\(state)" }
}
