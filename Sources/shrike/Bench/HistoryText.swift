import Controller
import Histories
import Linearizability
import SystemPackage
import Values

/// A register's history as files say it; the initial value is 0.
enum HistoryText {
  /// A JSON object an event.
  static func jsonLines(_ history: ObjectHistory<Action>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(history.events.count * 100)
    for (line, event) in history.events.enumerated() {
      let number = Int(event >> 1)
      bytes.append(contentsOf: "{\"index\":\(line),\"time\":\(line * 1_000),\"type\":\"".utf8)
      bytes.append(contentsOf: (event & 1 == 0 ? "invoke" : "ok").utf8)
      bytes.append(contentsOf: "\",\"process\":\(history.processes[number]),".utf8)
      switch history.operations[number] {
      case .observe(let value):
        bytes.append(
          contentsOf: ("\"f\":\"read\",\"value\":\(event & 1 == 0 ? "null" : "\(value)")}\n").utf8)
      case .set(let value): bytes.append(contentsOf: "\"f\":\"write\",\"value\":\(value)}\n".utf8)
      case .move(let from, let to):
        bytes.append(contentsOf: "\"f\":\"cas\",\"value\":[\(from),\(to)]}\n".utf8)
      case .differ, .apply, .inspect:
        bytes.append(contentsOf: "\"f\":\"none\",\"value\":null}\n".utf8)
      }
    }
    return bytes
  }

  /// The binary form.
  static func binary(_ history: ObjectHistory<Action>) throws -> [UInt8] {
    let text = jsonLines(history)
    let columns = try text.withUnsafeBytes {
      try HistoryColumns(reading: $0, named: "a benchmark's history", isLean: true)
    }
    var bytes: [UInt8] = []
    columns.write(.binary) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The lines of Jepsen's log, tab-separated, in which a failed compare-and-set saw another value.
  static func log(_ history: ObjectHistory<Action>) -> [UInt8] {
    var bytes: [UInt8] = []
    let isRequired = history.required
    func append(_ process: Int32, _ type: String, _ f: String, _ value: String) {
      bytes.append(contentsOf: "INFO  jepsen.util - \(process)\t:\(type)\t:\(f)\t\(value)\n".utf8)
    }
    for event in history.events {
      let number = Int(event >> 1)
      let process = history.processes[number]
      let type = event & 1 == 0 ? "invoke" : "ok"
      switch history.operations[number] {
      case .observe(let value):
        append(process, type, "read", event & 1 == 0 ? "nil" : value == 0 ? "nil" : "\(value)")
      case .set(let value): append(process, type, "write", "\(value)")
      case .move(let from, let to): append(process, type, "cas", "[\(from) \(to)]")
      case .differ(let from):
        append(process, event & 1 == 0 ? "invoke" : "fail", "cas", "[\(from) 0]")
      case .apply, .inspect: continue
      }
    }
    for number in isRequired.indices where !isRequired[number] {
      let f = if case .observe = history.operations[number] { "read" } else { "write" }
      append(history.processes[number], "info", f, ":timed-out")
    }
    return bytes
  }
}
