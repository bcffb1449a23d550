import Histories
import Isolation
import Values
import Verdicts

/// A history of single operations from lines such as `0 w x 1`, `1 r x 1` and `1 r y`, which observed
/// null; `0 info w x 1` and `0 fail w x 1` end otherwise, and `0 cas x 1 2` compares and sets.
func operations(_ text: String, isKeyed: Bool = true) throws -> History {
  var lines: [Operation] = []
  for line in text.split(separator: "\n") {
    var words = line.split(separator: " ").map(String.init)
    let process = Int(words.removeFirst()) ?? 0
    let type = Operation.Kind(rawValue: words[0]) ?? .ok
    if type != .ok { words.removeFirst() }
    func value(_ place: Int) -> Value {
      guard words.count > place, words[place] != "null" else { return .null }
      return Int(words[place]).map { .integer($0) } ?? .string(words[place])
    }
    let f = ["r": "read", "w": "write"][words[0]] ?? words[0]
    let rest = words[0] == "cas" ? [value(2), value(3)] : value(2)
    for (kind, rest) in [
      (Operation.Kind.invoke, f == "read" ? Value.null : rest),
      (type, f == "read" && type != .ok ? .null : rest),
    ] {
      lines.append(
        Operation(
          index: lines.count, time: .milliseconds(Int64(lines.count)), type: kind,
          process: .client(process), f: f,
          value: isKeyed ? [.string(words[1]), rest] : rest))
    }
  }
  return try History(lines)
}

extension ConsistencyModel {
  /// What single operations are judged to be by this level alone.
  func finding(
    on history: History, _ operations: SingleOperations = SingleOperations()
  ) -> Finding {
    SingleOperationsChecker(models: [self], operations).check(HistoryColumns(history))
  }
}
