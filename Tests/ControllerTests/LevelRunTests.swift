import Testing
import Values

/// A database that runs at a level, judged by that level and by the next stronger one.
@Suite("A database at each isolation level")
struct LevelRunTests {
  static let workloads = ["txn-list-append", "txn-rw-register"]
  static let realtime: Set = [
    "G-single-item-realtime", "G-nonadjacent-item-realtime", "G2-item-realtime",
  ]

  static func run(
    _ level: String, _ models: String, _ workload: String, bug: String? = nil,
    nemesis: [String] = [], finds: Set<String> = [], mayFind: Set<String> = []
  ) -> TransactionRun {
    TransactionRun(
      system: "txn-levels", nodes: nemesis.isEmpty ? 1 : 3, workload: workload, bug: bug,
      options: ["isolation": level], models: [models], threads: nemesis.isEmpty ? 5 : 2,
      nemesis: nemesis, finds: finds, mayFind: mayFind)
  }

  static let promises = workloads.flatMap { workload in
    [
      ("strict-serializable", "strict-serializable"), ("serializable", "serializable"),
      ("snapshot-isolation", "strong-snapshot-isolation"),
      ("read-committed", "strong-read-committed"),
      ("read-committed", "monotonic-atomic-view"),
      ("read-uncommitted", "strong-read-uncommitted"),
    ].map { run($0, $1, workload) }
      + [
        ("strict-serializable", "strict-serializable"), ("serializable", "serializable"),
        ("snapshot-isolation", "strong-snapshot-isolation"),
        ("read-committed", "strong-read-committed"),
        ("read-uncommitted", "strong-read-uncommitted"),
      ].map { run($0, $1, workload, nemesis: TransactionRunTests.together) }
  }

  @Test("is never accused by what it promises", arguments: promises)
  func keeps(_ run: TransactionRun) throws {
    for seed in 0..<12 as Range<UInt64> {
      #expect(try run.anomalies(seed: seed) == [], "seed \(seed)")
    }
  }

  static let strongerLevels = workloads.flatMap { workload in
    [
      run(
        "serializable", "strict-serializable", workload, finds: ["G-single-item-realtime"],
        mayFind: realtime),
      run("snapshot-isolation", "serializable", workload, finds: ["G2-item"]),
      run(
        "read-committed", "snapshot-isolation", workload,
        finds: ["lost-update", "G-single-item", "internal"], mayFind: ["G-nonadjacent-item"]),
      run("read-committed", "read-atomic", workload, finds: ["fractured-read", "internal"]),
      run(
        "read-uncommitted", "read-committed", workload, finds: ["G1a", "G1b", "G1c"],
        mayFind: ["incompatible-order", "dirty-update"]),
    ]
  }

  @Test("shows what the next stronger level forbids, and nothing worse", arguments: strongerLevels)
  func exceeds(_ run: TransactionRun) throws { try judge(run) }

  static let planted = [
    run(
      "snapshot-isolation", "snapshot-isolation", "txn-rw-register", bug: "no-first-committer",
      finds: ["lost-update"], mayFind: ["G-single-item", "G-nonadjacent-item"]),
    run(
      "snapshot-isolation", "read-committed", "txn-list-append", bug: "no-first-committer",
      finds: ["incompatible-order"], mayFind: ["G0", "G1c", "duplicate-elements"]),
    run(
      "snapshot-isolation", "read-committed", "txn-rw-register", bug: "dirty-reads",
      finds: ["G1a", "G1b", "G1c"]),
    run(
      "snapshot-isolation", "snapshot-isolation", "txn-rw-register", bug: "snapshot-per-step",
      finds: ["lost-update", "G-single-item", "internal"], mayFind: ["G-nonadjacent-item"]),
    run(
      "strict-serializable", "serializable", "txn-list-append", bug: "no-read-validation",
      finds: ["G2-item"]),
    run(
      "strict-serializable", "read-committed", "txn-rw-register", bug: "no-rollback",
      finds: ["G1a"]),
  ]

  @Test("with a planted bug is found invalid for that", arguments: planted)
  func bugs(_ run: TransactionRun) throws { try judge(run) }

  private func judge(_ run: TransactionRun) throws {
    var found: Set<String> = []
    for seed in 1...12 as ClosedRange<UInt64> { found.formUnion(try run.anomalies(seed: seed)) }
    #expect(run.finds.isSubset(of: found), "\(found)")
    #expect(found.isSubset(of: run.finds.union(run.mayFind)), "\(found)")
  }
}
