public import Histories
package import Linearizability
public import Values
internal import Verdicts

/// A register: `read` null → v, `write` v and `cas` [from, to].
public struct RegisterModel: Model {
  /// What a failed compare-and-set says.
  public enum FailedCas: String, Sendable, CaseIterable {
    /// It did not happen.
    case ignored
    /// It saw another value than the one that it expected.
    case observed
  }

  /// What a read that answered null says.
  public enum NullRead: String, Sendable, CaseIterable {
    /// It observed null.
    case observed
    /// Nothing.
    case unknown
  }

  public let name: String
  private let reader: RegisterReader

  public init(
    name: String = "cas-register", initial: Value = .null, failedCas: FailedCas = .ignored,
    nullRead: NullRead = .observed
  ) {
    self.name = name
    reader = RegisterReader(initial: initial, failedCas: failedCas, nullRead: nullRead)
  }

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try objects(history, isKeyed: terms.isKeyed).judge(history, terms)
  }

  func objects(
    _ history: HistoryColumns, isKeyed: Bool
  ) throws(ModelError) -> ReadObjects<RegisterReader> {
    try ReadObjects(history, reader, isKeyed: isKeyed)
  }

  /// Each object's operations, with 0 for the initial value.
  package func histories(
    _ history: HistoryColumns, isKeyed: Bool = false
  ) throws(ModelError) -> [ObjectHistory<Action>] {
    try objects(history, isKeyed: isKeyed).histories
  }
}

/// Reads registers' operations; the initial value has the number 0.
struct RegisterReader: ObjectReader {
  let initial: Value
  let failedCas: RegisterModel.FailedCas
  let nullRead: RegisterModel.NullRead
  private var values = ValueNumbers()

  init(
    initial: Value, failedCas: RegisterModel.FailedCas, nullRead: RegisterModel.NullRead
  ) {
    self.initial = initial
    self.failedCas = failedCas
    self.nullRead = nullRead
  }

  mutating func prepare(_ history: HistoryColumns) throws(ModelError) {
    // Where the history never mentions it, a copy of the table gives it a code of its own.
    var table = history.table
    _ = values.number(of: table.code(of: initial))
  }

  func object() -> Register { Register(initial: 0) }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Action? {
    switch reading.f {
    case "read", "get":
      guard reading.outcome == .ok else { return nil }
      if nullRead == .unknown && reading.answered == .null { return nil }
      return .observe(values.number(of: reading.answered))
    case "write", "put":
      return reading.outcome == .fail ? nil : .set(values.number(of: reading.answered))
    case "cas":
      guard let (from, to) = table.pair(of: reading.answered) else {
        throw reading.misshapen("[from, to]", table)
      }
      guard reading.outcome != .fail else {
        return failedCas == .observed ? .differ(values.number(of: from)) : nil
      }
      let action = Action.move(from: values.number(of: from), to: values.number(of: to))
      return reading.isIndeterminate && action.isPure ? nil : action
    case "delete":
      return reading.outcome == .fail ? nil : .set(values.number(of: .null))
    default: throw reading.unknown
    }
  }

  func text(of state: Int32, _ table: ValueTable) -> String {
    state == 0 ? initial.text(limit: 30) : values.text(state, table)
  }
}
