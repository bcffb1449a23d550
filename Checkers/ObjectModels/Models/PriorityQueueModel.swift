public import Histories
internal import Linearizability
internal import Values

/// A priority queue: `insert` v or [priority, v], `remove-min` null → the same, or null when it is
/// empty.
///
/// A value without a priority is its own.
public struct PriorityQueueModel: Model {
  public let name = "priority-queue"

  public init() {}

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, PriorityQueueReader(isKeyed: terms.isKeyed), isKeyed: terms.isKeyed)
      .judge(history, terms)
  }
}

private struct PriorityQueueReader: ObjectReader {
  let isKeyed: Bool
  private var values = ValueNumbers()
  /// Each priority's place in the order of all.
  private var ranks: [ValueCode: Int32] = [:]

  init(isKeyed: Bool) { self.isKeyed = isKeyed }

  func object() -> Powerset<PriorityQueue> { Powerset(PriorityQueue()) }

  mutating func prepare(_ history: HistoryColumns) throws(ModelError) {
    let table = history.table
    for line in 0..<history.count where history.processes[line] >= 0 {
      var code = history.values[line]
      if isKeyed, let (_, rest) = table.pair(of: code) { code = rest }
      ranks[priority(of: code, table)] = 0
    }
    let sorted = ranks.keys.map { (code: $0, value: table.value(of: $0)) }
      .sorted { $0.value < $1.value }
    for (rank, priority) in sorted.enumerated() { ranks[priority.code] = Int32(rank) }
  }

  private func priority(of code: ValueCode, _ table: ValueTable) -> ValueCode {
    table.pair(of: code)?.0 ?? code
  }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> PriorityQueue.Operation? {
    switch reading.f {
    case "insert":
      return reading.outcome == .fail ? nil : .insert(element(reading.asked, table))
    case "remove-min":
      switch reading.outcome {
      case .fail, .invoke: return nil
      case .info: return .removeUnknown
      case .ok:
        return reading.answered == .null
          ? .removeEmpty : .removeMin(element(reading.answered, table))
      }
    default: throw reading.unknown
    }
  }

  private mutating func element(
    _ code: ValueCode, _ table: ValueTable
  ) -> PriorityQueue.Element {
    PriorityQueue.Element(
      priority: ranks[priority(of: code, table)] ?? 0, value: values.number(of: code))
  }

  func text(of state: Set<[PriorityQueue.Element]>, _ table: ValueTable) -> String {
    let texts = state.map { values.list($0.map(\.value), table) }.sorted()
    return texts.prefix(3).joined(separator: " or ") + (texts.count > 3 ? " or …" : "")
  }
}
