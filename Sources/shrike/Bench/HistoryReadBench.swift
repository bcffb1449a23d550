import Controller
import Glibc
import Histories
import SystemPackage
import Values

/// How fast histories are read from files into columns, and paired.
enum HistoryReadBench {
  static let operationCount = 250_000

  static func all() throws -> [Measurement] {
    try makeDirectories(FilePath("/tmp/shrike-bench"))
    let lines = operations()
    let columns = HistoryColumns(try History(lines))
    return [
      try measurement(of: columns, .jepsenEDN, "EDN", must: 200, stretch: 400),
      try measurement(of: columns, .jsonLines, "JSON Lines", must: 200, stretch: 400),
      try measurement(of: columns, .binary, "the binary form", must: 10, stretch: 20),
      try transactionMeasurement(
        named: "read.list-append.edn", "Jepsen's EDN of list-append, two threads",
        ListAppendText(count: 200_000).bytes, count: 200_000, must: 250, stretch: 600),
      try transactionMeasurement(
        named: "read.plume.txt", "Plume's text of 8 operations each", plumeText(count: 200_000),
        count: 200_000, must: 150, stretch: 400),
    ]
  }

  /// Thousands of transactions a second that are read from a text and paired, by the clock.
  private static func transactionMeasurement(
    named name: String, _ what: String, _ bytes: [UInt8], count: Int, must: Double, stretch: Double
  ) throws -> Measurement {
    let path = "/tmp/shrike-bench/\(name)"
    try FileContents.write(bytes, to: FilePath(path))
    defer { unlink(path) }
    var best = Double.infinity
    for _ in 0..<3 {
      let began = seconds(of: CLOCK_MONOTONIC)
      let read = try HistoryColumns(path: path)
      best = min(best, seconds(of: CLOCK_MONOTONIC) - began)
      let lines = read.isTimed ? 2 * count : count
      precondition(read.count == lines, "the benchmark's history was read wrongly")
    }
    return Measurement(
      what: "\(what), \(bytes.count / count) bytes a transaction, read and paired",
      figure: Double(count) / best / 1e3, unit: "k txn/s", must: must, stretch: stretch)
  }

  /// Transactions of 50 sessions, one after the other, half of whose operations are writes.
  private static func plumeText(count: Int) -> [UInt8] {
    var draws = Draws(seed: 11)
    var last = [Int](repeating: 0, count: count / 10)
    var next = 1
    var text: [UInt8] = []
    for transaction in 0..<count {
      let session = draws.below(50)
      for _ in 0..<8 {
        let key = draws.below(last.count)
        let isWrite = draws.chance(0.5)
        if isWrite {
          last[key] = next
          next += 1
        }
        let mark = isWrite ? "w" : "r"
        text += Array("\(mark)(\(key),\(last[key]),\(session),\(transaction))\n".utf8)
      }
    }
    return text
  }

  /// Megabytes of text a second, or millions of lines of the binary form.
  private static func measurement(
    of columns: HistoryColumns, _ format: HistoryFormat, _ name: String, must: Double,
    stretch: Double
  ) throws -> Measurement {
    let path = "/tmp/shrike-bench/read.\(format.rawValue)"
    var bytes: [UInt8] = []
    columns.write(format) { bytes.append(contentsOf: $0) }
    try FileContents.write(bytes, to: FilePath(path))
    defer { unlink(path) }
    var best = Double.infinity
    for _ in 0..<3 {
      let began = seconds(of: CLOCK_PROCESS_CPUTIME_ID)
      let read = try HistoryColumns(
        path: path, format: nil, order: .index, isLean: false, byHalvesFrom: .max)
      best = min(best, seconds(of: CLOCK_PROCESS_CPUTIME_ID) - began)
      precondition(read.values.count == columns.count, "the benchmark's history was read wrongly")
    }
    let size = format == .binary ? columns.count : bytes.count
    return Measurement(
      what: "\(name) of a key-value history, read and paired", figure: Double(size) / best / 1e6,
      unit: format == .binary ? "M lines/s" : "MB/s", must: must, stretch: stretch)
  }

  /// Ten clients that read and write the keys of a store, each key a hundred times.
  private static func operations() -> [Operation] {
    var draws = Draws(seed: 7)
    var lines: [Operation] = []
    var open: [Operation] = []
    func append(_ operation: Operation) {
      var operation = operation
      operation.index = lines.count
      operation.time = Nanoseconds(lines.count) * 10_000 + Nanoseconds(draws.below(10_000))
      lines.append(operation)
    }
    for number in 0..<operationCount {
      let client = open.count < 10 ? open.count : draws.below(10)
      if client < open.count { append(open[client]) }
      let isWrite = draws.chance(0.5)
      var operation = Operation(
        type: .invoke, process: .client(client), f: isWrite ? "write" : "read",
        value: [.integer(number / 100), isWrite ? .integer(number) : .null])
      append(operation)
      operation.type = .ok
      operation.value = [.integer(number / 100), .integer(number)]
      if client < open.count { open[client] = operation } else { open.append(operation) }
    }
    for operation in open { append(operation) }
    return lines
  }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
