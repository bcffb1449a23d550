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
    ]
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
      let began = processSeconds()
      let read = try HistoryColumns(path: path)
      best = min(best, processSeconds() - began)
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

  private static func processSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
