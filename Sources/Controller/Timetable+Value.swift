import Generators
import Values
import Verdicts

extension Timetable.Line {
  /// The operation as plans write it.
  ///
  ///     {"time": 120000000, "thread": 0, "f": "write", "value": [1, 7]}
  ///
  /// with the time in nanoseconds since the main phase began, and further fields of the operation.
  var planValue: Value {
    var map = ValueMap(facts: [
      "time": .integer(Int(time)), "thread": .integer(thread), "f": .string(f), "value": value,
    ])
    for entry in extra.entries { map[entry.key] = entry.value }
    return .map(map)
  }

  /// Reads what ``planValue`` writes.
  init(_ value: Value, concurrency: Int) throws(PlanError) {
    guard var rest = value.map else { throw PlanError("an operation is an object") }
    guard let time = rest[fact: "time"]?.integer, time >= 0 else {
      throw PlanError("an operation needs its \"time\" in nanoseconds")
    }
    guard let thread = rest[fact: "thread"]?.integer, (0..<concurrency).contains(thread) else {
      throw PlanError("an operation needs a \"thread\" from 0 to \(concurrency - 1)")
    }
    guard let f = rest[fact: "f"]?.name else { throw PlanError("an operation needs its \"f\"") }
    let operand = rest[fact: "value"] ?? .null
    for key in ["time", "thread", "f", "value"] { rest[.string(key)] = nil }
    self.init(time: Nanoseconds(time), thread: thread, f: f, value: operand, extra: rest)
  }
}
