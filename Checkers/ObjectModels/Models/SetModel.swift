public import Histories
internal import Linearizability
internal import Values

/// A set: `add` e, `remove` e, `contains` e → [e, true or false], `read` null → [e, …].
public struct SetModel: Model {
  public let name = "set"

  public init() {}

  public func judge(
    _ history: HistoryColumns, _ terms: Terms
  ) throws(ModelError) -> ModelJudgement {
    try ReadObjects(history, SetReader(), isKeyed: terms.isKeyed).judge(history, terms)
  }
}

private struct SetReader: ObjectReader {
  private var elements = ValueNumbers()
  /// The sets that reads answered, and their numbers by code.
  private var sets: [[Int32]] = []
  private var numbers: [ValueCode: Int32] = [:]

  func object() -> ElementSet { ElementSet(sets: sets) }

  mutating func operation(
    _ reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> ElementSet.Operation? {
    guard reading.outcome != .fail else {
      guard ["add", "remove", "contains", "read"].contains(reading.f) else { throw reading.unknown }
      return nil
    }
    switch reading.f {
    case "add": return .add(elements.number(of: reading.asked))
    case "remove": return .remove(elements.number(of: reading.asked))
    case "contains":
      guard reading.outcome == .ok else { return nil }
      guard let (element, answer) = table.pair(of: reading.answered),
        case .bool(let isThere) = table.value(of: answer)
      else { throw reading.misshapen("[element, true or false]", table) }
      return .contains(elements.number(of: element), isThere)
    case "read":
      guard reading.outcome == .ok else { return nil }
      return .read(try number(ofSet: reading, table))
    default: throw reading.unknown
    }
  }

  /// A set that is read twice is one set; elements that a read repeats stay repeated, so that it is
  /// no set's.
  private mutating func number(
    ofSet reading: Reading, _ table: ValueTable
  ) throws(ModelError) -> Int32 {
    if let known = numbers[reading.answered] { return known }
    let members: [Int32]
    if let codes = table.elements(of: reading.answered) {
      members = codes.map { elements.number(of: $0) }
    } else if let values = table.value(of: reading.answered).elements {
      var table = table
      members = values.map { elements.number(of: table.code(of: $0)) }
    } else {
      throw reading.misshapen("[element, …]", table)
    }
    let number = Int32(sets.count)
    sets.append(members.sorted())
    numbers[reading.answered] = number
    return number
  }

  func text(of state: [Int32], _ table: ValueTable) -> String {
    let shown = state.prefix(8).map { elements.text($0, table) }
    return "{\(shown.joined(separator: ", "))\(state.count > 8 ? ", …" : "")}"
  }
}
