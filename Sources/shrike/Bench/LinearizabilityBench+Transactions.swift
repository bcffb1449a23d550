import Controller
import Histories
import Isolation
import SystemPackage
import Verdicts

extension LinearizabilityBench {
  private static let million = 1_000_000

  /// Isolation levels of transactions; no peer is at hand to be measured beside.
  static let transactionRows = [
    Row(
      name: "list-append, strict serializable, 1 M serial transactions, check only",
      must: Bound(milliseconds: 2_000), stretch: Bound(milliseconds: 500)
    ) { _ in
      try Sample(.lists, ListAppendChecker(models: [.strictSerializable]))
    },
    Row(
      name: "list-append, snapshot isolation, 1 M serial transactions, check only",
      must: Bound(milliseconds: 2_000), stretch: Bound(milliseconds: 1_000)
    ) { _ in
      try Sample(.lists, ListAppendChecker(models: [.snapshotIsolation]))
    },
    Row(
      name: "read-modify-write registers, snapshot isolation, 1 M, check only",
      must: Bound(milliseconds: 3_333), stretch: Bound(milliseconds: 2_000)
    ) { _ in
      try Sample(.updates, RegisterTransactionsChecker(models: [.snapshotIsolation]))
    },
    Row(
      name: "registers, causal convergence, 100 k × 8, 20 sessions, check only",
      must: Bound(milliseconds: 667), stretch: Bound(milliseconds: 200)
    ) { _ in try Sample(.narrow, count: 100_000, .causalConvergence) },
    Row(
      name: "registers, causal convergence, 1 M × 8, 50 sessions, check only",
      must: Bound(milliseconds: 16_667), stretch: Bound(milliseconds: 6_667, megabytes: 1_024)
    ) { _ in try Sample(.wide, count: million, .causalConvergence) },
    Row(
      name: "registers, read committed, 100 k × 8, check only",
      must: Bound(milliseconds: 125), stretch: Bound(milliseconds: 50)
    ) { _ in try Sample(.narrow, count: 100_000, .strongSessionReadCommitted) },
    Row(
      name: "registers, read atomic, 100 k × 8, check only",
      must: Bound(milliseconds: 167), stretch: Bound(milliseconds: 50)
    ) { _ in try Sample(.narrow, count: 100_000, .strongSessionReadAtomic) },
    Row(
      name: "list-append, strict serializable, 1 M of EDN, shrike check, whole process",
      must: Bound(milliseconds: 6_667, megabytes: 4_096),
      stretch: Bound(milliseconds: 2_000, megabytes: 2_048)
    ) { bench in
      let path = try bench.writtenApart("1M.txn.edn", million)
      return try whole([path], times: 2)
    },
  ]

  /// How time and memory grow with the number of transactions.
  static let transactionCourses = [
    Growth.Course(name: "list-append, strict serializable, transactions", clients: [10]) { course in
      try Sample(
        .lists, count: course.operations, ListAppendChecker(models: [.strictSerializable]))
    },
    Growth.Course(name: "registers of 8 steps, causal convergence", clients: [20, 50]) { course in
      try Sample(
        .blind(clients: course.clients, keys: course.operations / 10), count: course.operations,
        .causalConvergence)
    },
    Growth.Course(name: "registers of 8 steps, read committed", clients: [20]) { course in
      try Sample(
        .blind(clients: course.clients, keys: course.operations / 10), count: course.operations,
        .strongSessionReadCommitted)
    },
  ]

  /// Writes a history of transactions to a file.
  static func writeTransactions(_ count: Int, to path: String) throws {
    try FileContents.write(TransactionText(.lists, count: count).bytes, to: FilePath(path))
  }
}

extension TransactionText.Kind {
  fileprivate static let narrow = Self.blind(clients: 20, keys: 10_000)
  fileprivate static let wide = Self.blind(clients: 50, keys: 100_000)
}

extension LinearizabilityBench.Sample {
  fileprivate init(
    _ kind: TransactionText.Kind, count: Int, _ model: ConsistencyModel
  ) throws {
    try self.init(
      kind, count: count, RegisterTransactionsChecker(models: [model], demandsProof: true))
  }

  /// Judges a history of serializable transactions.
  fileprivate init(
    _ kind: TransactionText.Kind, count: Int = 1_000_000, _ checker: any ColumnChecker
  ) throws {
    try self.init(TransactionText(kind, count: count).bytes, checker)
  }

  /// Judges a history, of which the verdict is known, a few times, and takes the quickest.
  init(_ text: [UInt8], _ checker: any ColumnChecker, isValid: Bool = true) throws {
    let columns = try text.withUnsafeBytes {
      try HistoryColumns(
        reading: $0, named: "a benchmark's history", isLean: !checker.needsRemarks)
    }
    let before = OwnProcess.memory.resident
    OwnProcess.forgetPeak()
    var least = Double.infinity
    for _ in 0..<3 {
      let began = OwnProcess.milliseconds
      let finding = checker.check(columns)
      least = min(least, OwnProcess.milliseconds - began)
      guard finding.verdict == (isValid ? .valid : .invalid) else { throw BenchError("judged \(finding)") }
    }
    self.init(milliseconds: least, megabytes: max(OwnProcess.memory.peak - before, 0))
  }
}
