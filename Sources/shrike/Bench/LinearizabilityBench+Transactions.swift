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
      name: "list-append, strict serializable, 1 M of EDN, shrike check, whole process",
      must: Bound(milliseconds: 6_667, megabytes: 4_096),
      stretch: Bound(milliseconds: 2_000, megabytes: 2_048)
    ) { bench in
      let path = try bench.writtenApart("1M.txn.edn", million)
      return try whole([path], times: 2)
    },
  ]

  /// Writes a history of transactions to a file.
  static func writeTransactions(_ count: Int, to path: String) throws {
    try FileContents.write(TransactionText(.lists, count: count).bytes, to: FilePath(path))
  }
}

extension LinearizabilityBench.Sample {
  /// Judges a history of a million serializable transactions.
  fileprivate init(_ kind: TransactionText.Kind, _ checker: any ColumnChecker) throws {
    try self.init(TransactionText(kind, count: 1_000_000).bytes, checker)
  }

  /// Judges a history, which must be valid, a few times, and takes the quickest.
  init(_ text: [UInt8], _ checker: any ColumnChecker) throws {
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
      guard finding.verdict == .valid else { throw BenchError("judged \(finding)") }
    }
    self.init(milliseconds: least, megabytes: max(OwnProcess.memory.peak - before, 0))
  }
}
