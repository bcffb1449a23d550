import Controller
import Generators
import Glibc
import Histories
import Linearizability
import ObjectModels
import SystemPackage
import Values
import Verdicts

/// How long a 2,000-operation EDN history takes, read and judged.
enum HistoryBench {
  static let operationCount = 2_000

  static func check() throws -> Measurement {
    try makeDirectories(FilePath("/tmp/shrike-bench"))
    let path = FilePath("/tmp/shrike-bench/history.edn")
    var bytes: [UInt8] = []
    for operation in operations() {
      operation.writeEDN(into: &bytes)
      bytes.append(UInt8(ascii: "\n"))
    }
    try FileContents.write(bytes, to: path)
    let began = OwnProcess.milliseconds
    let history = try HistoryFile(path: path.string).history(named: path.string)
    let finding = LinearizabilityChecker(RegisterModel(), isKeyed: true).check(history)
    let milliseconds = OwnProcess.milliseconds - began
    precondition(finding.verdict == .valid, "the benchmark's history is \(finding.verdict)")
    return Measurement(
      what: "2,000-operation EDN history with infos and keys, read and judged",
      figure: milliseconds, unit: "ms CPU", must: 100, stretch: 20)
  }

  /// A history of atomic registers: every eighth operation is never answered, and took effect or
  /// not; operations overlap.
  private static func operations() -> [Operation] {
    var draws = Draws(seed: 7)
    var values: [Int: Int] = [:]
    var lines: [Operation] = []
    var open: [(process: Int, completion: Operation?)] = []
    var nextProcess = 0
    func append(_ operation: Operation) {
      var operation = operation
      operation.index = lines.count
      operation.time = Nanoseconds(lines.count) * 1_000
      lines.append(operation)
    }
    for number in 1...operationCount {
      let key = number / 100
      let process = Process.client(nextProcess)
      nextProcess += 1
      let isRead = draws.below(2) == 0
      append(
        Operation(
          type: .invoke, process: process, f: isRead ? "read" : "write",
          value: [.integer(key), isRead ? .null : .integer(number)]))
      let isLost = draws.below(8) == 0
      if !isRead && (!isLost || draws.below(2) == 0) { values[key] = number }
      let seen = values[key].map { Value.integer($0) } ?? .null
      let completion = Operation(
        type: isLost ? .info : .ok, process: process, f: isRead ? "read" : "write",
        value: [.integer(key), isRead ? (isLost ? .null : seen) : .integer(number)])
      open.append((nextProcess, completion))
      if open.count > 4, let done = open.remove(at: draws.below(open.count)).completion {
        append(done)
      }
    }
    for entry in open { if let done = entry.completion { append(done) } }
    return lines
  }
}
