internal import Histories
internal import Values

/// A counter is the sum of what was added; rights that are transferred change nothing.
struct CounterSpecification: Specification {
  private var amounts: [Int]
  private var sum = 0
  private let table: ValueTable

  init(_ history: ReplicaHistory) {
    table = history.table
    amounts = (0..<history.updateCount).map { update in
      history.functions[update] == 0
        ? history.table.value(of: history.operands[update]).integer ?? 0 : 0
    }
  }

  mutating func reset() { sum = 0 }
  mutating func see(_ update: Int) { sum &+= amounts[update] }
  func allows(_ answer: ValueCode) -> Bool {
    ValueCode(sum) == answer || value == table.value(of: answer)
  }
  var value: Value { .integer(sum) }
}
