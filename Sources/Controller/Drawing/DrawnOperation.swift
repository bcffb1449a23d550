import Histories
import Values

/// A client's operation as a diagram shows it.
struct DrawnOperation {
  var process: Int
  /// Its lines in the history, by their indices.
  var lines: [Int]
  var start: Nanoseconds
  /// Nothing where it never completed.
  var end: Nanoseconds?
  var label: String
  var outcome: String

  /// The operations of clients, by their beginnings.
  static func all(in operations: [Operation]) -> [DrawnOperation] {
    var drawn: [DrawnOperation] = []
    // A process has one operation at a time.
    var pending: [Int: Int] = [:]
    for operation in operations {
      guard let process = operation.process.number else { continue }
      if operation.type == .invoke {
        pending[process] = drawn.count
        drawn.append(
          DrawnOperation(
            process: process, lines: [operation.index], start: operation.time,
            label: "\(operation.f)\(text(operation.value))", outcome: "never completes"))
      } else if let place = pending.removeValue(forKey: process) {
        drawn[place].lines.append(operation.index)
        drawn[place].end = operation.time
        drawn[place].outcome = outcome(of: operation)
      }
    }
    return drawn
  }

  private static func outcome(of operation: Operation) -> String {
    switch operation.type {
    case .invoke, .ok: "ok\(text(operation.value))"
    case .fail, .info: operation.type.rawValue + (operation.error.map { " \($0.json)" } ?? "")
    }
  }

  private static func text(_ value: Value) -> String { value == .null ? "" : " \(value.json)" }
}
