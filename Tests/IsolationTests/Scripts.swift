import Histories
import Isolation
import Values
import Verdicts

/// A history of transactions from lines such as `0 invoke a x 1, r y` and `0 ok a x 1, r y [1 2]`.
///
/// `1 do w x 1` is invoked and at once completed, and `r y` observed null.
func script(_ text: String) throws -> History {
  var lines: [Operation] = []
  func add(_ process: Int, _ type: Operation.Kind, _ value: Value) {
    lines.append(
      Operation(
        index: lines.count, time: .milliseconds(Int64(lines.count)), type: type,
        process: .client(process), f: "txn", value: value))
  }
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    let process = Int(words[0]) ?? 0
    let value = Value.list(words[2].split(separator: ",").map { microOperation(String($0)) })
    if let type = Operation.Kind(rawValue: words[1]) {
      add(process, type, value)
    } else {
      add(process, .invoke, value)
      add(process, .ok, value)
    }
  }
  return try History(lines)
}

private func microOperation(_ text: String) -> Value {
  let words = text.split(separator: " ", maxSplits: 2).map(String.init)
  let f = words[0] == "a" ? "append" : words[0]
  return .list([.string(f), .string(words[1]), words.count > 2 ? value(words[2]) : .null])
}

private func value(_ text: String) -> Value {
  guard text.hasPrefix("[") else { return Int(text).map { .integer($0) } ?? .string(text) }
  return .list(text.dropFirst().dropLast().split(separator: " ").map { value(String($0)) })
}

extension Finding {
  /// The types of its anomalies.
  var types: [String] { anomalies.map(\.type) }

  /// The models that it names as the weakest that are ruled out.
  var ruledOut: [String] { (facts[fact: "not"]?.elements ?? []).compactMap(\.name) }
}

/// The checker of a kind of transactions.
func checker(_ kind: TransactionKind, _ models: ConsistencyModel...) -> any Checker {
  switch kind {
  case .listAppend: ListAppendChecker(models: models)
  case .register: RegisterTransactionsChecker(models: models)
  }
}
