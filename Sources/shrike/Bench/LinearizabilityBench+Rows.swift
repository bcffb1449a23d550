import Controller
import Glibc
import Histories
import Linearizability
import SystemPackage
import Values

extension LinearizabilityBench {
  private static let thousand = 1_000
  private static let million = 1_000_000

  static let rows: [Row] =
    corpusRows + searchRows + deciderRows + processRows + transactionRows + causalRows
    + invariantRows

  private static let searchRows = [
    Row(
      name: "unique-write register, 10 clients, 10 k operations, search alone",
      must: Bound(milliseconds: 40, megabytes: 64), stretch: Bound(milliseconds: 12, megabytes: 16),
      peer: .register {
        AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: 10_000))
      }
    ) { _ in
      try general(
        AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: 10_000)), true)
    },
    Row(
      name: "the same with a late read changed, search alone",
      must: Bound(milliseconds: 300, megabytes: 64),
      stretch: Bound(milliseconds: 100, megabytes: 16),
      peer: .register {
        AtomicHistories.withStaleRead(
          AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: 10_000)))
      }
    ) { _ in
      try general(
        AtomicHistories.withStaleRead(
          AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: 10_000))), false)
    },
    Row(
      name: "values 1-5 with compare-and-set, 20 clients, 2 k operations",
      must: Bound(milliseconds: 50), stretch: Bound(milliseconds: 5),
      peer: .register {
        AtomicHistories.smallRegister(AtomicClients(clients: 20, operations: 2_000))
      }
    ) { _ in
      try general(
        AtomicHistories.smallRegister(AtomicClients(clients: 20, operations: 2_000)), true)
    },
    Row(
      name: "1 k operations, 25 crashed, invalid, search alone",
      must: Bound(milliseconds: 1_000), stretch: Bound(milliseconds: 500),
      peer: .register { AtomicHistories.withStaleRead(crashed) }
    ) { _ in try general(AtomicHistories.withStaleRead(crashed), false) },
    Row(
      name: "1 k operations, 25 crashed, invalid",
      must: Bound(milliseconds: 1_000), stretch: Bound(milliseconds: 1)
    ) { _ in
      try Sample(
        Judge(Register(initial: 0)), [AtomicHistories.withStaleRead(crashed)],
        isLinearizable: false)
    },
    Row(
      name: "values 1-5 with compare-and-set, 10 clients, 1 M operations, search alone",
      must: Bound(milliseconds: 10_000, megabytes: 2_048),
      stretch: Bound(milliseconds: 2_500, megabytes: 256)
    ) { _ in
      try general(
        AtomicHistories.smallRegister(AtomicClients(clients: 10, operations: million)), true)
    },
  ]

  private static let deciderRows = [
    Row(
      name: "unique-write register, 10 clients, 1 M operations, check only",
      must: Bound(milliseconds: 200), stretch: Bound(milliseconds: 30)
    ) { _ in
      try Sample(
        Judge(Register(initial: 0)),
        [AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: million))],
        isLinearizable: true)
    },
    decider("queue", Queue()) { AtomicHistories.queue($0) },
    decider("stack", Stack()) { AtomicHistories.stack($0) },
    decider("priority queue", Powerset(PriorityQueue())) { AtomicHistories.priorityQueue($0) },
    decider("set", ElementSet()) { AtomicHistories.set($0) },
  ]

  private static func decider<Object: SequentialObject>(
    _ name: String, _ object: Object,
    _ history: @escaping @Sendable (AtomicClients) -> ObjectHistory<Object.Operation>
  ) -> Row {
    Row(
      name: "\(name), distinct values, 10 clients, 1 M operations",
      must: Bound(milliseconds: 5_000), stretch: Bound(milliseconds: 1_000)
    ) { _ in
      try Sample(
        Judge(object), [history(AtomicClients(clients: 10, operations: million))],
        isLinearizable: true)
    }
  }

  private static let processRows = [
    Row(
      name: "80 operations, shrike check, whole process",
      must: Bound(milliseconds: 50), stretch: Bound(milliseconds: 12)
    ) { bench in
      let path = try bench.writtenApart("80.jsonl", 80)
      return try whole(["--initial", "0", "--model", "register", path], times: 10)
    },
    Row(
      name: "1 M operations of JSON Lines, shrike check, whole process",
      must: Bound(milliseconds: 2_000), stretch: Bound(milliseconds: 800)
    ) { bench in
      let path = try bench.writtenApart("1M.jsonl", million)
      return try whole(["--initial", "0", "--model", "register", path], times: 3)
    },
    Row(
      name: "10 M operations of the binary form, shrike check, whole process",
      must: Bound(milliseconds: 10_000, megabytes: 2_048),
      stretch: Bound(milliseconds: 1_500, megabytes: 512)
    ) { bench in
      let path = try bench.writtenApart("10M.shrike", 10 * million)
      return try whole(["--initial", "0", "--model", "register", path], times: 2)
    },
  ]

  /// Has a file written by a process of its own: a process hands down the most memory that it had.
  func writtenApart(_ name: String, _ operations: Int) throws -> String {
    try makeDirectories(FilePath(folder))
    let path = "\(folder)/\(name)"
    let child = try ChildMeasurement.run([
      ownExecutable, "bench", "--write", path, "--operations", "\(operations)",
    ])
    guard child.exitCode == 0 else { throw BenchError(child.output) }
    return path
  }

  /// Writes a history of 10 clients to a file, in the form that its name ends with: a register's, or
  /// one of transactions.
  func write(_ operations: Int, to path: String) throws {
    if path.hasSuffix(".txn.edn") {
      return try LinearizabilityBench.writeTransactions(operations, to: path)
    }
    let history = LinearizabilityBench.uniqueRegister(operations)
    let isBinary = path.hasSuffix(".shrike")
    try FileContents.write(
      isBinary ? HistoryText.binary(history) : HistoryText.jsonLines(history), to: FilePath(path))
  }

  private static func uniqueRegister(_ operations: Int) -> ObjectHistory<Action> {
    AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: operations))
  }

  /// What a whole `shrike check` of a valid history uses, at the least of several.
  static func whole(_ arguments: [String], times: Int) throws -> Sample {
    var least = Sample(milliseconds: .infinity, megabytes: .infinity)
    for _ in 0..<times {
      let child = try ChildMeasurement.run(
        [ownExecutable, "check"] + arguments)
      guard child.exitCode == 0 else {
        throw BenchError("check \(arguments): exit \(child.exitCode): \(child.output)")
      }
      least.milliseconds = min(least.milliseconds, child.milliseconds)
      least.megabytes = min(least.megabytes, child.peakMegabytes)
    }
    return least
  }

  private static var crashed: ObjectHistory<Action> {
    AtomicHistories.uniqueRegister(AtomicClients(clients: 10, operations: 1_000, crashes: 25))
  }

  private static func general(
    _ history: ObjectHistory<Action>, _ isLinearizable: Bool
  ) throws -> Sample {
    try Sample(
      Judge(Register(initial: 0), usesDeciders: false), [history], isLinearizable: isLinearizable)
  }
}
