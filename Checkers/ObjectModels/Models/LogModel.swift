public import Histories
internal import Linearizability
internal import Values

/// A log for each key: `send` [k, v] → [k, [offset, v]], `poll` [k, offset] → [k, [[offset, v], …]].
///
/// A poll's answer may be short or empty, but has no gap from the first message at or after its
/// offset.
public struct LogModel: Model {
  public let name = "log"

  public init() {}

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, LogReader(isKeyed: terms.isKeyed), isKeyed: terms.isKeyed)
      .judge(history, terms)
  }
}

private struct LogReader: ObjectReader {
  let isKeyed: Bool
  /// The offsets of the sends that never answered, in the order of their invocations; nothing for
  /// those whose messages nobody saw.
  private var unanswered: [Int64?] = []
  private var taken = 0
  private var values = ValueNumbers()
  private var polls: [[Log.Message]] = []
  private var numbers: [ValueCode: Int32] = [:]

  init(isKeyed: Bool) { self.isKeyed = isKeyed }

  func object() -> Log { Log(polls: polls) }

  mutating func prepare(_ history: HistoryColumns) {
    unanswered = UnansweredSends(history, isKeyed: isKeyed).offsets
  }

  func split(_ reading: inout Reading, _ table: ValueTable) throws(ModelError) -> ValueCode? {
    try splitPair(&reading, table)
  }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Log.Operation? {
    switch reading.f {
    case "send":
      switch reading.outcome {
      case .fail, .invoke: return nil
      case .info:
        taken += 1
        // A message that nobody saw need not have been sent.
        guard let offset = unanswered[taken - 1] else { return nil }
        return .send(values.number(of: reading.asked), offset: offset)
      case .ok:
        let message = try message(reading.answered, reading, table)
        return .send(message.value, offset: message.offset)
      }
    case "poll":
      guard reading.outcome == .ok else { return nil }
      let from = try reading.integer(reading.asked, "[key, offset]", table)
      return .poll(from: from, try number(ofPoll: reading, table))
    default: throw reading.unknown
    }
  }

  private mutating func message(
    _ code: ValueCode, _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Log.Message {
    let expected = "[offset, value]"
    guard let (offset, value) = table.pair(of: code) else {
      throw reading.misshapen(expected, table)
    }
    return Log.Message(
      offset: try reading.integer(offset, expected, table), value: values.number(of: value))
  }

  private mutating func number(
    ofPoll reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Int32 {
    if let known = numbers[reading.answered] { return known }
    guard let codes = table.elements(of: reading.answered) else {
      throw reading.misshapen("[[offset, value], …]", table)
    }
    var messages: [Log.Message] = []
    for code in codes { messages.append(try message(code, reading, table)) }
    let number = Int32(polls.count)
    polls.append(messages)
    numbers[reading.answered] = number
    return number
  }

  func text(of state: [Log.Message], _ table: ValueTable) -> String {
    let shown = state.suffix(6).map { "\($0.offset): \(values.text($0.value, table))" }
    return "[\(state.count > 6 ? "…, " : "")\(shown.joined(separator: ", "))]"
  }
}
