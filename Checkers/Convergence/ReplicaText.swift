internal import Histories
internal import Values
internal import Verdicts

/// How people read of updates, contexts and answers.
struct ReplicaText {
  let history: ReplicaHistory

  /// The index that a line carries.
  func index(_ line: Int32) -> Int { history.history.index(at: Int(line)) }

  func text(_ code: ValueCode) -> String { history.table.value(of: code).text() }

  func replica(_ number: Int32) -> String {
    number < 0 ? "a replica" : "replica \(history.replicaNames[Int(number)].text())"
  }

  /// Which updates a context has, such as `0: 1–4, 2: 1`.
  func text(context row: Int32) -> String {
    let parts = (0..<Int32(history.width)).compactMap { replica -> String? in
      let count = history.count(of: replica, in: row)
      guard count > 0 else { return nil }
      let name = history.replicaNames[Int(replica)].text()
      return count == 1 ? "\(name): 1" : "\(name): 1–\(count)"
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }

  /// An update with its name and its line, such as `add 3 [0, 2] of op 17`.
  func text(update: Int) -> String {
    let f = history.type.updates[Int(history.functions[update])].f
    let operand = history.operands[update]
    let name =
      "[\(history.replicaNames[Int(history.origins[update])].text()), \(history.numbers[update])]"
      + " of op \(index(history.lines[update]))"
    return operand == .null ? "\(f) \(name)" : "\(f) \(text(operand)) \(name)"
  }

  /// The updates that a context has of the first thing in which two values differ.
  func differences(_ value: Value, _ other: Value, _ row: Int32) -> [Int] {
    let (mine, others) = (Set(value.elements ?? []), Set(other.elements ?? []))
    guard let difference = mine.symmetricDifference(others).min() else { return [] }
    let key = difference.elements?.first ?? difference
    return (0..<history.updateCount).filter { update in
      guard history.count(of: history.origins[update], in: row) >= history.numbers[update] else {
        return false
      }
      let operand = history.table.value(of: history.operands[update])
      let result = history.table.value(of: history.results[update])
      return operand == key || operand.elements?.first == key || result == key
        || result.elements?.contains(key) == true
    }
  }
}
