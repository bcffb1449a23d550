internal import Histories
internal import Values

/// What the values of updates are.
struct Operands {
  let type: DataType
  let table: ValueTable

  /// Whether a value is one that an update of the type can have.
  func isProper(_ function: UInt8, _ operand: ValueCode) -> Bool {
    switch (type, function) {
    case (.growOnlyCounter, _), (.counter, _), (.boundedCounter, 0), (.cart, 0...1):
      amount(function, operand) != nil
    case (.text, 0), (.tree, _): table.pair(of: operand) != nil
    case (.map, _): isProperPath(type.updates[Int(function)].f, operand)
    default: true
    }
  }

  /// What an update adds, where it adds to a number.
  func amount(_ function: UInt8, _ operand: ValueCode) -> Int? {
    switch (type, function) {
    case (.growOnlyCounter, _), (.counter, _), (.boundedCounter, 0):
      return table.value(of: operand).integer
    case (.cart, 0...1):
      return table.pair(of: operand).flatMap { table.value(of: $0.1).integer }
    case (.map, 0):
      var operand = operand
      while let parts = table.elements(of: operand).map({ Array($0) }), parts.count == 4 {
        if table.value(of: parts[1]).name == "pn-counter" {
          return table.value(of: parts[3]).integer
        }
        operand = parts[3]
      }
      return nil
    default: return nil
    }
  }

  /// Whether a map of nested types has such an update.
  private func isProperPath(_ f: String, _ operand: ValueCode) -> Bool {
    var (f, operand) = (f, operand)
    while let parts = table.elements(of: operand).map({ Array($0) }), parts.count >= 2 {
      if f == "remove" { return parts.count == 2 }
      guard f == "update", parts.count == 4 else { return false }
      let type = table.value(of: parts[1]).name
      f = table.value(of: parts[2]).name ?? ""
      operand = parts[3]
      switch (type, f) {
      case ("or-map", _): continue
      case ("pn-counter", "add"): return table.value(of: operand).integer != nil
      case ("or-set", "add"), ("or-set", "remove"), ("mv-register", "write"): return true
      default: return false
      }
    }
    return false
  }
}

extension ValueTable {
  /// The code of an answer that means the same in every order of its parts, in one order of them.
  mutating func ordered(_ answer: ValueCode, of type: DataType) -> ValueCode {
    switch type {
    case .growOnlyCounter, .counter, .boundedCounter, .lastWriterRegister, .enableWinsFlag,
      .disableWinsFlag, .text:
      return answer
    case .map:
      guard isList(answer) || value(of: answer).elements != nil else { return answer }
      return code(of: ValueTable.orderedMap(value(of: answer)))
    default: break
    }
    var parts: [ValueCode]
    if let elements = elements(of: answer) {
      if zip(elements, elements.dropFirst()).allSatisfy({ $0.raw <= $1.raw }) { return answer }
      parts = Array(elements)
    } else if let elements = value(of: answer).elements {
      parts = elements.map { code(of: $0) }
    } else {
      return answer
    }
    parts.sort { $0.raw < $1.raw }
    return list(parts)
  }

  /// A map's entries, and what is in them, in the order of values.
  private static func orderedMap(_ map: Value) -> Value {
    let entries = (map.elements ?? []).map { entry -> Value in
      guard let parts = entry.elements, parts.count == 3 else { return entry }
      switch parts[1].name {
      case "or-map": return [parts[0], parts[1], orderedMap(parts[2])]
      case "or-set", "mv-register":
        return [parts[0], parts[1], .list((parts[2].elements ?? []).sorted())]
      default: return entry
      }
    }
    return .list(entries.sorted())
  }
}
