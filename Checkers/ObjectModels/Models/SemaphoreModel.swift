public import Histories
internal import Linearizability
internal import Values

/// A number of permits: `acquire` n and `release` n; without a value it is one permit.
public struct SemaphoreModel: Model {
  public let name = "semaphore"
  private let reader: SemaphoreReader

  public init(permits: Int = 1) { reader = SemaphoreReader(permits: Int64(permits)) }

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, reader, isKeyed: terms.isKeyed).judge(history, terms)
  }
}

private struct SemaphoreReader: ObjectReader {
  let permits: Int64

  func object() -> Semaphore { Semaphore(permits: permits) }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Semaphore.Operation? {
    let expected = "how many permits"
    let asked = reading.asked == .null ? ValueCode(1) ?? .null : reading.asked
    let count = try reading.integer(asked, expected, table)
    guard count >= 0 else { throw reading.misshapen(expected, table) }
    switch reading.f {
    case "acquire": return reading.outcome == .fail ? nil : .acquire(count)
    case "release": return reading.outcome == .fail ? nil : .release(count)
    default: throw reading.unknown
    }
  }

  func text(of state: Int64, _ table: ValueTable) -> String { "\(state) of \(permits) free" }
}
